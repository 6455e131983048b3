/** Random octets that are well-formed in a serializer, with everything that its format allows. */

import fc from 'fast-check';

type Octets = fc.Arbitrary<Buffer>;

const number = (value: number | bigint, size: number): Buffer => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return octets.subarray(8 - size);
};

/** Whether a text has no half of a character. */
const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter(isWhole),
  fc.constantFrom('', '\ufeffa', '\0', '\0AAEC', '\0a', '__proto__', '"\\\n\u001f\u007f', 'a'.repeat(300), '7', '-7'),
);
const anyOctets: Octets = fc.uint8Array({ maxLength: 40 }).map((octets) => Buffer.from(octets));
const few = { maxLength: 4 } as const;

/** A CBOR head: `wider` says by how much longer than necessary its number is written. */
const cborHead = (major: number, count: number | bigint, wider: number): Buffer => {
  const value = BigInt(count);
  const least = value < 24n ? 0 : value < 2n ** 8n ? 1 : value < 2n ** 16n ? 2 : value < 2n ** 32n ? 3 : 4;
  const width = Math.min(least + wider, 4);
  const first = Buffer.of((major << 5) | (width === 0 ? Number(value) : 23 + width));
  return width === 0 ? first : Buffer.concat([first, number(value, 2 ** (width - 1))]);
};

const wider = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
);
const cborEnd = Buffer.of(0xff);
const endless = (major: number, parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.of((major << 5) | 31), ...parts, cborEnd]);

/** A text or binary value, with its length or in parts. */
const cborString = (major: number, content: Octets): Octets => {
  const whole = fc
    .tuple(content, wider)
    .map(([octets, by]) => Buffer.concat([cborHead(major, octets.length, by), octets]));
  return fc.oneof(
    whole,
    whole,
    fc.array(whole, few).map((parts) => endless(major, parts)),
  );
};

const cborContainer = (major: number, values: fc.Arbitrary<readonly Buffer[]>): Octets =>
  fc.tuple(values, wider, fc.boolean()).map(([inner, by, isEndless]) => {
    const count = major === 5 ? inner.length / 2 : inner.length;
    return isEndless ? endless(major, inner) : Buffer.concat([cborHead(major, count, by), ...inner]);
  });

const cborTags = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(0, 1, 2, 3, 4, 5, 37, 64, 69, 82, 100, 258, 1004, 55_799, 2 ** 32),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const tagged = (tag: number, inner: Octets): Octets =>
  inner.map((octets) => Buffer.concat([cborHead(6, tag, 0), octets]));
const cborBinary = cborString(2, anyOctets);
const cborInteger = fc
  .tuple(fc.constantFrom(0, 1), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 0, max: 64 }), wider)
  .map(([major, value, shift, by]) => cborHead(major, value >> BigInt(shift), by));
const cborFloat = fc
  .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ minLength: 8, maxLength: 8 }))
  .map(([width, octets]) => Buffer.concat([Buffer.of(0xf8 + width), octets.subarray(0, 2 ** width)]));
const cborText = cborString(
  3,
  anyText.map((text) => Buffer.from(text)),
);
const timeText = fc
  .tuple(
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
    fc.constantFrom('', '123456789'),
  )
  .map(([date, more]) => date.toISOString().replace('Z', `${more.slice(3)}Z`))
  .map((text) => Buffer.concat([cborHead(3, text.length, 0), Buffer.from(text)]));
/** Tags of what they are for. */
const cborTagged: readonly Octets[] = [
  tagged(0, timeText),
  tagged(1, fc.oneof(cborInteger, cborFloat)),
  tagged(2, cborBinary),
  tagged(3, cborBinary),
  ...[4, 5].map((tag) =>
    tagged(tag, cborContainer(4, fc.tuple(cborInteger, fc.oneof(cborInteger, tagged(2, cborBinary))))),
  ),
  tagged(
    37,
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => Buffer.concat([Buffer.of(0x50), octets])),
  ),
  tagged(100, cborInteger),
  fc.integer({ min: 64, max: 87 }).chain((tag) => tagged(tag, cborBinary)),
];

/** One value of CBOR. */
export const cborOctets: Octets = fc.letrec<{ value: Buffer }>((tie) => {
  const values = fc.array(tie('value'), few);
  const pairs = fc.array(fc.tuple(tie('value'), tie('value')), few).map((entries) => entries.flat());
  return {
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 8 },
      cborInteger,
      cborFloat,
      cborBinary,
      cborText,
      fc.integer({ min: 0xe0, max: 0xf7 }).map((first) => Buffer.of(first)),
      fc.integer({ min: 32, max: 255 }).map((simple) => Buffer.of(0xf8, simple)),
      ...cborTagged,
      cborContainer(4, values),
      cborContainer(5, pairs),
      fc.tuple(cborTags, wider, tie('value')).map(([tag, by, inner]) => Buffer.concat([cborHead(6, tag, by), inner])),
    ),
  };
}).value;

/** A MessagePack head of one of the sizes that a count has: `fixed` for one octet, if there is such a head, then one for 1, 2 and 4. */
const msgpackHead = (codes: readonly (number | undefined)[], fixed: number, count: number, by: number): Buffer => {
  const sizes = [0, 1, 2, 4];
  const limits = [fixed, 2 ** 8, 2 ** 16, 2 ** 32];
  const fitting = codes.flatMap((code, at) => (code !== undefined && count < (limits[at] as number) ? [at] : []));
  const at = fitting[Math.min(by, fitting.length - 1)] as number;
  const first = (codes[at] as number) + (at === 0 ? count : 0);
  return Buffer.concat([Buffer.of(first), number(count, sizes[at] as number)]);
};

const msgpackString = (codes: readonly (number | undefined)[], content: Octets): Octets =>
  fc.tuple(content, wider).map(([octets, by]) => Buffer.concat([msgpackHead(codes, 32, octets.length, by), octets]));
const msgpackContainer = (
  codes: readonly number[],
  perElement: 1 | 2,
  values: fc.Arbitrary<readonly Buffer[]>,
): Octets =>
  fc.tuple(values, wider).map(([inner, by]) => {
    const [fixed, short, long] = codes;
    return Buffer.concat([msgpackHead([fixed, undefined, short, long], 16, inner.length / perElement, by), ...inner]);
  });
const scalars = [
  [0xca, 4],
  [0xcb, 8],
  ...[0xcc, 0xcd, 0xce, 0xcf].map((code, power) => [code, 2 ** power] as const),
  ...[0xd0, 0xd1, 0xd2, 0xd3].map((code, power) => [code, 2 ** power] as const),
] as const;
const extension = (type: number, octets: Uint8Array): Buffer => {
  const power = [1, 2, 4, 8, 16].indexOf(octets.length);
  const head = power >= 0 ? Buffer.of(0xd4 + power) : Buffer.of(0xc7, octets.length);
  return Buffer.concat([head, Buffer.of(type), octets]);
};
const fixedOctets = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });

/** One value of MessagePack. */
export const msgpackOctets: Octets = fc.letrec<{ value: Buffer }>((tie) => {
  const values = fc.array(tie('value'), few);
  const pairs = fc.array(fc.tuple(tie('value'), tie('value')), few).map((entries) => entries.flat());
  return {
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 8 },
      fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 224, max: 255 })).map((first) => Buffer.of(first)),
      fc.constantFrom(0xc0, 0xc2, 0xc3).map((first) => Buffer.of(first)),
      fc
        .tuple(fc.constantFrom(...scalars), fixedOctets(8))
        .map(([[code, size], octets]) => Buffer.concat([Buffer.of(code), octets.subarray(0, size)])),
      msgpackString(
        [0xa0, 0xd9, 0xda, 0xdb],
        anyText.map((text) => Buffer.from(text)),
      ),
      msgpackString([undefined, 0xc4, 0xc5, 0xc6], anyOctets),
      fc
        .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 20 }))
        .map(([type, octets]) => extension(type, octets)),
      fc.oneof(...[4, 8, 12].map(fixedOctets)).map((octets) => extension(0xff, octets)),
      fc.constant(Buffer.of(0xd4, 0, 0)),
      msgpackContainer([0x90, 0xdc, 0xdd], 1, values),
      msgpackContainer([0x80, 0xde, 0xdf], 2, pairs),
    ),
  };
}).value;

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r');
const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,30})$/);
const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.option(fc.stringMatching(/^\.[0-9]{1,25}$/), { nil: '' }),
    fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' }),
  )
  .map((parts) => parts.join(''));
/** Characters as they are, as an escape, or as two escapes for one outside of the first plane; half a character too. */
const jsonCharacter = fc.oneof(
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 1 })
    .filter(isWhole)
    .map((text) => JSON.stringify(text).slice(1, -1)),
  fc.stringMatching(/^\\(u[0-9a-fA-F]{4}|["\\/bfnrt])$/),
  fc.constantFrom('\\ud83d\\ude00', '\\ud83d', '\\ude00', '\\u0000'),
);
const jsonText = fc.oneof(
  fc.array(jsonCharacter, { maxLength: 10 }).map((parts) => `"${parts.join('')}"`),
  anyText.map((text) => JSON.stringify(text)),
  fc.uint8Array().map((octets) => `"\\u0000${Buffer.from(octets).toString('base64')}"`),
);

/** One JSON text. */
export const jsonOctets: Octets = fc
  .letrec<{ value: string }>((tie) => {
    const spaced = fc.tuple(space, tie('value'), space).map((parts) => parts.join(''));
    const entry = fc
      .tuple(space, jsonText, space, spaced)
      .map(([before, key, after, inner]) => `${before}${key}${after}:${inner}`);
    return {
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 8 },
        jsonNumber,
        jsonText,
        fc.constantFrom('null', 'true', 'false'),
        fc.array(spaced, few).map((values) => `[${values.join()}]`),
        fc.array(entry, few).map((entries) => `{${entries.join()}}`),
      ),
    };
  })
  .value.map((text) => Buffer.from(text));

const float = fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
});

/** One JSON text with nothing but what every serializer can hold, written as the router writes it. */
export const plainJsonOctets: Octets = fc
  .letrec<{ value: string }>((tie) => {
    const text = anyText.filter((value) => !value.startsWith('\0')).map((value) => JSON.stringify(value));
    return {
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 8 },
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String),
        fc.integer().map(String),
        float,
        text,
        anyOctets.map((octets) => `"\\u0000${octets.toString('base64')}"`),
        fc.constantFrom('null', 'true', 'false'),
        fc.array(tie('value'), { maxLength: 30 }).map((values) => `[${values.join()}]`),
        fc
          .array(fc.tuple(text, tie('value')), few)
          .map((entries) => `{${entries.map((entry) => entry.join(':')).join()}}`),
      ),
    };
  })
  .value.map((text) => Buffer.from(text));
