/** Payloads of peers, where a program has them. */

import { describe, expect, test, vi } from 'vitest';
import { EventGate } from '../../src/broker/event-gate.ts';
import type { PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { EncodedValue } from '../../src/index.ts';
import type { Event, Message } from '../../src/wamp/message.ts';
import { MessagePayload } from '../../src/wamp/payload.ts';
import type { OctetsPeer } from '../support/octets-peer.ts';
import { joinByReusedMemory } from '../support/octets-peer.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';
const hex = (octets: string): Buffer => Buffer.from(octets, 'hex');
/** No args, and kwargs with an integer as a key, which no program can have by name. */
const unholdable = hex('80a10102');
const reason = 'this process cannot hold keyword arguments with keys that are not texts';

const setUp = (realm: Partial<RealmSettings> = {}, options: Partial<PostmasterOptions> = {}) => {
  const router = createV2Router(realm, { ...options, limits: { closeTimeout: 1 } });
  const join = (name: 'json' | 'cbor' = 'cbor'): Promise<OctetsPeer> => joinByReusedMemory(router, name);
  return { router, join, session: router.session() };
};

describe('an answer that no program can hold', () => {
  test.each<[string, string, (peer: OctetsPeer, request: number) => void]>([
    ['a RESULT', 'wamp.error.invalid_argument', (peer, request) => peer.send([70, request, {}], unholdable, 2)],
    [
      'a progressive RESULT',
      'wamp.error.invalid_argument',
      (peer, request) => peer.send([70, request, { progress: true }], unholdable, 2),
    ],
    ['an ERROR', 'com.error', (peer, request) => peer.send([8, 68, request, {}, 'com.error'], unholdable, 2)],
  ])('ends the call: %s, in %s', async (_, uri, answer) => {
    const { router, join, session } = setUp();
    const callee = await join();
    await callee.ask('REGISTER', [{}, procedure]);
    const onProgress = vi.fn();
    const result = session.call(procedure, [], undefined, { onProgress });
    const { message } = await callee.take('INVOCATION');
    answer(callee, (message as Message<'INVOCATION'>).request as number);
    await expect(result).rejects.toMatchObject({ uri, description: uri === 'com.error' ? '' : reason });
    expect(onProgress).not.toHaveBeenCalled();
    expect(router.stats().pendingCalls).toBe(0);
    expect(router.stats().counters.internal_error).toBe(0);
  });
});

describe('keyword arguments with a key that is no text', () => {
  // Beside an integer, what a guard looks for by name would be in a Map, where it does not find it.
  const payload = hex('80a26561646d696ef50102');

  test('pass no guard that looks', async () => {
    const seen = vi.fn();
    const { join } = setUp({}, { messageToPublish: (_, { kwargs }) => seen(kwargs) as undefined });
    const [publisher, subscriber] = [await join(), await join()];
    await subscriber.ask('SUBSCRIBE', [{}, topic]);
    publisher.send([16, 1, { acknowledge: true }, topic], payload, 2);
    expect((await publisher.take('ERROR')).message).toMatchObject({ error: 'wamp.error.authorization_failed' });
    expect(seen).not.toHaveBeenCalled();
    expect(subscriber.has('EVENT')).toBe(false);
  });

  test('call no procedure of a program', async () => {
    const { router, join } = setUp();
    const called = vi.fn();
    router.registerUnauthRPC('com.local', called);
    const caller = await join();
    caller.send([48, 1, {}, 'com.local'], payload, 2);
    expect((await caller.take('ERROR')).message).toMatchObject({ error: 'wamp.error.invalid_argument' });
    expect(called).not.toHaveBeenCalled();
  });

  test('reach peers of their serializer', async () => {
    const { join } = setUp();
    const [publisher, subscriber] = [await join(), await join()];
    await subscriber.ask('SUBSCRIBE', [{}, topic]);
    publisher.send([16, 1, {}, topic], payload, 2);
    expect((await subscriber.take('EVENT')).data.subarray(-payload.length)).toEqual(payload);
  });
});

test.each([
  ['at once', undefined],
  ['in its time', Promise.resolve()],
])(
  'a number beyond the largest of JavaScript is what it is to a guard that looks %s, and goes on so',
  async (_, pause) => {
    const seen: unknown[] = [];
    const look = ({ args }: { args: readonly unknown[] }): void => void seen.push(...args);
    const { join } = setUp(
      {},
      { messageToPublish: (__, publication) => (pause ? pause.then(() => look(publication)) : look(publication)) },
    );
    const [publisher, subscriber] = [await join('json'), await join('json')];
    await subscriber.ask('SUBSCRIBE', [{}, topic]);
    await publisher.ask('PUBLISH', [{ acknowledge: true }, topic], Buffer.from('[1e400]'));
    await publisher.ask('PUBLISH', [{ acknowledge: true }, topic], Buffer.from('[1e300]'));
    expect(seen).toEqual([new EncodedValue('json', Buffer.from('1e400')), 1e300]);
    expect((await subscriber.take('EVENT')).data.toString()).toMatch(/\[1e400\]\]$/);
    expect((await subscriber.take('EVENT')).data.toString()).toMatch(/\[1e\+300\]\]$/);
  },
);

describe('a history that a program reads', () => {
  const history = [{ uri: topic }];

  const read = async (published: readonly (readonly [Buffer, (1 | 2)?])[]) => {
    const { router, join, session } = setUp({ history }, { v1: { open: true } });
    const publisher = await join();
    for (const [payload, count] of published) {
      publisher.send([16, publisher.next(), { acknowledge: true }, topic], payload, count);
      await publisher.take('PUBLISHED');
    }
    const { args } = await session.call('wamp.subscription.lookup', [topic]);
    const events = async () => (await session.call('wamp.subscription.get_events', [args[0]])).args;
    return { router, join, events, id: args[0] as number };
  };

  test('is its own: what it changes of it is nobody else’s', async () => {
    const { events } = await read([[hex('81a1616101')]]);
    const [first] = (await events()) as { args: { a: number }[] }[];
    first!.args[0]!.a = 2;
    expect(await events()).toMatchObject([{ args: [{ a: 1 }] }]);
  });

  test('leaves out what it cannot hold', async () => {
    const { events } = await read([[unholdable, 2], [hex('8101')], [unholdable, 2]]);
    expect(await events()).toMatchObject([{ args: [1] }]);
  });

  test('and of which its serializer can hold nothing ends without args', async () => {
    const { router, join, id } = await read([[hex('81f97e00')]]);
    const reader = await join('json');
    const { data } = await reader.ask('CALL', [{}, 'wamp.subscription.get_events'], Buffer.from(`[${id}]`));
    expect(data.toString()).toMatch(/,\{\}\]$/);
    const v1 = await connectV1InMemory(router);
    expect(await v1.call('wamp.subscription.get_events', id)).toEqual({ args: [], kwargs: {} });
  });
});

describe('an answer from a history', () => {
  const read = async (payloads: readonly (readonly [Buffer, 1 | 2])[], maxMessageSize?: number) => {
    const options = maxMessageSize === undefined ? {} : { limits: { closeTimeout: 1, maxMessageSize } };
    const router = createV2Router({ history: [{ uri: topic }] }, options);
    const [publisher, reader] = [await joinByReusedMemory(router, 'cbor'), await joinByReusedMemory(router, 'json')];
    for (const [payload, count] of payloads) {
      publisher.send([16, publisher.next(), { acknowledge: true }, topic], payload, count);
      await publisher.take('PUBLISHED');
    }
    const found = (await reader.ask('CALL', [{}, 'wamp.subscription.lookup'], Buffer.from(`["${topic}"]`))).message;
    const [id] = (found as Message<'RESULT'>).payload.args;
    const { data } = await reader.ask('CALL', [{}, 'wamp.subscription.get_events'], Buffer.from(`[${id}]`));
    return data.toString();
  };

  test('says that there is more, where nothing of its beginning is left', async () => {
    const notANumber = Buffer.concat([hex('82f97e005901c2'), Buffer.alloc(450)]);
    expect(
      await read(
        [
          [notANumber, 1],
          [notANumber, 1],
        ],
        512,
      ),
    ).toMatch(/,\{\},\[\],\{"more":true\}\]$/);
  });

  test('has the octets of both halves, each up to its end', async () => {
    const { router, join } = setUp({ history: [{ uri: topic }] });
    const peer = await join();
    await peer.ask('SUBSCRIBE', [{}, topic]);
    peer.send([16, peer.next(), { acknowledge: true }, topic], hex('9f01ffbf616101ff'), 2);
    await peer.take('PUBLISHED');
    const { args } = await router.session().call('wamp.subscription.lookup', [topic]);
    const { data } = await peer.ask('CALL', [{}, 'wamp.subscription.get_events'], hex(`810${args[0]}`));
    expect(data.toString('hex')).toMatch(/64617267739f01ff666b7761726773bf616101ff$/);
  });

  test('has no args in an event that has keyword arguments alone', async () => {
    expect(await read([[hex('80a1616101'), 2]])).toMatch(/"details":\{\},"kwargs":\{"a":1\}\}\]\]$/);
  });
});

test('an event that waits for one subscriber takes the memory of its octets, not of values that nobody has seen', () => {
  const readPayload = vi.fn((_: unknown, known: unknown) => known ?? { args: ['decoded'], kwargs: undefined });
  const reader = { name: 'json', readPayload, nested: () => undefined } as never;
  const payload = MessagePayload.encoded({ octets: Buffer.from('["known"]'), count: 1, reader }, ['known']);
  const session = {
    hasLeft: false,
    deliver: vi.fn(),
    realm: { turns: { enter: vi.fn() } },
  };
  const authorization = { holds: () => new Promise(() => {}) };
  const gate = new EventGate(
    session as never,
    { authorization, report: { count: vi.fn() }, outboxSize: 1000 } as never,
  );
  const publication = { topic, payload, audience: {}, details: undefined };
  gate.asking.deliver({ type: 'EVENT', subscription: 1, publication } as unknown as Event);
  expect(payload.args).toEqual(['decoded']);
});
