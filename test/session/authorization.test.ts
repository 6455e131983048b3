import { describe, expect, test, vi } from 'vitest';
import type { AuthorizationRequest, Authorizer, RealmSettings } from '../../src/index.ts';
import { errorOf, heard } from '../support/calls.ts';
import { joinByTicket } from '../support/v2-auth.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { basicRoles, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const notAuthorized = 'wamp.error.not_authorized';
const failed = 'wamp.error.authorization_failed';

/** What a session is told about one try of every action; the router itself has registered `com.echo`. */
const tryAll = async (peer: V2Peer): Promise<readonly unknown[]> => [
  errorOf(await peer.ask(code.SUBSCRIBE, {}, 'com.a')),
  errorOf(await peer.ask(code.REGISTER, {}, 'com.a')),
  errorOf(await peer.publish('com.a')),
  errorOf(await peer.call('com.echo')),
];

/** A promise and its end. */
const createGate = <Value>() => {
  let open: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { promise, open };
};

const createRouter = (authorizer: RealmSettings['authorizer'], realm: Partial<RealmSettings> = {}) => {
  const router = createV2Router({ ...(authorizer && { authorizer }), ...realm });
  router.registerRPC('com.echo', ({ args }) => args[0]);
  return router;
};

// Advanced Profile, "Authorization"
describe('the rules of a role', () => {
  const roles = {
    reader: [{ uri: 'com.', match: 'prefix', subscribe: true, call: true }],
    writer: [{ uri: 'com.', match: 'prefix', publish: true, register: true }],
    both: everythingAndMeta,
    nothing: [],
  } as const;
  const ticket = Object.fromEntries(Object.keys(roles).map((role) => [role, { ticket: role, role }]));
  const join = (role: string) =>
    joinByTicket(createRouter(undefined, { roles, authenticators: { ticket } }), role, role);

  test('decide on subscribing, registering, publishing and calling apart', async () => {
    expect(await tryAll(await join('reader'))).toEqual([undefined, notAuthorized, notAuthorized, undefined]);
    expect(await tryAll(await join('writer'))).toEqual([notAuthorized, undefined, undefined, notAuthorized]);
    expect(await tryAll(await join('both'))).toEqual(Array(4).fill(undefined));
    expect(await tryAll(await join('nothing'))).toEqual(Array(4).fill(notAuthorized));
  });

  test('are asked for every topic: being allowed to publish to one allows no other', async () => {
    const member = [
      { uri: 'com.one', publish: true },
      { uri: 'com.open.', match: 'prefix', publish: true },
    ] as const;
    const roles = { member, both: everythingAndMeta };
    const ticket = { writer: { ticket: 'w', role: 'member' }, reader: { ticket: 'r', role: 'both' } } as const;
    const router = createRouter(undefined, { roles, authenticators: { ticket } });
    const [writer, reader] = [await joinByTicket(router, 'writer', 'w'), await joinByTicket(router, 'reader', 'r')];
    await reader.ask(code.SUBSCRIBE, { match: 'prefix' }, 'com.');
    for (const topic of [
      'com.one',
      'com.secret',
      'com.one.more',
      'com.open.a',
      'com.open',
      'com.open.a',
      'com.secret.a',
    ])
      writer.send(code.PUBLISH, writer.next(), {}, topic, [topic]);
    await writer.barrier();
    await reader.barrier();
    const topics = heard(reader, code.EVENT).map((message) => (message[4] as string[])[0]);
    expect(topics).toEqual(['com.one', 'com.open.a', 'com.open.a']);
  });

  test('refuse a request, not the session', async () => {
    const peer = await join('nothing');
    expect(await peer.ask(code.SUBSCRIBE, {}, 'com.a')).toEqual([
      code.ERROR,
      code.SUBSCRIBE,
      1,
      {},
      notAuthorized,
      ['not authorized to subscribe to "com.a"'],
    ]);
    await peer.barrier();
  });

  test('tell nothing to a publisher that asked for no acknowledgement', async () => {
    const peer = await join('nothing');
    peer.send(code.PUBLISH, peer.next(), {}, 'com.a');
    peer.send(code.PUBLISH, peer.next(), { acknowledge: false }, 'com.a');
    await peer.barrier();
    expect(peer.received.filter(([type]) => type === code.ERROR || type === code.PUBLISHED)).toHaveLength(1);
  });
});

describe('an authorizer', () => {
  test('is asked who wants to do what on which URI or pattern, once the role allows it', async () => {
    const authorizer = vi.fn<Authorizer>(() => true);
    const peer = await joinV2(
      createRouter(authorizer, { anonymous: [{ uri: 'com.', match: 'prefix', subscribe: true }] }),
    );
    await peer.ask(code.SUBSCRIBE, { match: 'prefix' }, 'com.a');
    await peer.ask(code.SUBSCRIBE, {}, 'org.a');
    expect(authorizer.mock.calls).toEqual([
      [
        {
          realm: 'realm1',
          session: { id: peer.session, authid: peer.welcome.authid, authrole: 'anonymous' },
          action: 'subscribe',
          uri: 'com.a',
          match: 'prefix',
        },
      ],
    ]);
  });

  test.each<[string, Authorizer, unknown]>([
    ['true', () => true, undefined],
    ['{ allow: true }', () => ({ allow: true }), undefined],
    ['a promise of true', async () => true, undefined],
    ['false', () => false, notAuthorized],
    ['{ allow: false }', () => ({ allow: false }), notAuthorized],
    ['a promise of false', async () => false, notAuthorized],
    ['nothing', () => undefined, failed],
    ['null', () => null, failed],
    ['1', () => 1, failed],
    ['"yes"', () => 'yes', failed],
    ['{ allow: 1 }', () => ({ allow: 1 }), failed],
    ['[true]', () => [true], failed],
    ['a promise of nothing', async () => {}, failed],
  ])('that answers %s decides every action alike', async (_, authorizer, expected) => {
    expect(await tryAll(await joinV2(createRouter(authorizer)))).toEqual(Array(4).fill(expected));
  });

  test.each<[string, Authorizer]>([
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hunter2'))],
    [
      'answers with a getter that throws',
      () => ({
        get allow() {
          throw new Error('hunter2');
        },
      }),
    ],
    [
      'promises an answer with a getter that throws',
      async () => ({
        get allow() {
          throw new Error('hunter2');
        },
      }),
    ],
  ])('that %s has failed, which allows nothing and is not told why', async (_, authorizer) => {
    const peer = await joinV2(createRouter(authorizer));
    const answer = await peer.ask(code.SUBSCRIBE, {}, 'com.a');
    expect(answer.slice(3)).toEqual([{}, failed, ['the authorization could not be checked']]);
    await peer.barrier();
  });

  test('is asked once for each session, action, match and URI, and again where it says so or has failed', async () => {
    const asked: string[] = [];
    const authorizer: Authorizer = ({ uri, action }) => {
      asked.push(`${action} ${uri}`);
      if (uri === 'com.fails') throw new Error('no');
      return uri === 'com.always' ? { allow: true, cache: false } : uri !== 'com.never';
    };
    const router = createRouter(authorizer);
    const peer = await joinV2(router);
    for (const uri of [
      'com.a',
      'com.a',
      'com.never',
      'com.never',
      'com.always',
      'com.always',
      'com.fails',
      'com.fails',
    ]) {
      await peer.publish(uri);
    }
    await peer.subscribe('com.a');
    await (await joinV2(router)).publish('com.a');
    expect(asked).toEqual([
      'publish com.a',
      'publish com.never',
      'publish com.always',
      'publish com.always',
      'publish com.fails',
      'publish com.fails',
      'subscribe com.a',
      'publish com.a',
    ]);
  });

  test('may have the session named to the other side', async () => {
    const router = createRouter(() => ({ allow: true, disclose: true }));
    const [publisher, subscriber] = [await joinV2(router), await joinV2(router)];
    await subscriber.subscribe('com.a');
    await publisher.publish('com.a');
    expect((await subscriber.take(code.EVENT))[3]).toEqual({
      publisher: publisher.session,
      publisher_authid: publisher.welcome.authid,
      publisher_authrole: 'anonymous',
    });
  });
});

describe('what an authorizer said', () => {
  test('is forgotten for one session, or for all of a realm', async () => {
    let allowed = true;
    const router = createRouter(() => allowed);
    const [one, other] = [await joinV2(router), await joinV2(router)];
    const tell = async () => [errorOf(await one.publish('com.a')), errorOf(await other.publish('com.a'))];
    expect(await tell()).toEqual([undefined, undefined]);
    allowed = false;
    expect(await tell()).toEqual([undefined, undefined]);
    router.forgetAuthorizations({ session: one.session });
    expect(await tell()).toEqual([notAuthorized, undefined]);
    router.forgetAuthorizations();
    expect(await tell()).toEqual([notAuthorized, notAuthorized]);
    allowed = true;
    router.forgetAuthorizations({ realm: 'realm1' });
    expect(await tell()).toEqual([undefined, undefined]);
  });

  test('is remembered for at most 1024 questions of a session', async () => {
    const authorizer = vi.fn<Authorizer>(() => true);
    const peer = await joinV2(createRouter(authorizer));
    for (let at = 0; at < 1024; at += 1) peer.send(code.PUBLISH, peer.next(), {}, `com.t${at}`);
    await peer.publish('com.t0');
    expect(authorizer).toHaveBeenCalledTimes(1024);
    await peer.publish('com.one.more');
    await peer.publish('com.t0');
    expect(authorizer).toHaveBeenCalledTimes(1026);
  });

  test('is not forgotten for a session of another realm, nor for one that is gone', async () => {
    const authorizer = vi.fn<Authorizer>(() => true);
    const router = createV2Router(
      {},
      {
        realms: [
          { name: 'realm1', anonymous: everythingAndMeta, authorizer },
          { name: 'realm2', anonymous: [] },
        ],
      },
    );
    const peer = await joinV2(router);
    await peer.publish('com.a');
    router.forgetAuthorizations({ realm: 'realm2' });
    router.forgetAuthorizations({ realm: 'realm2', session: peer.session });
    router.forgetAuthorizations({ session: peer.session + 1 });
    await peer.publish('com.a');
    expect(authorizer).toHaveBeenCalledTimes(1);
    expect(() => router.forgetAuthorizations({ realm: 'none' })).toThrow('there is no realm "none"');
  });

  test('is not kept when it was said before it was to be forgotten', async () => {
    const gates = [createGate<boolean>(), createGate<boolean>()];
    let asked = 0;
    const router = createRouter(() => gates[asked++]?.promise);
    const peer = await joinV2(router);
    const first = peer.publish('com.a');
    await vi.waitFor(() => expect(asked).toBe(1));
    router.forgetAuthorizations();
    gates[0]?.open(true);
    expect(errorOf(await first)).toBeUndefined();
    gates[1]?.open(false);
    expect(errorOf(await peer.publish('com.a'))).toBe(notAuthorized);
  });
});

// Basic Profile, "Ordering Guarantees"
describe('an authorizer that takes its time', () => {
  test('keeps the requests of a session in order, and lets other sessions go on', async () => {
    const gate = createGate<boolean>();
    const router = createRouter(({ uri }: AuthorizationRequest) => (uri === 'com.slow' ? gate.promise : true));
    const [slow, quick] = [await joinV2(router), await joinV2(router)];
    await quick.subscribe('com.', { match: 'prefix' });
    slow.send(code.SUBSCRIBE, slow.next(), {}, 'com.slow');
    slow.send(code.PUBLISH, slow.next(), { acknowledge: true }, 'com.a', [1]);
    slow.send(code.PUBLISH, slow.next(), { acknowledge: true }, 'com.slow', [2]);
    slow.send(code.CALL, slow.next(), {}, 'com.none');
    slow.send(code.SUBSCRIBE, slow.next(), {}, 'com.b');
    await quick.publish('com.b', [0]);
    await quick.barrier();
    expect(slow.received).toHaveLength(1);
    expect(quick.untaken(code.EVENT)).toEqual([]);
    gate.open(true);
    await slow.take(([type, id]) => type === code.SUBSCRIBED && id === 5);
    const answers = slow.received.slice(1).map(([type, id, request]) => (type === code.ERROR ? request : id));
    expect(answers).toEqual([1, 2, 3, 4, 5]);
    expect((await quick.take(code.EVENT))[4]).toEqual([1]);
    expect((await quick.take(code.EVENT))[4]).toEqual([2]);
  });

  test('lets a callee answer meanwhile', async () => {
    const gate = createGate<boolean>();
    const router = createRouter(({ uri }: AuthorizationRequest) => (uri === 'com.slow' ? gate.promise : true));
    const [callee, caller] = [await joinV2(router), await joinV2(router)];
    await callee.register('com.procedure');
    callee.send(code.SUBSCRIBE, callee.next(), {}, 'com.slow');
    const result = caller.call('com.procedure');
    const [, invocation] = await callee.take(code.INVOCATION);
    callee.send(code.YIELD, invocation, {}, ['done']);
    expect((await result)[3]).toEqual(['done']);
    gate.open(true);
  });

  test('allows nothing to a session that has said GOODBYE', async () => {
    const gate = createGate<boolean>();
    const authorizer = vi.fn<Authorizer>(({ uri }) => (uri === 'com.slow' ? gate.promise : true));
    const router = createRouter(authorizer);
    const peer = connectV2InMemory(router);
    await peer.hello('realm1', { roles: basicRoles });
    peer.send(code.SUBSCRIBE, peer.next(), {}, 'com.slow');
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    gate.open(true);
    await (await joinV2(router)).barrier();
    expect(peer.received.map(([type]) => type)).toEqual([code.WELCOME, code.GOODBYE]);
    expect(router.stats()).toMatchObject({ topics: 0, subscriptions: 0 });
  });
});
