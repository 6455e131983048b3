import { createHash, randomFillSync } from 'node:crypto';
import { createRequire } from 'node:module';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sign as wampySign } from 'wampy/cryptosign.js';

import { createCryptosignChallenge, publicKeyOf, signCryptosign, verifyCryptosign } from '../../src/auth/cryptosign.ts';
import { runs } from '../property/settings.ts';

/** What autobahn exports of this method. */
interface Autobahn {
  readonly nacl: { readonly sign: { readonly keyPair: { readonly fromSeed: (seed: Uint8Array) => unknown } } };
  readonly auth_cryptosign: {
    readonly sign_challenge: (key: unknown, extra: { readonly challenge: string }) => string;
    readonly public_key: (key: unknown) => string;
  };
}

const require = createRequire(import.meta.url);
const autobahn: Autobahn = require('autobahn');

// The specification, "Test Vectors" of WAMP-Cryptosign.
const vectors: readonly { channelId?: string; privateKey: string; challenge: string; signature: string }[] = [
  {
    privateKey: '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510',
    challenge: 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    signature:
      'b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  },
  {
    privateKey: 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
    challenge: 'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
    signature:
      'd4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660fb26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
  },
  {
    privateKey: '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
    challenge: 'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
    signature:
      '7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30bb05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
  },
  {
    channelId: '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff',
    privateKey: '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510',
    challenge: 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    signature:
      '9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00',
  },
  {
    channelId: '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff',
    privateKey: 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
    challenge: 'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
    signature:
      '305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282',
  },
  {
    channelId: '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff',
    privateKey: '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
    challenge: 'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
    signature:
      'ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d',
  },
];

const channelOf = (hex: string | undefined) => (hex === undefined ? {} : { channelId: Buffer.from(hex, 'hex') });

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number) => octets(length).map((bytes) => Buffer.from(bytes).toString('hex'));

const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'hex');
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return bytes.toString('hex');
};

describe('a cryptosign signature', () => {
  test.each(vectors)('agrees with the vector of $privateKey, channel $channelId', (vector) => {
    const { privateKey, challenge, signature, channelId } = vector;
    const channel = channelOf(channelId);
    const publicKey = publicKeyOf(privateKey);
    expect(signCryptosign({ privateKey, challenge, ...channel })).toBe(signature);
    expect(verifyCryptosign({ publicKey, challenge, signature, ...channel })).toBe(true);
    expect(verifyCryptosign({ publicKey, challenge, signature: signature.toUpperCase(), ...channel })).toBe(true);
  });

  test('agrees with both ends of the exchange of example 1', () => {
    const client = {
      publicKey: '545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122',
      challenge: '0e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537',
      signature:
        'a3a178fe792ed772a8fc092f8341e455de96670c8901264a7c312dbf940d5743626fe9fbc29b23dcd2169b308eca309de85a89ccd296b24835de3d95b16b77030e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537',
    };
    const router = {
      publicKey: '4a3838f6fe75251e613329d53fc69b262d5eac97fb1d73bebbaed4015b53c862',
      challenge: 'bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb',
      signature:
        'fd5128d2d207ba58a9d1d6f41b72c747964ad9d1294077b3b1eee6130b05843ab12c53c7f2519f73d4feb82db19d8ca0fc26b62bde6518e79a882f5795bc9f00bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb',
    };
    expect(verifyCryptosign(client)).toBe(true);
    expect(verifyCryptosign(router)).toBe(true);
    expect(verifyCryptosign({ ...client, publicKey: router.publicKey })).toBe(false);
  });

  test('has the public key of RFC 8032', () => {
    expect(publicKeyOf('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
  });

  test('verifies when any key signs any challenge over any channel', () => {
    fc.assert(
      fc.property(hex(32), hex(32), fc.option(octets(32), { nil: undefined }), (privateKey, challenge, id) => {
        const channel = id === undefined ? {} : { channelId: Buffer.from(id) };
        const signature = signCryptosign({ privateKey, challenge, ...channel });
        const publicKey = publicKeyOf(privateKey);
        expect(signature).toMatch(/^[0-9a-f]{192}$/);
        expect(verifyCryptosign({ publicKey, challenge, signature, ...channel })).toBe(true);
      }),
      runs(100, 5000),
    );
  });

  test('is refused a key, challenge or channel id of another size', () => {
    const task = { privateKey: '11'.repeat(32), challenge: '22'.repeat(32) };
    expect(() => signCryptosign({ ...task, privateKey: '11'.repeat(31) })).toThrow(TypeError);
    expect(() => signCryptosign({ ...task, challenge: 'zz'.repeat(32) })).toThrow(TypeError);
    expect(() => signCryptosign({ ...task, channelId: Buffer.alloc(12) })).toThrow(TypeError);
    expect(() => publicKeyOf('')).toThrow(TypeError);
  });
});

describe('foreign clients', () => {
  test('of autobahn are verified and sign the same', () => {
    fc.assert(
      fc.property(octets(32), hex(32), (seed, challenge) => {
        const pair = autobahn.nacl.sign.keyPair.fromSeed(seed);
        const publicKey = autobahn.auth_cryptosign.public_key(pair);
        const signature = autobahn.auth_cryptosign.sign_challenge(pair, { challenge });
        const privateKey = Buffer.from(seed).toString('hex');
        expect(publicKeyOf(privateKey)).toBe(publicKey);
        expect(signCryptosign({ privateKey, challenge })).toBe(signature);
        expect(verifyCryptosign({ publicKey, challenge, signature })).toBe(true);
      }),
      runs(20, 500),
    );
  });

  test('of wampy are verified and sign the same', () => {
    const privateKey = '5a'.repeat(32);
    const challenge = createCryptosignChallenge(randomFillSync);
    const signature = wampySign(privateKey)('cryptosign', { challenge });
    expect(signature).toBe(signCryptosign({ privateKey, challenge }));
    expect(verifyCryptosign({ publicKey: publicKeyOf(privateKey), challenge, signature })).toBe(true);
  });
});

describe('a router', () => {
  const privateKey = '0f'.repeat(32);
  const publicKey = publicKeyOf(privateKey);
  const challenge = 'c3'.repeat(32);
  const signature = signCryptosign({ privateKey, challenge });
  const channelId = Buffer.alloc(32, 0x77);

  test('refuses a good signature over another challenge', () => {
    fc.assert(
      fc.property(hex(32), (other) => {
        fc.pre(other !== challenge);
        const replayed = signCryptosign({ privateKey, challenge: other });
        expect(verifyCryptosign({ publicKey, challenge: other, signature: replayed })).toBe(true);
        expect(verifyCryptosign({ publicKey, challenge, signature: replayed })).toBe(false);
      }),
      runs(100, 5000),
    );
  });

  test('refuses a good signature whose message is exchanged for the challenge it issued', () => {
    const replayed = signCryptosign({ privateKey, challenge: 'd4'.repeat(32) });
    expect(verifyCryptosign({ publicKey, challenge, signature: replayed.slice(0, 128) + challenge })).toBe(false);
  });

  test('refuses a signature of another channel, or of none', () => {
    const bound = signCryptosign({ privateKey, challenge, channelId });
    expect(verifyCryptosign({ publicKey, challenge, signature: bound, channelId })).toBe(true);
    expect(verifyCryptosign({ publicKey, challenge, signature: bound })).toBe(false);
    expect(verifyCryptosign({ publicKey, challenge, signature, channelId })).toBe(false);
    expect(verifyCryptosign({ publicKey, challenge, signature: bound, channelId: Buffer.alloc(32, 0x78) })).toBe(false);
    expect(verifyCryptosign({ publicKey, challenge, signature: bound, channelId: channelId.subarray(1) })).toBe(false);
  });

  test('refuses a signature with any bit flipped', () => {
    for (let bit = 0; bit < 96 * 8; bit += 1) {
      expect({ bit, is: verifyCryptosign({ publicKey, challenge, signature: flipped(signature, bit) }) }).toEqual({
        bit,
        is: false,
      });
    }
  });

  test('refuses a public key or challenge with any bit flipped', () => {
    for (let bit = 0; bit < 32 * 8; bit += 1) {
      expect(verifyCryptosign({ publicKey: flipped(publicKey, bit), challenge, signature })).toBe(false);
      expect(verifyCryptosign({ publicKey, challenge: flipped(challenge, bit), signature })).toBe(false);
    }
  });

  test('refuses the signature with the group order added to its second half', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const little = (text: string): bigint => BigInt(`0x${Buffer.from(text, 'hex').reverse().toString('hex')}`);
    const sum = (little(signature.slice(64, 128)) + order).toString(16).padStart(64, '0');
    const malleable = Buffer.from(sum, 'hex').reverse().toString('hex');
    expect(verifyCryptosign({ publicKey, challenge, signature: signature.slice(0, 64) + malleable + challenge })).toBe(
      false,
    );
  });

  test('refuses junk in any place and never throws', () => {
    const junk = fc.oneof(fc.string(), fc.anything(), hex(32), hex(64), hex(96)) as fc.Arbitrary<string>;
    const good = { publicKey, challenge, signature };
    fc.assert(
      fc.property(fc.constantFrom('publicKey', 'challenge', 'signature'), junk, (field, value) => {
        fc.pre(value !== good[field as keyof typeof good]);
        expect(verifyCryptosign({ ...good, [field]: value })).toBe(false);
      }),
      runs(100, 5000),
    );
    expect(verifyCryptosign({ publicKey, challenge, signature: `${signature}\n` })).toBe(false);
    expect(verifyCryptosign({ publicKey: `${publicKey.slice(0, 63)}\n`, challenge, signature })).toBe(false);
  });

  test('issues 32 octets of what it is given as a challenge', () => {
    expect(createCryptosignChallenge((bytes) => bytes.fill(0xab))).toBe('ab'.repeat(32));
    expect(createCryptosignChallenge(randomFillSync)).not.toBe(createCryptosignChallenge(randomFillSync));
  });
});

describe('a point of small order', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const prime = 2n ** 255n - 19n;
  const power = (base: bigint, exponent: bigint): bigint => {
    let [result, square, left] = [1n, ((base % prime) + prime) % prime, exponent];
    for (; left > 0n; left >>= 1n) {
      if (left & 1n) result = (result * square) % prime;
      square = (square * square) % prime;
    }
    return result;
  };
  const inverse = (value: bigint): bigint => power(value, prime - 2n);
  const curve = -121665n * inverse(121666n);
  type Point = readonly [bigint, bigint];
  const add = ([x, y]: Point, [u, v]: Point): Point => {
    const k = (((curve * x * u * y * v) % prime) + prime) % prime;
    return [((x * v + u * y) * inverse(1n + k)) % prime, ((y * v + x * u) * inverse(1n - k)) % prime];
  };
  const times = (factor: bigint, point: Point): Point => {
    let [sum, double, left]: [Point, Point, bigint] = [[0n, 1n], point, factor];
    for (; left > 0n; left >>= 1n) {
      if (left & 1n) sum = add(sum, double);
      double = add(double, double);
    }
    return sum;
  };
  const pointAt = (y: bigint): Point | undefined => {
    const square = ((y * y - 1n) * inverse(curve * y * y + 1n)) % prime;
    const wanted = (square + prime) % prime;
    const root = power(wanted, (prime + 3n) / 8n);
    const x = (root * root - wanted) % prime === 0n ? root : (root * power(2n, (prime - 1n) / 4n)) % prime;
    return (x * x - wanted) % prime === 0n ? [x, y] : undefined;
  };
  const negative = ([x, y]: Point): Point => [(prime - x) % prime, y];
  // The part of small order is what is left of a point multiplied by the order of the large subgroup.
  const points = new Map<bigint, Point>();
  for (let y = 2n; y < 60n; y += 1n) {
    const point = pointAt(y);
    if (point === undefined) continue;
    const rest = times(order, point);
    points.set(rest[1], rest);
  }
  const encoded = (y: bigint, sign: number): string => {
    const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
    bytes[31]! |= sign;
    return bytes.toString('hex');
  };
  const little = (octets: Buffer): bigint => BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
  const hash = (...parts: readonly string[]): bigint =>
    little(
      createHash('sha512')
        .update(Buffer.from(parts.join(''), 'hex'))
        .digest(),
    ) % order;
  /** Every encoding of a point of small order, with the point. */
  const encodings = new Map<string, Point>(
    [...points].flatMap(([y, point]) => {
      const even = point[0] % 2n === 0n ? point : negative(point);
      return (y + prime < 2n ** 255n ? [y, y + prime] : [y]).flatMap((written): [string, Point][] => [
        [encoded(written, 0), even],
        [encoded(written, 0x80), negative(even)],
      ]);
    }),
  );

  const pointEncoded = ([x, y]: Point): string => encoded(y, Number(x % 2n) * 0x80);
  const basePoint = pointAt((4n * inverse(5n)) % prime)!;
  const base = basePoint[0] % 2n === 0n ? basePoint : negative(basePoint);

  /**
   * Signatures with this second half that RFC 8032, 5.1.7, takes, made without a private key: R is one of the eight points
   * S B - n A, and of some messages the hash says that it is the right one.
   */
  const forge = (publicKey: string, second: bigint): { readonly challenge: string; readonly signature: string }[] => {
    const start = times(second, base);
    const key = negative(encodings.get(publicKey)!);
    const commitments = Array.from({ length: 8 }, (_, n) => pointEncoded(add(start, times(BigInt(n), key))));
    const messages = Array.from({ length: 16 }, (_, round) => createHash('sha256').update(`${round}`).digest('hex'));
    return messages.flatMap((challenge) =>
      commitments
        .filter((commitment, n) => hash(commitment, publicKey, challenge) % 8n === BigInt(n))
        .map((commitment) => ({ challenge, signature: commitment + encoded(second, 0) + challenge })),
    );
  };

  test('comes in fourteen encodings', () => {
    expect(encodings.size).toBe(14);
  });

  test.each([...encodings.keys()])('is no public key, although signatures nobody made hold for it: %s', (publicKey) => {
    for (const second of [0n, 5n]) {
      const forgeries = forge(publicKey, second);
      expect(forgeries.length).toBeGreaterThan(0);
      for (const forgery of forgeries) expect(verifyCryptosign({ publicKey, ...forgery })).toBe(false);
    }
  });

  test('is no first half of a signature, although the owner of the key can make one that holds', () => {
    const seed = '0f'.repeat(32);
    const publicKey = publicKeyOf(seed);
    const scalar = createHash('sha512').update(Buffer.from(seed, 'hex')).digest().subarray(0, 32);
    scalar[0]! &= 0xf8;
    scalar[31] = (scalar[31]! & 0x3f) | 0x40;
    const challenge = 'c3'.repeat(32);
    // With the neutral element for R the equation S B = R + h A is solved by S = h a.
    const neutral = encoded(1n, 0);
    const factor = hash(neutral, publicKey, challenge);
    const second = encoded((factor * little(scalar)) % order, 0);
    expect(verifyCryptosign({ publicKey, challenge, signature: neutral + second + challenge })).toBe(false);
  });
});
