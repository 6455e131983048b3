import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { errorOf } from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const invalidArgument = 'wamp.error.invalid_argument';

/** A caller and a callee of `com.procedure`, whose invocation is open. */
const setUpCall = async (serializer: SerializerName = 'json') => {
  const postmaster = createV2Router();
  const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster, {}, serializer)];
  await callee.register('com.procedure');
  const id = caller.next();
  const answer = caller.answerTo(code.CALL, id);
  caller.send(code.CALL, id, { receive_progress: true }, 'com.procedure');
  const [, invocation] = await callee.take(code.INVOCATION);
  return { postmaster, caller, callee, id, answer, invocation };
};

const answerAll = async (callee: V2Peer, result: unknown): Promise<void> => {
  const [, invocation] = await callee.take(code.INVOCATION);
  callee.send(code.YIELD, invocation, {}, [result]);
};

describe.each(serializerNames)('an option that is null in %s is not given:', (serializer) => {
  test('a registration with invoke null is of the policy single', async () => {
    const postmaster = createV2Router();
    const [first, second] = [await joinV2(postmaster, {}, serializer), await joinV2(postmaster, {}, serializer)];
    await first.register('com.procedure', { invoke: null });
    expect(errorOf(await second.ask(code.REGISTER, { invoke: null }, 'com.procedure'))).toBe(
      'wamp.error.procedure_already_exists',
    );
    const call = second.call('com.procedure');
    await answerAll(first, 1);
    expect((await call)[3]).toEqual([1]);
  });

  test('a registration with concurrency null takes any number of invocations', async () => {
    const peer = await joinV2(createV2Router(), {}, serializer);
    await peer.register('com.procedure', { concurrency: null, match: null, force_reregister: null });
    const calls = [peer.call('com.procedure'), peer.call('com.procedure')];
    await answerAll(peer, 1);
    await answerAll(peer, 2);
    expect((await Promise.all(calls)).map(([type]) => type)).toEqual([code.RESULT, code.RESULT]);
  });

  test('a subscription with match null is exact', async () => {
    const peer = await joinV2(createV2Router(), {}, serializer);
    const exact = await peer.subscribe('com.topic', { match: null, get_retained: null });
    expect(await peer.subscribe('com.topic')).toBe(exact);
    expect((await peer.call('wamp.subscription.lookup', ['com.topic', { match: null }]))[3]).toEqual([exact]);
  });

  test('CANCEL with mode null ends the call as without a mode', async () => {
    const { caller, answer, id } = await setUpCall();
    caller.send(code.CANCEL, id, { mode: null });
    expect(errorOf(await answer)).toBe('wamp.error.canceled');
  });

  test('YIELD with progress null and ppt_scheme null is the result', async () => {
    const { callee, answer, invocation } = await setUpCall(serializer);
    callee.send(code.YIELD, invocation, { progress: null, ppt_scheme: null }, [1]);
    expect(await answer).toEqual([code.RESULT, expect.any(Number), {}, [1]]);
  });

  test('CALL and PUBLISH with ppt_scheme null go without payload passthru', async () => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, serializer), await joinV2(postmaster, {}, serializer)];
    await other.register('com.procedure');
    await other.subscribe('com.topic');
    peer.send(code.CALL, peer.next(), { ppt_scheme: null, timeout: null, disclose_me: null }, 'com.procedure');
    expect((await other.take(code.INVOCATION))[3]).toEqual({});
    await peer.publish('com.topic', [1], { ppt_scheme: null, exclude_me: null, retain: null });
    expect((await other.take(code.EVENT))[3]).toEqual({});
    expect(peer.untaken(code.EVENT)).toEqual([]);
  });

  test('a filter of an event history', async () => {
    const postmaster = createV2Router({ history: [{ uri: 'com.topic' }] });
    const peer = await joinV2(postmaster, {}, serializer);
    await peer.publish('com.topic', [1]);
    const subscription = await peer.subscribe('com.topic');
    const filters = { limit: null, reverse: null, from_time: null, after_publication: null, topic: null };
    const [, , , found] = await peer.call('wamp.subscription.get_events', [subscription], {}, filters);
    expect(found).toHaveLength(1);
  });

  test('a reason and a message of wamp.session.kill', async () => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, serializer), await joinV2(postmaster, {}, serializer)];
    const killed = await peer.call('wamp.session.kill', [other.session], {}, { reason: null, message: null });
    expect(killed[0]).toBe(code.RESULT);
    expect(await other.take(code.GOODBYE)).toEqual([code.GOODBYE, {}, 'wamp.close.killed']);
  });

  test('authid, authmethods, authextra, a role and its features in HELLO', async () => {
    const postmaster = createV2Router();
    const roles = { caller: {}, callee: null, publisher: { features: null }, subscriber: { features: { x: null } } };
    const peer = await joinV2(postmaster, { roles, authid: null, authmethods: null, authextra: null }, serializer);
    expect(peer.welcome.authmethod).toBe('anonymous');
  });
});

// Read as "not given" it would send to everybody what is meant for few.
const audience = [
  'exclude',
  'exclude_authid',
  'exclude_authrole',
  'eligible',
  'eligible_authid',
  'eligible_authrole',
] as const;

describe.each(audience)('an audience of %s that is null', (name) => {
  test.each(serializerNames)('refuses the publication in %s, and a testament', async (serializer) => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, serializer), await joinV2(postmaster)];
    await other.subscribe('com.topic');
    expect(errorOf(await peer.publish('com.topic', [1], { [name]: null }))).toBe(invalidArgument);
    const testament = { publish_options: { [name]: null } };
    expect(errorOf(await peer.call('wamp.session.add_testament', ['com.topic', []], {}, testament))).toBe(
      invalidArgument,
    );
    await peer.close();
    await other.barrier();
    expect(other.untaken(code.EVENT)).toEqual([]);
  });

  test('refuses a publication of a session in this process', async () => {
    const session = createV2Router().session();
    await expect(session.publish('com.topic', [], {}, { [name]: null })).rejects.toMatchObject({
      uri: invalidArgument,
    });
  });
});

test.each(['eligible', 'exclude'])('publishEvent refuses an audience of %s that is null', async (name) => {
  const postmaster = createV2Router();
  const subscriber = await joinV2(postmaster);
  await subscriber.subscribe('com.topic');
  expect(() => postmaster.publishEvent('com.topic', 1, { [name]: null as never })).toThrow(invalidArgument);
  await subscriber.barrier();
  expect(subscriber.untaken(code.EVENT)).toEqual([]);
});

test('an option that is undefined in CBOR is null', async () => {
  const peer = await joinV2(createV2Router(), {}, 'cbor');
  const list = (options: Uint8Array, id: number): Uint8Array =>
    Buffer.concat([Buffer.from([0x84, 0x10, id]), options, Buffer.from([0x69]), Buffer.from('com.topic')]);
  // {"acknowledge": true, "eligible": undefined}
  const acknowledge = Buffer.concat([Buffer.from([0x6b]), Buffer.from('acknowledge'), Buffer.from([0xf5])]);
  const eligible = Buffer.concat([Buffer.from([0x68]), Buffer.from('eligible'), Buffer.from([0xf7])]);
  peer.wire.send(list(Buffer.concat([Buffer.from([0xa2]), acknowledge, eligible]), peer.next()));
  expect(errorOf(await peer.answerTo(code.PUBLISH, 1))).toBe(invalidArgument);
});

// Basic Profile, "Messages": keys are unique strings.
describe('a key', () => {
  const octets = (...parts: readonly (number | string)[]): Buffer =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
  const [name, topic] = ['acknowledge', 'com.topic'];

  test.each([
    ['json', '[16, 1, {"acknowledge": false, "acknowledge": true}, "com.topic"]'],
    ['msgpack', octets(0x94, 16, 1, 0x82, 0xab, name, 0xc2, 0xab, name, 0xc3, 0xa9, topic)],
    ['cbor', octets(0x84, 16, 1, 0xa2, 0x6b, name, 0xf4, 0x6b, name, 0xf5, 0x69, topic)],
  ] as const)('that comes twice has its last value, in %s', async (serializer, message) => {
    const peer = await joinV2(createV2Router(), {}, serializer);
    peer.wire.send(message);
    expect((await peer.take(code.PUBLISHED))[1]).toBe(1);
  });

  test('that is an integer is its decimal text in a payload for JSON', async () => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, 'msgpack'), await joinV2(postmaster, {}, 'cbor')];
    const subscriber = await joinV2(postmaster);
    await subscriber.subscribe(topic);
    peer.wire.send(octets(0x95, 16, 1, 0x80, 0xa9, topic, 0x91, 0x81, 1, 2));
    expect((await subscriber.take(code.EVENT))[4]).toEqual([{ 1: 2 }]);
    other.wire.send(octets(0x85, 16, 1, 0xa0, 0x69, topic, 0x81, 0xa1, 1, 2));
    expect((await subscriber.take(code.EVENT))[4]).toEqual([{ 1: 2 }]);
  });

  test('that is an integer is ignored in options in MessagePack, and a violation in CBOR', async () => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster, {}, 'msgpack'), await joinV2(postmaster, {}, 'cbor')];
    await peer.subscribe(topic);
    peer.wire.send(octets(0x95, 16, 2, 0x82, 1, 2, 0xaa, 'exclude_me', 0xc2, 0xa9, topic, 0x91, 1));
    expect((await peer.take(code.EVENT))[4]).toEqual([1]);
    other.wire.send(octets(0x85, 16, 1, 0xa1, 1, 2, 0x69, topic, 0x81, 1));
    expect((await other.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
  });
});

// Basic Profile, "Extensibility": attributes that are unknown are ignored.
test.each([[true], ['x'], [[]]])('a role that HELLO announces beside the known ones is ignored (%j)', async (value) => {
  const roles = { caller: {}, broker: value, inspector: value };
  expect((await connectV2InMemory(createV2Router()).hello('realm1', { roles }))[0]).toBe(code.WELCOME);
});

describe('an option of a wrong type', () => {
  test.each([{ progress: 1 }, { ppt_scheme: 1 }])('in YIELD (%j) ends the call, and no session', async (options) => {
    const { caller, callee, answer, invocation } = await setUpCall();
    callee.send(code.YIELD, invocation, options, [1]);
    expect(errorOf(await answer)).toBe(invalidArgument);
    await callee.barrier();
    await caller.barrier();
    // What looks like one of several results has more behind it, for which nobody waits.
    expect(callee.untaken(code.INTERRUPT)).toHaveLength('progress' in options ? 1 : 0);
  });

  test.each(['foo', 1, {}])('in CANCEL (%j) drops it, counted, and the call goes on', async (mode) => {
    const { postmaster, caller, callee, id, answer, invocation } = await setUpCall();
    caller.send(code.CANCEL, id, { mode });
    await caller.barrier();
    expect(postmaster.stats().counters.request_dropped).toBe(1);
    callee.send(code.YIELD, invocation, {}, [1]);
    expect((await answer)[3]).toEqual([1]);
  });

  test('in PUBLISH without acknowledgement drops it, counted', async () => {
    const postmaster = createV2Router();
    const [peer, other] = [await joinV2(postmaster), await joinV2(postmaster)];
    await other.subscribe('com.topic');
    peer.send(code.PUBLISH, peer.next(), { exclude: 'x' }, 'com.topic');
    await peer.barrier();
    await other.barrier();
    expect(other.untaken(code.EVENT)).toEqual([]);
    expect(postmaster.stats().counters.request_dropped).toBe(1);
  });

  test.each([{}, { concurrency: 1 }])(
    'in a later part of a call, where it is progress, ends the whole of it (%j)',
    async (options) => {
      const postmaster = createV2Router();
      const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster)];
      await callee.register('com.procedure', options);
      const waits = 'concurrency' in options;
      if (waits) caller.send(code.CALL, caller.next(), {}, 'com.procedure');
      const id = caller.next();
      const part = (more: object): void => caller.send(code.CALL, id, more, 'com.procedure');
      part({ progress: true });
      part({ progress: 1 });
      expect(errorOf(await caller.answerTo(code.CALL, id))).toBe(invalidArgument);
      part({});
      await caller.barrier();
      await callee.barrier();
      expect(callee.untaken(code.INVOCATION)).toHaveLength(1);
      expect(callee.untaken(code.INTERRUPT)).toHaveLength(waits ? 0 : 1);
    },
  );

  // Advanced Profile, "Freezing of Options in Progressive Call Invocations"
  test.each([{ timeout: 'x' }, { receive_progress: 1 }, { disclose_me: 'yes' }, { ppt_scheme: 1 }])(
    'in a later part of a call, where it is not progress, is ignored (%j)',
    async (options) => {
      const postmaster = createV2Router();
      const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster)];
      await callee.register('com.procedure');
      const id = caller.next();
      caller.send(code.CALL, id, { progress: true }, 'com.procedure', [1]);
      caller.send(code.CALL, id, { progress: true, ...options }, 'com.procedure', [2]);
      caller.send(code.CALL, id, options, 'com.procedure', [3]);
      await caller.barrier();
      await callee.barrier();
      const parts = callee.untaken(code.INVOCATION).map(([, , , details, args]) => [details, args]);
      expect(parts).toEqual([
        [{ progress: true }, [1]],
        [{ progress: true }, [2]],
        [{}, [3]],
      ]);
      expect(caller.untaken(code.ERROR)).toEqual([]);
    },
  );

  test.each([
    { authid: 1 },
    { authmethods: 'x' },
    { authmethods: [null] },
    { authextra: [] },
    { roles: { caller: 1 } },
    { roles: { caller: null } },
    { roles: { caller: {}, callee: 1 } },
  ])('in HELLO (%j) aborts', async (details) => {
    const answer = await connectV2InMemory(createV2Router()).hello('realm1', details);
    expect([answer[0], answer[2]]).toEqual([code.ABORT, 'wamp.error.protocol_violation']);
  });
});
