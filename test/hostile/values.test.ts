/** Octets that are no message, and messages with values that no honest peer sends: in each serializer, received and sent. */

import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { createWatchedRouter } from '../support/bystanders.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const topic = 'com.topic';
const subscribe = [code.SUBSCRIBE, 1, {}, topic];

const octetsOf = (value: unknown, name: SerializerName): Buffer =>
  Buffer.from(serializers[name].encode(value as List) as Uint8Array);

const say = (peer: V2Peer, name: SerializerName, octets: Buffer): void =>
  peer.wire.send(serializers[name].isBinary ? octets : octets.toString());

/** Expects that the peer is told of its violation as the last word, and that everybody else goes on. */
const expectViolation = async (name: SerializerName, octets: Buffer): Promise<void> => {
  const { postmaster, expectUnharmed } = await createWatchedRouter();
  const peer = await joinV2(postmaster, {}, name);
  await peer.subscribe('com.held');
  await peer.register('com.held');
  say(peer, name, octets);
  await peer.closed;
  expect(peer.received.at(-1)).toEqual([code.ABORT, { message: expect.any(String) }, 'wamp.error.protocol_violation']);
  await expectUnharmed();
};

/** What no serializer has as a message. */
const wrong: readonly (readonly [string, unknown])[] = [
  ['an empty list', []],
  ['a dictionary', {}],
  ['a text', 'x'],
  ['a number', 5],
  ['null', null],
  ['a list of null', [null]],
  ['a code that is a text', ['1']],
  ['a code that is no integer', [1.5]],
  ['a list in a list', [subscribe]],
];

/** What each of them has in ways of its own. */
const broken: Readonly<Record<SerializerName, readonly (readonly [string, Buffer])[]>> = {
  json: [
    ['no octets', ''],
    ['a word', 'hello'],
    ['a code beyond every number', '[1e400]'],
    ['a comma too many', '[32,1,{},"com.topic",]'],
    ['an opening bracket', '['],
  ].map(([what = '', text = '']) => [what, Buffer.from(text)]),
  msgpack: [
    ['no octets', Buffer.of()],
    ['an octet that begins nothing', Buffer.of(0x91, 0xc1)],
    ['a code beyond every number', Buffer.of(0x91, 0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0)],
    ['a list without its elements', Buffer.of(0x94)],
  ],
  cbor: [
    ['no octets', Buffer.of()],
    ['a break that ends nothing', Buffer.of(0xff)],
    ['a break in a list of known length', Buffer.of(0x82, 0x18, 32, 0xff)],
    ['a break between key and value', Buffer.of(0x84, 0x18, 32, 1, 0xbf, 0x61, 0x61, 0xff, 0x61, 0x61)],
    ['a list of unknown length that does not end', Buffer.of(0x9f, 0x18, 32, 1)],
    ['a reserved length', Buffer.of(0x81, 0x1c)],
    ['a code beyond every number', Buffer.of(0x81, 0xf9, 0x7c, 0)],
    ['a list without its elements', Buffer.of(0x84)],
  ],
};

test('a payload that is nested 200,000 deep is no message of WAMP v1, and its sender goes on', async () => {
  const { postmaster, expectUnharmed } = await createWatchedRouter({ v1: { open: true } });
  const peer = await connectV1InMemory(postmaster);
  peer.subscribe('urn:t');
  for (const levels of [200_000, 64]) peer.send(`[7,"urn:t",${'['.repeat(levels)}${']'.repeat(levels)}]`);
  peer.publish('urn:t', 'next');
  await peer.barrier();
  expect(peer.events).toEqual([['urn:t', 'next']]);
  expect(postmaster.stats().counters.bad_message).toBe(2);
  await peer.close();
  await expectUnharmed();
});

describe.each(serializerNames)('in %s', (name) => {
  const message = octetsOf(subscribe, name);
  test.each([
    ...wrong.map(([what, value]) => [what, octetsOf(value, name)] as const),
    ...broken[name],
    ['a message that breaks off', message.subarray(0, -1)],
    ['an octet behind a message', Buffer.concat([message, Buffer.from('x')])],
    ['two messages in one', Buffer.concat([message, message])],
  ] as const)('what is no message is a violation: %s', (_, octets) => expectViolation(name, octets));
});

/** Publications to the topic, before and behind their payload. */
const around: Readonly<Record<SerializerName, readonly [Buffer, Buffer]>> = {
  json: [Buffer.from(`[16,1,{"exclude_me":false},"${topic}",`), Buffer.from(']')],
  msgpack: [octetsOf([16, 1, { exclude_me: false }, topic, []], 'msgpack').subarray(0, -1), Buffer.of()],
  cbor: [octetsOf([16, 1, { exclude_me: false }, topic, []], 'cbor').subarray(0, -1), Buffer.of()],
};
const published = (name: SerializerName, payload: Buffer): Buffer =>
  Buffer.concat([around[name][0], payload, around[name][1]]);

/** Values of so many levels, a list outside. */
const nestings: readonly (readonly [what: string, name: SerializerName, levels: (count: number) => Buffer])[] = [
  ['lists in JSON', 'json', (count) => Buffer.from(`${'['.repeat(count)}1${']'.repeat(count)}`)],
  ['dictionaries in JSON', 'json', (count) => Buffer.from(`[${'{"a":'.repeat(count - 1)}1${'}'.repeat(count - 1)}]`)],
  ['lists in MessagePack', 'msgpack', (count) => Buffer.concat([Buffer.alloc(count, 0x91), Buffer.of(1)])],
  [
    'dictionaries in MessagePack',
    'msgpack',
    (count) =>
      Buffer.concat([Buffer.of(0x91), Buffer.alloc((count - 1) * 3, Buffer.of(0x81, 0xa1, 0x61)), Buffer.of(1)]),
  ],
  ['lists in CBOR', 'cbor', (count) => Buffer.concat([Buffer.alloc(count, 0x81), Buffer.of(1)])],
  [
    'dictionaries in CBOR',
    'cbor',
    (count) =>
      Buffer.concat([Buffer.of(0x81), Buffer.alloc((count - 1) * 3, Buffer.of(0xa1, 0x61, 0x61)), Buffer.of(1)]),
  ],
  [
    'lists of unknown length in CBOR',
    'cbor',
    (count) => Buffer.concat([Buffer.alloc(count, 0x9f), Buffer.of(1), Buffer.alloc(count, 0xff)]),
  ],
];

describe('a payload that is nested', () => {
  test.each(nestings)('200,000 deep is a violation before it is built: %s', async (_, name, levels) => {
    await expectViolation(name, published(name, levels(200_000)));
  });

  // The list of the message is a level as well.
  test.each(nestings)(
    'one level too deep is a violation, and as deep as may be is delivered: %s',
    async (_, name, levels) => {
      await expectViolation(name, published(name, levels(64)));
      const { postmaster, expectUnharmed } = await createWatchedRouter();
      const peers = await Promise.all(serializerNames.map((each) => joinV2(postmaster, {}, each)));
      for (const peer of peers) await peer.subscribe(topic);
      const sender = peers[serializerNames.indexOf(name)]!;
      say(sender, name, published(name, levels(63)));
      for (const peer of peers) expect(await peer.take(code.EVENT)).toHaveLength(5);
      for (const peer of peers) await peer.close();
      await expectUnharmed();
    },
  );

  test('200,000 tags deep is a violation in CBOR', async () => {
    for (const tag of [Buffer.of(0xc1), Buffer.of(0xd9, 0xd9, 0xf7)]) {
      const tags = Buffer.concat([Buffer.of(0x81), Buffer.alloc(200_000 * tag.length, tag), Buffer.of(0x80)]);
      await expectViolation('cbor', published('cbor', tags));
    }
  });
});

/** Lengths that are only claimed: the octets of a value, alone and in the place of arguments. */
const claims: readonly (readonly [string, SerializerName, Buffer])[] = [
  ...[0x80000000, 10_000_000, 0xffffffff].flatMap((count): (readonly [string, SerializerName, Buffer])[] => {
    const long = (...head: number[]): Buffer => {
      const octets = Buffer.alloc(head.length + 4);
      octets.set(head);
      octets.writeUInt32BE(count, head.length);
      return octets;
    };
    return [
      [`a list of ${count}`, 'msgpack', long(0xdd)],
      [`a map of ${count}`, 'msgpack', long(0xdf)],
      [`a text of ${count}`, 'msgpack', long(0xdb)],
      [`a binary value of ${count}`, 'msgpack', long(0xc6)],
      [`an extension of ${count}`, 'msgpack', Buffer.concat([long(0xc9), Buffer.of(5)])],
      [`a list of ${count}`, 'cbor', long(0x9a)],
      [`a map of ${count}`, 'cbor', long(0xba)],
      [`a text of ${count}`, 'cbor', long(0x7a)],
      [`a binary value of ${count}`, 'cbor', long(0x5a)],
      [`a list of ${count} in eight octets`, 'cbor', long(0x9b, 0, 0, 0, 1)],
    ];
  }),
  ['60 lists of 65,000, each in the one before,', 'msgpack', Buffer.alloc(180, Buffer.of(0xdc, 0xfd, 0xe8))],
  ['60 lists of 65,000, each in the one before,', 'cbor', Buffer.alloc(180, Buffer.of(0x99, 0xfd, 0xe8))],
];

describe('a length that is claimed and not there', () => {
  test.each(claims)('is refused before memory is taken for it: %s in %s', async (_, name, octets) => {
    const { decode } = serializers[name];
    const used = (): number => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    for (const data of [octets, published(name, octets)]) {
      const before = used();
      expect(() => decode(data, 64)).toThrow();
      expect(used() - before).toBeLessThan(5_000_000);
    }
    await expectViolation(name, published(name, octets));
  });
});

/** Names that every object of JavaScript has. */
const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const odd = Object.fromEntries(inherited.map((name) => [name, { [name]: [name], x: 1 }]));

describe('a name that every object has', () => {
  test.each(serializerNames.flatMap((from) => serializerNames.map((to) => [from, to] as const)))(
    'is a key like any other in a payload, %s to %s',
    async (from, to) => {
      const { postmaster, expectUnharmed } = await createWatchedRouter();
      const [sender, receiver] = [await joinV2(postmaster, {}, from), await joinV2(postmaster, {}, to)];
      for (const uri of inherited) {
        await receiver.subscribe(uri);
        await receiver.register(uri);
        sender.send(code.PUBLISH, sender.next(), {}, uri, [odd], odd);
        const event = await receiver.take(code.EVENT);
        const answer = sender.call(uri, [odd], {}, odd);
        const invocation = await receiver.take(code.INVOCATION);
        receiver.send(code.YIELD, invocation[1], {}, [odd], odd);
        for (const payload of [event.slice(4), invocation.slice(4), (await answer).slice(3)]) {
          expect(JSON.stringify(payload)).toBe(JSON.stringify([[odd], odd]));
          for (const value of [payload[1], (payload[0] as List)[0]])
            expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
        }
      }
      await Promise.all([sender.close(), receiver.close()]);
      await expectUnharmed();
      expect(({} as { x?: unknown }).x).toBeUndefined();
    },
  );

  test.each(serializerNames)('is an unknown option in %s, and says nothing', async (name) => {
    const { postmaster, expectUnharmed } = await createWatchedRouter();
    const details = Object.fromEntries(
      inherited.map((key) => [key, { acknowledge: true, match: 'prefix', invoke: 'x' }]),
    );
    const peer = await joinV2(postmaster, details, name);
    const subscription = await peer.subscribe(topic, details);
    await peer.register(topic, details);
    peer.send(code.PUBLISH, peer.next(), { ...details, exclude_me: false }, topic, [1]);
    expect(await peer.take(code.EVENT)).toEqual([code.EVENT, subscription, expect.any(Number), {}, [1]]);
    await peer.barrier();
    // Not acknowledged, and not a subscription to a prefix.
    expect(peer.untaken(code.PUBLISHED)).toEqual([]);
    await peer.publish(`${topic}.below`, [2], { exclude_me: false });
    expect(peer.untaken(code.EVENT)).toEqual([]);
    await peer.close();
    await expectUnharmed();
  });
});
