/** Messages that are within the limit when they arrive, and much larger when they are sent to their receivers. */

import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { eventsOf, settle } from '../support/principals.ts';
import { joinStalled } from '../support/stalled.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';
const limits = { maxMessageSize: 100_000, outboxSize: 200_000 };
const tooLarge = 'wamp.error.payload_size_exceeded';

/** Arguments that are small in the serializer they come in, and larger than an outbox in that of their receivers. */
const growing = {
  'JSON fractions': { serializer: 'json', args: `[${Array(22_500).fill('1.5').join()}]`, receiver: 'msgpack' },
  'CBOR nulls': { serializer: 'cbor', args: Array(60_000).fill(null), receiver: 'json' },
  'control characters': { serializer: 'msgpack', args: ['\u0001'.repeat(60_000)], receiver: 'json' },
} as const;
type Growing = (typeof growing)[keyof typeof growing];

/** Sends a message whose last element are such arguments. */
const send = (peer: V2Peer, { serializer, args }: Growing, ...head: List): void => {
  if (serializer === 'json') peer.wire.send(`${JSON.stringify(head).slice(0, -1)},${args}]`);
  else peer.send(...head, args);
};

describe.each(Object.entries(growing))('%s that grow beyond what a receiver can take', (_, grows) => {
  const joinReceiver = (postmaster: Postmaster): Promise<V2Peer> => joinV2(postmaster, {}, grows.receiver);

  test('are dropped as an event, and counted; no subscriber is closed for them', async () => {
    const postmaster = createV2Router({}, { limits });
    const publisher = await joinV2(postmaster, {}, grows.serializer);
    const subscribers = await Promise.all([1, 2, 3].map(() => joinReceiver(postmaster)));
    for (const subscriber of subscribers) await subscriber.subscribe(topic);
    send(publisher, grows, code.PUBLISH, publisher.next(), {}, topic);
    await publisher.publish(topic, ['next']);
    await settle(publisher, ...subscribers);
    for (const subscriber of subscribers) expect(eventsOf(subscriber).map((event) => event[4])).toEqual([['next']]);
    expect(postmaster.stats()).toMatchObject({ connections: 4, counters: { event_dropped: 3, outbox_overflow: 0 } });
  });

  test('are dropped as a retained event', async () => {
    const postmaster = createV2Router({}, { limits });
    const publisher = await joinV2(postmaster, {}, grows.serializer);
    send(publisher, grows, code.PUBLISH, publisher.next(), { retain: true }, topic);
    await settle(publisher);
    const subscriber = await joinReceiver(postmaster);
    await subscriber.subscribe(topic, { get_retained: true });
    await settle(subscriber);
    expect(eventsOf(subscriber)).toEqual([]);
    expect(postmaster.stats().counters).toMatchObject({ event_dropped: 1, outbox_overflow: 0 });
  });

  test('are answered as a call; its callee goes on', async () => {
    const postmaster = createV2Router({}, { limits });
    const [caller, callee] = [await joinV2(postmaster, {}, grows.serializer), await joinReceiver(postmaster)];
    await callee.register(procedure);
    const id = caller.next();
    send(caller, grows, code.CALL, id, {}, procedure);
    expect(errorOf(await caller.answerTo(code.CALL, id))).toBe(tooLarge);
    await settle(callee);
    expect(callee.untaken(code.INVOCATION)).toEqual([]);
    expect(postmaster.stats()).toMatchObject({ connections: 2, pendingCalls: 0, counters: { outbox_overflow: 0 } });
  });

  test.each(['RESULT', 'ERROR'])('are answered to the caller in the place of a %s', async (type) => {
    const postmaster = createV2Router({}, { limits });
    const [caller, callee] = [await joinReceiver(postmaster), await joinV2(postmaster, {}, grows.serializer)];
    await callee.register(procedure);
    const answer = caller.call(procedure);
    const invocation = (await callee.take(code.INVOCATION))[1];
    if (type === 'RESULT') send(callee, grows, code.YIELD, invocation, {});
    else send(callee, grows, code.ERROR, code.INVOCATION, invocation, {}, 'com.error');
    expect(errorOf(await answer)).toBe(tooLarge);
    await settle(caller, callee);
    expect(postmaster.stats()).toMatchObject({ connections: 2, pendingCalls: 0, counters: { outbox_overflow: 0 } });
  });
});

describe('what waits, not what is large, makes a reader slow', () => {
  test('a reader for which less than half the limit waits misses an event that finds no room', async () => {
    const postmaster = createV2Router({}, { limits });
    const publisher = await joinV2(postmaster);
    const stalled = joinStalled(postmaster);
    await stalled.subscribe(topic);
    await publisher.publish(topic, ['x'.repeat(80_000)]);
    await settle(publisher);
    publisher.send(code.PUBLISH, publisher.next(), {}, topic, ['\u0001'.repeat(16_000), 'x'.repeat(80_000)]);
    await settle(publisher);
    expect(stalled.isClosed()).toBe(false);
    expect(postmaster.stats().counters.event_dropped).toBe(1);
    // What is larger than all that may wait says nothing about the reader, however much waits already.
    await publisher.publish(topic, ['x'.repeat(90_000)]);
    send(publisher, growing['control characters'], code.PUBLISH, publisher.next(), {}, topic);
    await settle(publisher);
    expect(stalled.isClosed()).toBe(false);
    expect(postmaster.stats().counters.event_dropped).toBe(2);
    await publisher.publish(topic, ['x'.repeat(90_000)]);
    expect(stalled.isClosed()).toBe(true);
  });

  test('a healthy reader over TCP outlives a megabyte that becomes five', async () => {
    const postmaster = createV2Router({}, { limits: { maxElements: 1_100_000 } });
    const server = await postmaster.listen({ port: 0 });
    const [publisher, subscriber] = [await connectV2(server.url, 'cbor'), await connectV2(server.url)];
    for (const peer of [publisher, subscriber]) await peer.hello();
    await subscriber.subscribe(topic);
    publisher.send(code.PUBLISH, 1, {}, topic, Array(1_000_000).fill(null));
    publisher.send(code.PUBLISH, 2, {}, topic, ['next']);
    expect((await subscriber.take(code.EVENT))[4]).toEqual(['next']);
    expect(postmaster.stats().counters).toMatchObject({ event_dropped: 1, outbox_overflow: 0 });
  });
});

describe('a message of more values than it may have', () => {
  test.each(serializerNames)('ends a session of %s, and no other', async (serializer) => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, serializer), await joinV2(postmaster)];
    // PUBLISH itself has nine: its list, code, request, options and topic, and four lists of the arguments.
    const lists = (count: number): unknown[] =>
      [50_000, 50_000, count - 100_009].map((length) => Array(length).fill({}));
    peer.send(code.PUBLISH, peer.next(), {}, topic, lists(131_072));
    await settle(peer);
    peer.send(code.PUBLISH, peer.next(), {}, topic, lists(131_073));
    expect(await peer.take(code.ABORT)).toEqual([
      code.ABORT,
      { message: `the message cannot be read as ${serializer}: too many values` },
      'wamp.error.protocol_violation',
    ]);
    await settle(other);
    expect(postmaster.stats()).toMatchObject({ connections: 1, counters: { bad_message: 1 } });
  });
});
