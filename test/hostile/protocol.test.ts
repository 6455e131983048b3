/** Messages in the wrong order or of the wrong form: the session is aborted, nothing of it is left, and no other peer notices. */

import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { initialTransition, transition } from 'xstate';
import type { ConnectionEvent } from '../../machines/index.ts';
import { connectionMachine } from '../../machines/index.ts';
import type { Postmaster } from '../../src/index.ts';
import type { MessageType } from '../../src/wamp/message.ts';
import { messageTypes } from '../../src/wamp/message.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { basicRoles, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** A message of each type whose shape is right. */
const shaped: Readonly<Record<MessageType, List>> = {
  HELLO: [1, 'realm1', { roles: basicRoles }],
  WELCOME: [2, 1, {}],
  ABORT: [3, {}, 'wamp.error.canceled'],
  CHALLENGE: [4, 'ticket', {}],
  AUTHENTICATE: [5, 'signature', {}],
  GOODBYE: [6, {}, 'wamp.close.close_realm'],
  ERROR: [8, 68, 1, {}, 'com.error'],
  PUBLISH: [16, 1, {}, 'com.topic'],
  PUBLISHED: [17, 1, 1],
  SUBSCRIBE: [32, 1, {}, 'com.topic'],
  SUBSCRIBED: [33, 1, 1],
  UNSUBSCRIBE: [34, 1, 1],
  UNSUBSCRIBED: [35, 1],
  EVENT: [36, 1, 1, {}],
  CALL: [48, 1, {}, 'com.procedure'],
  CANCEL: [49, 1, {}],
  RESULT: [50, 1, {}],
  REGISTER: [64, 1, {}, 'com.procedure'],
  REGISTERED: [65, 1, 1],
  UNREGISTER: [66, 1, 1],
  UNREGISTERED: [67, 1],
  INVOCATION: [68, 1, 1, {}],
  INTERRUPT: [69, 1, {}],
  YIELD: [70, 1, {}],
};

/** Expects ABORT as the last word, a closed link, and nothing left of the peer. */
const expectAborted = async (peer: V2Peer, postmaster: Postmaster, sessions = 0): Promise<void> => {
  await peer.closed;
  expect(peer.received.at(-1)).toEqual([code.ABORT, { message: expect.any(String) }, 'wamp.error.protocol_violation']);
  const { sessions: left, subscriptions, registrations, pendingCalls } = postmaster.stats();
  expect({ left, subscriptions, registrations, pendingCalls }).toEqual({
    left: sessions,
    subscriptions: 0,
    registrations: 0,
    pendingCalls: 0,
  });
};

/** A peer that holds a subscription and a registration, so that there is something to lose. */
const established = async (postmaster: Postmaster, details = {}): Promise<V2Peer> => {
  const peer = await joinV2(postmaster, details);
  await peer.subscribe('com.held');
  await peer.register('com.held');
  return peer;
};

const fromPeers = new Set(['HELLO', 'ABORT', 'GOODBYE']);

describe('before HELLO', () => {
  const first = messageTypes.filter((type) => type !== 'HELLO' && type !== 'ABORT');
  test.each(first)('%s is a violation', async (type) => {
    const postmaster = createV2Router();
    const peer = connectV2InMemory(postmaster);
    peer.send(...shaped[type]);
    await expectAborted(peer, postmaster);
    expect(peer.received).toHaveLength(1);
  });

  test('ABORT ends the link without an answer', async () => {
    const peer = connectV2InMemory(createV2Router());
    peer.send(...shaped.ABORT);
    await peer.closed;
    expect(peer.received).toEqual([]);
  });
});

describe('a second HELLO', () => {
  test('is a violation in a session', async () => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(...shaped.HELLO);
    await expectAborted(peer, postmaster);
  });

  test('is a violation while challenged', async () => {
    const postmaster = createV2Router({ authenticators: { ticket: {} } });
    const peer = connectV2InMemory(postmaster);
    await peer.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
    peer.send(...shaped.HELLO);
    await expectAborted(peer, postmaster);
  });
});

describe('AUTHENTICATE', () => {
  test('twice, or after WELCOME, is a violation', async () => {
    const postmaster = createV2Router({
      roles: { user: [] },
      authenticators: { ticket: async () => new Promise<{ role: string }>(() => {}) },
    });
    const twice = connectV2InMemory(postmaster);
    await twice.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
    twice.send(...shaped.AUTHENTICATE);
    twice.send(...shaped.AUTHENTICATE);
    await expectAborted(twice, postmaster);
    const late = await established(postmaster);
    late.send(...shaped.AUTHENTICATE);
    await expectAborted(late, postmaster);
  });
});

describe('in a session', () => {
  const routerOnly = messageTypes.filter(
    (type) =>
      ['WELCOME', 'CHALLENGE', 'SUBSCRIBED', 'UNSUBSCRIBED', 'PUBLISHED', 'EVENT', 'RESULT', 'REGISTERED'].includes(
        type,
      ) || ['UNREGISTERED', 'INVOCATION', 'INTERRUPT'].includes(type),
  );
  test.each(routerOnly)('%s from a client is a violation', async (type) => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(...shaped[type]);
    await expectAborted(peer, postmaster);
  });
});

describe('a message code that there is not', () => {
  test.each([0, -1, 7, 255, 999, 2 ** 31, 1.5, '16', null, {}])('%j is a violation', async (type) => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(type, 3, {}, 'com.topic');
    await expectAborted(peer, postmaster);
  });
});

describe('a message out of shape', () => {
  const id = 3;
  test.each<[string, List]>([
    ['too few elements', [16, id, {}]],
    ['too many elements', [16, id, {}, 'com.topic', [], {}, 1]],
    ['options that are a list', [16, id, [], 'com.topic']],
    ['options that are missing', [32, id, null, 'com.topic']],
    ['args that are a dictionary', [16, id, {}, 'com.topic', {}]],
    ['kwargs that are a list', [16, id, {}, 'com.topic', [], []]],
    ['request id 0', [32, 0, {}, 'com.topic']],
    ['a negative request id', [32, -1, {}, 'com.topic']],
    ['a fractional request id', [32, 1.5, {}, 'com.topic']],
    ['a request id above 2^53', [32, 2 ** 53, {}, 'com.topic']],
    ['a request id that is a text', [32, '3', {}, 'com.topic']],
    ['a subscription that is no id', [34, id, 'com.topic']],
    ['an error URI that is no text', [8, 68, 1, {}, 5]],
    ['no list', ['x']],
    ['an empty list', []],
  ])('%s makes it a violation', async (_, message) => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(...message);
    await expectAborted(peer, postmaster);
  });

  test('a dictionary instead of a list is a violation, and so is what is no JSON', async () => {
    const postmaster = createV2Router();
    for (const text of ['{}', '5', '"x"', '[32,1', '[1][2]', '']) {
      const peer = await established(postmaster);
      peer.wire.send(text);
      await expectAborted(peer, postmaster);
    }
  });
});

describe('request ids out of sequence', () => {
  const sequences: readonly (readonly number[])[] = [[5], [1, 3], [1, 2, 1], [2]];

  test.each(sequences)('are a violation where requestIds is strict: %j %j %j', async (...ids) => {
    const postmaster = createV2Router({ requestIds: 'strict' });
    const peer = await joinV2(postmaster);
    for (const id of ids) peer.send(32, id, {}, `com.topic${id}`);
    await expectAborted(peer, postmaster);
  });

  test('are counted where it is warn, and accepted where it is off', async () => {
    for (const requestIds of ['warn', 'off'] as const) {
      const postmaster = createV2Router({ requestIds });
      const peer = await joinV2(postmaster);
      for (const id of [5, 9, 2, 2]) {
        peer.send(32, id, {}, `com.topic${id}`);
        expect((await peer.take(33))[1]).toBe(id);
      }
      expect(postmaster.stats().counters.request_id_gap).toBe(requestIds === 'warn' ? 4 : 0);
    }
  });

  test('wrap from 2^53 - 1 to 1', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    peer.send(32, Number.MAX_SAFE_INTEGER, {}, 'com.a');
    peer.send(32, 1, {}, 'com.b');
    await peer.take(33);
    await peer.take(33);
    expect(postmaster.stats().counters.request_id_gap).toBe(1);
  });

  test('count from 1 over all kinds of requests, in each session anew', async () => {
    const postmaster = createV2Router({ requestIds: 'strict' });
    const peer = await joinV2(postmaster);
    peer.send(32, 1, {}, 'com.a');
    peer.send(64, 2, {}, 'com.b');
    peer.send(16, 3, {}, 'com.a');
    peer.send(48, 4, {}, 'com.c');
    peer.send(6, {}, 'wamp.close.close_realm');
    await peer.take(6);
    await peer.hello();
    peer.send(32, 1, {}, 'com.a');
    expect((await peer.take(([type, id]) => type === 33 && id === 1))[1]).toBe(1);
  });
});

describe('ERROR', () => {
  test.each([16, 32, 48, 64, 70, 0, 'INVOCATION'])('about %j is a violation', async (type) => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(8, type, 1, {}, 'com.error');
    await expectAborted(peer, postmaster);
  });
});

describe('an answer', () => {
  test.each([
    ['YIELD', [70, 1, {}]],
    ['ERROR', [8, 68, 1, {}, 'com.error']],
  ] as const)('by %s to an invocation that never was is a violation', async (_, message) => {
    const postmaster = createV2Router();
    const peer = await established(postmaster);
    peer.send(...message);
    await expectAborted(peer, postmaster);
  });

  test('to an invocation that was canceled, timed out or lost its caller is swallowed', async () => {
    const postmaster = createV2Router();
    const callee = await joinV2(postmaster);
    const caller = await joinV2(postmaster);
    await callee.register('com.slow');
    const canceled = caller.call('com.slow');
    const [, first] = await callee.take(68);
    caller.send(49, 1, { mode: 'skip' });
    await canceled;
    const timedOut = caller.call('com.slow', [], { timeout: 1 });
    const [, second] = await callee.take(68);
    await timedOut;
    void caller.call('com.slow').catch(() => {});
    const [, third] = await callee.take(68);
    await caller.close();
    for (const id of [first, second, third]) callee.send(70, id, {}, ['late']);
    for (const id of [first, second, third]) callee.send(8, 68, id, {}, 'com.late');
    await callee.barrier();
    expect(callee.untaken(3)).toEqual([]);
  });
});

describe('GOODBYE', () => {
  test('is answered once, with goodbye_and_out', async () => {
    const peer = await joinV2(createV2Router());
    peer.send(6, {}, 'wamp.close.close_realm');
    expect(await peer.take(6)).toEqual([6, {}, 'wamp.close.goodbye_and_out']);
    expect(peer.received.filter(([type]) => type === 6)).toHaveLength(1);
  });

  test('that crosses ours ends both sides without a third message', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    const other = await joinV2(postmaster);
    await other.call('wamp.session.kill', [peer.session]);
    expect(await peer.take(6)).toEqual([6, {}, 'wamp.close.killed']);
    peer.send(6, {}, 'wamp.close.close_realm');
    expect((await peer.hello())[0]).toBe(2);
    expect(peer.received.filter(([type]) => type === 6)).toHaveLength(1);
  });
});

describe('after GOODBYE or ABORT', () => {
  test('nothing is said in the session: no event, no answer, no error', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    await peer.subscribe('com.topic');
    const other = await joinV2(postmaster);
    peer.send(6, {}, 'wamp.close.close_realm');
    await peer.take(6);
    const heard = peer.received.length;
    await other.publish('com.topic', [1]);
    await other.barrier();
    expect(peer.received).toHaveLength(heard);
    peer.send(999);
    await peer.closed;
    const after = peer.received.length;
    await other.publish('com.topic', [2]);
    expect(peer.received).toHaveLength(after);
  });

  test('of the router everything but GOODBYE is ignored', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    const other = await joinV2(postmaster);
    await other.call('wamp.session.kill', [peer.session]);
    await peer.take(6);
    const heard = peer.received.length;
    for (const type of messageTypes) if (type !== 'GOODBYE' && type !== 'ABORT') peer.send(...shaped[type]);
    await other.barrier();
    expect(peer.received).toHaveLength(heard);
    expect(postmaster.stats().subscriptions).toBe(0);
  });
});

describe('what a session holds', () => {
  test('SUBSCRIBE twice gives one subscription, and each event once', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    const [first, second] = [await peer.subscribe('com.topic'), await peer.subscribe('com.topic')];
    expect(second).toBe(first);
    await peer.publish('com.topic', [1], { exclude_me: false });
    await peer.barrier();
    expect(peer.untaken(36)).toHaveLength(1);
  });

  test('ids of another session are refused, and their owner keeps what it has', async () => {
    const postmaster = createV2Router();
    const owner = await joinV2(postmaster);
    const thief = await joinV2(postmaster);
    const subscription = await owner.subscribe('com.topic');
    const registration = await owner.register('com.procedure');
    expect((await thief.ask(34, subscription))[4]).toBe('wamp.error.no_such_subscription');
    expect((await thief.ask(66, registration))[4]).toBe('wamp.error.no_such_registration');
    await thief.publish('com.topic', [1]);
    expect((await owner.take(36))[4]).toEqual([1]);
    const call = thief.call('com.procedure');
    const [, invocation] = await owner.take(68);
    owner.send(70, invocation, {}, [2]);
    expect((await call)[3]).toEqual([2]);
  });
});

describe('options', () => {
  test('that nobody knows are ignored, with and without an underscore', async () => {
    const peer = await joinV2(createV2Router());
    expect((await peer.ask(32, { _vendor: { a: 1 }, whatever: [1] }, 'com.topic'))[0]).toBe(33);
  });

  test.each<[number, object, string]>([
    [32, { match: 'fuzzy' }, 'com.topic'],
    [32, { get_retained: 'yes' }, 'com.topic'],
    [16, { acknowledge: true, exclude_me: 0 }, 'com.topic'],
    [16, { acknowledge: true, eligible: 'all' }, 'com.topic'],
    [16, { acknowledge: true, exclude: [1.5] }, 'com.topic'],
    [16, { acknowledge: true, exclude_authid: [1] }, 'com.topic'],
    [48, { timeout: -1 }, 'com.procedure'],
    [48, { receive_progress: 'true' }, 'com.procedure'],
    [64, { invoke: 'any' }, 'com.procedure'],
    [64, { concurrency: 0 }, 'com.procedure'],
  ])('of the wrong type refuse the request %i %j, and the session lives', async (type, options, uri) => {
    const peer = await joinV2(createV2Router());
    expect((await peer.ask(type, options, uri))[4]).toBe('wamp.error.invalid_argument');
    await peer.barrier();
  });

  test.each<[string, List]>([
    ['a call in parts', [48, 1, { progress: true }, 'com.procedure']],
    ['payload passthru of a call', [48, 1, { ppt_scheme: 'mqtt' }, 'com.procedure']],
    ['payload passthru of a publication', [16, 1, { ppt_scheme: 'mqtt' }, 'com.topic']],
  ])('that use %s without announcing it are a violation', async (_, message) => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster, { roles: basicRoles });
    peer.send(...message);
    await expectAborted(peer, postmaster);
  });
});

describe('HELLO', () => {
  test.each<[string, unknown]>([
    ['without roles', {}],
    ['with roles that are a list', { roles: ['caller'] }],
    ['with unknown roles only', { roles: { broker: {} } }],
    ['with a role that is no dictionary', { roles: { caller: true } }],
    ['with an authid that is no text', { roles: basicRoles, authid: 5 }],
    ['with authmethods that are no list', { roles: basicRoles, authmethods: 'ticket' }],
    ['with authextra that is a list', { roles: basicRoles, authextra: [] }],
  ])('%s is aborted with a reason', async (_, details) => {
    const postmaster = createV2Router();
    const peer = connectV2InMemory(postmaster);
    peer.send(1, 'realm1', details);
    await expectAborted(peer, postmaster);
  });

  test('with one role among unknown ones is welcome', async () => {
    const peer = connectV2InMemory(createV2Router());
    peer.send(1, 'realm1', { roles: { publisher: {}, conductor: {} } });
    expect((await peer.take(([type]) => type === 2 || type === 3))[0]).toBe(2);
  });
});

test('messages behind a HELLO that is refused have no effect', async () => {
  const postmaster = createV2Router();
  const bystander = await joinV2(postmaster);
  await bystander.subscribe('com.topic');
  const peer = connectV2InMemory(postmaster);
  peer.send(1, 'realm2', { roles: basicRoles });
  for (let id = 1; id <= 1000; id += 1) {
    peer.send(16, id, {}, 'com.topic', [id]);
    peer.send(32, id, {}, 'com.other');
  }
  await peer.closed;
  expect(peer.received.map(([type]) => type)).toEqual([code.ABORT]);
  await bystander.barrier();
  expect(bystander.untaken(36)).toEqual([]);
  expect(postmaster.stats().subscriptions).toBe(1);
});

describe('every message that the chart has no arrow for', () => {
  const context = {
    family: 'v2' as const,
    deadlines: { helloTimeout: 1, authTimeout: 1, closeTimeout: 1 },
    openProcedures: new Set<string>(),
    owner: undefined,
  };
  const say = (type: MessageType): ConnectionEvent =>
    ({ type: `wamp.${type}`, message: { type } }) as unknown as ConnectionEvent;
  const isViolation = (path: readonly ConnectionEvent[], type: MessageType): boolean => {
    let [snapshot] = initialTransition(connectionMachine, context) as [AnyMachineSnapshot, unknown];
    let actions: readonly { readonly type: string }[] = [];
    for (const event of [...path, say(type)]) {
      [snapshot, actions] = transition(connectionMachine, snapshot as never, event) as unknown as [
        AnyMachineSnapshot,
        readonly { readonly type: string }[],
      ];
    }
    return actions.some((action) => action.type === 'violate');
  };
  const authenticators = { ticket: async () => new Promise<{ role: string }>(() => {}) };
  const states = {
    welcome: { path: [], reach: async () => {} },
    'challenged.waiting': {
      path: [say('HELLO'), { type: 'auth.challenged', value: null } as const],
      reach: async (peer: V2Peer) => {
        await peer.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
      },
    },
    'challenged.verifying': {
      path: [say('HELLO'), { type: 'auth.challenged', value: null } as const, say('AUTHENTICATE')],
      reach: async (peer: V2Peer) => {
        await peer.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
        peer.send(...shaped.AUTHENTICATE);
      },
    },
    authenticated: {
      path: [say('HELLO'), { type: 'auth.accepted', value: null } as const],
      reach: async (peer: V2Peer) => {
        await peer.hello();
        await peer.subscribe('com.held');
        await peer.register('com.held');
      },
    },
  };
  const cases = Object.entries(states).flatMap(([state, { path, reach }]) =>
    messageTypes.filter((type) => isViolation(path, type)).map((type) => ({ state, type, reach })),
  );

  test('is more than a few', () => {
    expect(cases.length).toBeGreaterThan(60);
    expect(cases.some(({ type }) => fromPeers.has(type))).toBe(true);
  });

  test.each(cases)('aborts in $state on $type', async ({ type, reach }) => {
    const postmaster = createV2Router({ authenticators });
    const peer = connectV2InMemory(postmaster);
    await reach(peer);
    peer.send(...shaped[type]);
    await expectAborted(peer, postmaster);
  });
});
