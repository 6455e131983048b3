import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AuthenticatorSettings, Logger, Postmaster } from '../../src/index.ts';
import { WampError } from '../../src/index.ts';
import { expectNothingLeft } from '../support/router.ts';
import {
  begin,
  byCra,
  byCryptosign,
  byScram,
  byTicket,
  denial,
  failure,
  joinByTicket,
  newKeyPair,
  reasonOf,
  storePassword,
} from '../support/v2-auth.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const failed = 'wamp.error.authentication_failed';

const createRouter = (authenticators: AuthenticatorSettings, options = {}) =>
  createV2Router({ roles: { user: everythingAndMeta }, authenticators }, options);

/** A logger that keeps what it is told. */
const createLog = () => {
  const lines: [facts: object, message: string][] = [];
  const keep = (facts: object, message: string): void => {
    lines.push([facts, message]);
  };
  const logger: Logger = { debug: () => {}, info: keep, warn: keep, error: keep };
  return { lines, logger };
};

afterEach(() => {
  vi.useRealTimers();
});

describe('a procedure of the realm as authenticator', () => {
  test('serves every method', async () => {
    const pair = newKeyPair();
    const stored = await storePassword('pencil');
    const router = createRouter({
      ticket: { procedure: 'com.auth' },
      wampcra: { procedure: 'com.auth' },
      'wamp-scram': { procedure: 'com.auth' },
      cryptosign: { procedure: 'com.auth' },
    });
    const known: Readonly<Record<string, object>> = {
      ticket: { ticket: 't', role: 'user' },
      wampcra: { secret: 's', role: 'user' },
      'wamp-scram': { ...stored, role: 'user' },
      cryptosign: { authorizedKeys: [pair.publicKey], role: 'user' },
    };
    const asked: unknown[] = [];
    router.registerRPC('com.auth', ({ args: [request] }) => {
      asked.push(request);
      const { method, authid } = request as { readonly method: string; readonly authid: string };
      return authid === 'joe' ? known[method] : null;
    });
    const tried: readonly ((authid: string) => Promise<List>)[] = [
      (authid) => byTicket(router, authid, 't', 'cbor'),
      (authid) => byCra(router, authid, 's', 'msgpack'),
      (authid) => byScram(router, authid, 'pencil'),
      (authid) => byCryptosign(router, pair, authid),
    ];
    for (const join of tried) {
      expect((await join('joe'))[2]).toMatchObject({ authid: 'joe', authrole: 'user', authprovider: 'dynamic' });
      expect(await join('ann')).toEqual(denial);
    }
    expect(asked[0]).toEqual({ realm: 'realm1', method: 'ticket', authid: 'joe', authextra: {}, ticket: 't' });
  });

  test('may be that of a peer on the wire', async () => {
    const router = createRouter({ ticket: { procedure: 'com.auth' } });
    const callee = await joinV2(router);
    await callee.register('com.auth');
    const joining = byTicket(router, 'joe', 'token');
    const [, invocation, , details, args] = await callee.take(code.INVOCATION);
    expect(details).toEqual({});
    expect(args).toEqual([{ realm: 'realm1', method: 'ticket', authid: 'joe', authextra: {}, ticket: 'token' }]);
    callee.send(code.YIELD, invocation, {}, [{ role: 'user', authid: 'joe@example.com' }]);
    expect((await joining)[2]).toMatchObject({ authid: 'joe@example.com', authrole: 'user' });
  });

  test.each(['com.nobody.has.registered', 'com.fails', 'com.refuses'])(
    'that answers with an error lets nobody in, is not quoted, and leaves a line: %s',
    async (procedure) => {
      const { lines, logger } = createLog();
      const router = createRouter({ ticket: { procedure } }, { logger });
      router.registerRPC('com.fails', () => {
        throw new Error('hunter2');
      });
      router.registerRPC('com.refuses', ({ args: [request] }) => {
        throw new WampError('com.error.refused', { description: JSON.stringify(request), args: [request] });
      });
      const answer = await byTicket(router, 'joe', 'top secret');
      expect(answer).toEqual([code.ABORT, { message: 'the authentication could not be checked' }, failed]);
      const told = lines.filter(([, message]) => message === 'an authenticator failed');
      expect(told).toEqual([[expect.objectContaining({ cause: 'callback_failed', method: 'ticket' }), told[0]?.[1]]]);
      expect(inspect(told, { depth: 9 })).not.toMatch(/hunter2|top secret/);
    },
  );

  test('is called by a session that the meta API neither shows nor ends', async () => {
    const router = createRouter({ ticket: { procedure: 'com.auth' } });
    router.registerRPC('com.auth', () => ({ ticket: 't', role: 'user' }));
    const peer = await joinByTicket(router, 'joe', 't');
    expect((await peer.call('wamp.session.list'))[3]).toEqual([[peer.session]]);
    for (const procedure of ['wamp.session.kill_all', 'wamp.session.kill_by_authrole']) {
      expect((await peer.call(procedure, ['trusted']))[3]).toEqual([0]);
    }
    expect((await byTicket(router, 'ann', 't'))[0]).toBe(code.WELCOME);
  });

  test('leaves nothing behind', async () => {
    const router = createRouter({ ticket: { procedure: 'com.auth' } });
    router.registerRPC('com.auth', () => ({ ticket: 't', role: 'user' }));
    await (await joinByTicket(router, 'joe', 't')).close();
    await byTicket(router, 'joe', 'wrong');
    await expectNothingLeft(router);
  });

  test('that does not answer is given up at the deadline, however often', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const router = createRouter({ wampcra: { procedure: 'com.hangs' } }, { limits: { maxPendingCalls: 2 } });
    router.registerRPC('com.hangs', ({ args: [request] }) =>
      (request as { authid: string }).authid === 'joe' ? { secret: 's', role: 'user' } : new Promise(() => {}),
    );
    for (let round = 0; round < 3; round += 1) {
      const stuck = ['a', 'b'].map((authid) => byCra(router, authid, 's'));
      await vi.waitFor(() => expect(router.stats().pendingCalls).toBe(2));
      await vi.advanceTimersByTimeAsync(5_000);
      for (const answer of await Promise.all(stuck)) expect(reasonOf(answer)).toBe(failed);
      expect(router.stats().pendingCalls).toBe(0);
    }
    expect((await byCra(router, 'joe', 's'))[0]).toBe(code.WELCOME);
  });
});

describe('a function as authenticator', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['rejects', () => Promise.reject(new Error('hunter2'))],
    ['answers a text', () => 'joe'],
    ['answers true', () => true],
    ['answers without a role', () => ({ ticket: 't', secret: 's' })],
    ['answers with a role that is no text', () => ({ role: 1, ticket: 't', secret: 's' })],
    ['answers with permissions that mean nothing', () => ({ role: 'x', permissions: 'all', ticket: 't', secret: 's' })],
  ])('that %s has failed, and lets nobody in', async (_, find) => {
    const { lines, logger } = createLog();
    const authenticators = { ticket: find, wampcra: find } as AuthenticatorSettings;
    const router = createRouter(authenticators, { logger });
    for (const answer of [await byTicket(router, 'joe', 't'), await byCra(router, 'joe', 's')]) {
      expect(reasonOf(answer)).toBe(failed);
      expect(JSON.stringify(answer)).not.toContain('hunter2');
    }
    expect(lines.length).toBe(2);
  });

  test.each([null, undefined])('that answers %s knows nobody', async (found) => {
    const router = createRouter({ ticket: async () => found, wampcra: () => found });
    expect(await byTicket(router, 'joe', 't')).toEqual(denial);
    expect(await byCra(router, 'joe', 's')).toEqual(denial);
  });
});

describe('what an authenticator answers', () => {
  const long = 'é'.repeat(256);
  const good = { ticket: 't', role: 'user' };

  test.each<[string, object]>([
    ['an authid that is a number', { authid: 42 }],
    ['an authid that is an object', { authid: {} }],
    ['an empty authid', { authid: '' }],
    ['an authid of 513 octets', { authid: `${long}x` }],
    ['an authid of 300,000', { authid: 'x'.repeat(300_000) }],
    ['a provider that is a number', { provider: 1 }],
    ['a provider of 513 octets', { provider: `${long}x` }],
    ['an empty role', { role: '' }],
    ['a role of 513 octets', { role: `${long}x`, permissions: [] }],
    ['an extra that is a text', { extra: 'x' }],
    ['an extra that is a list', { extra: [] }],
    ['a key that is misspelt', { authId: 'joe' }],
    ['the key of another method', { secret: 's' }],
    ['a ticket that is no text', { ticket: null }],
  ])('is refused with %s', async (_, bad) => {
    const { lines, logger } = createLog();
    const answer = { ...good, ...bad };
    for (const find of [() => answer, async () => answer, { procedure: 'com.auth' }]) {
      const router = createRouter({ ticket: find } as AuthenticatorSettings, { logger });
      router.registerRPC('com.auth', () => answer);
      expect(await byTicket(router, 'joe', 't', 'cbor')).toEqual(failure);
    }
    expect(lines).toHaveLength(3);
    for (const [{ err }] of lines as [{ err: Error }, string][]) {
      expect(err.message).toMatch(/^an authenticator must answer with an object/);
    }
  });

  test('is taken with names of 512 octets, and with null for what it does not say', async () => {
    const names = { authid: long, provider: long, role: long, permissions: [] };
    const router = createRouter({
      ticket: ({ authid }) =>
        ({ ...good, ...(authid === 'joe' ? names : { authid: null, provider: null, extra: null }) }) as never,
    });
    const [, , joe] = await byTicket(router, 'joe', 't');
    expect(joe).toMatchObject({ authid: long, authprovider: long, authrole: long });
    const [, , ann] = await byTicket(router, 'ann', 't');
    expect(ann).toMatchObject({ authid: 'ann', authprovider: 'dynamic', authrole: 'user' });
    expect(ann).not.toHaveProperty('authextra');
  });

  test.each(['a table', 'a function', 'a procedure'])(
    'has an extra that is WELCOME.Details.authextra: %s',
    async (kind) => {
      const stored = await storePassword('pencil');
      const joe = { ...stored, role: 'user', extra: { quota: 7, verifier: 'mine' } };
      const finders = { 'a table': { joe }, 'a function': () => joe, 'a procedure': { procedure: 'com.auth' } };
      const router = createRouter({ 'wamp-scram': finders[kind as keyof typeof finders] });
      router.registerRPC('com.auth', () => joe);
      const [, , details] = await byScram(router, 'joe', 'pencil');
      expect(details).toMatchObject({ authextra: { quota: 7, verifier: expect.stringMatching(/^v=/) } });
      const { extra, ...plain } = good as { extra?: object; ticket: string; role: string };
      const tickets = createRouter({ ticket: { joe: { ...plain, extra: { quota: 8 } }, ann: plain } });
      expect((await byTicket(tickets, 'joe', 't'))[2]).toMatchObject({ authextra: { quota: 8 } });
      expect((await byTicket(tickets, 'ann', 't'))[2]).not.toHaveProperty('authextra');
    },
  );

  test('has no extra that the serializer cannot hold', async () => {
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    const router = createRouter({ ticket: () => ({ ...good, extra: loop }) });
    expect(reasonOf(await byTicket(router, 'joe', 't'))).toBe(failed);
  });
});

describe('what an authenticator throws', () => {
  const everyWay: readonly [
    string,
    (thrown: unknown) => AuthenticatorSettings,
    (router: Postmaster | V2Peer) => Promise<List>,
  ][] = [
    ['ticket', (find) => ({ ticket: find }) as AuthenticatorSettings, (router) => byTicket(router, 'joe', 't')],
    ['wampcra', (find) => ({ wampcra: find }) as AuthenticatorSettings, (router) => byCra(router, 'joe', 's')],
    [
      'wamp-scram',
      (find) => ({ 'wamp-scram': find }) as AuthenticatorSettings,
      (router) => byScram(router, 'joe', 's'),
    ],
    [
      'cryptosign',
      (find) => ({ cryptosign: find }) as AuthenticatorSettings,
      (router) => byCryptosign(router, newKeyPair(), 'joe'),
    ],
  ];
  const ways = everyWay.flatMap(([name, settings, join]) =>
    ['function', 'function that rejects', 'procedure'].map((kind) => [name, kind, settings, join] as const),
  );
  const routerThat = (kind: string, settings: (find: unknown) => AuthenticatorSettings, error: Error) => {
    const { lines, logger } = createLog();
    const fail = () => {
      throw error;
    };
    const find = { function: fail, 'function that rejects': async () => fail(), procedure: { procedure: 'com.auth' } }[
      kind
    ];
    const router = createRouter(settings(find), { logger });
    router.registerRPC('com.auth', fail);
    return { router, lines };
  };

  test.each(ways)('for %s by a %s is a failure to the peer, whatever it says', async (_, kind, settings, join) => {
    const error = new WampError('com.error.locked', { description: 'joe has tried too often', args: ['joe'] });
    const { router, lines } = routerThat(kind, settings, error);
    expect(await join(router)).toEqual(failure);
    expect(lines.filter(([, message]) => message === 'an authenticator failed')).toHaveLength(1);
  });

  test.each(ways)(
    'for %s by a %s is, where it denies, as if there were nobody: a challenge where others get one, then the denial',
    async (_, kind, settings, join) => {
      const error = new WampError('wamp.error.authentication_denied', { description: 'joe is locked out' });
      const { router, lines } = routerThat(kind, settings, error);
      const peer = connectV2InMemory(router);
      expect(await join(peer)).toEqual(denial);
      expect(peer.received.map(([type]) => type)).toEqual([code.CHALLENGE, code.ABORT]);
      expect(lines).toEqual([]);
      expect(router.stats().counters).toMatchObject({ auth_failed: 1, callback_failed: 0 });
    },
  );

  test('is a failure where getAuthSecret throws it, and its denial as if there were no such key', async () => {
    for (const [uri, answer] of [
      ['com.error.locked', failure],
      ['wamp.error.authentication_denied', denial],
    ] as const) {
      const fail = () => {
        throw new WampError(uri, { description: 'no' });
      };
      expect(await byCra(createV2Router({}, { getAuthSecret: fail }), 'joe', 's')).toEqual(answer);
    }
  });
});

describe('limits.authTimeout', () => {
  const unverified = 'no answer to CHALLENGE has been verified within 1000 ms';
  const waitFor = async (router: Postmaster, counter: 'auth_timeout', count: number) =>
    vi.waitFor(() => expect(router.stats().counters[counter]).toBe(count));

  test('ends an authenticator that never answers, and what it says later means nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    let answer: (found: { secret: string; role: string }) => void = () => {};
    let isAsked: (value: unknown) => void = () => {};
    const asked = new Promise((resolve) => {
      isAsked = resolve;
    });
    const find = () =>
      new Promise<{ secret: string; role: string }>((resolve) => {
        answer = resolve;
        isAsked(true);
      });
    const router = createRouter({ wampcra: find }, { limits: { authTimeout: 1_000 } });
    const begun = begin(router, { authmethods: ['wampcra'], authid: 'joe' });
    await asked;
    await vi.advanceTimersByTimeAsync(999);
    expect(router.stats().counters.auth_timeout).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    const { peer, answer: abort } = await begun;
    expect(reasonOf(abort)).toBe(failed);
    expect(abort[1]).toEqual({ message: 'the authenticator has not answered within 1000 ms' });
    answer({ secret: 's', role: 'user' });
    await peer.closed;
    expect(peer.received).toHaveLength(1);
    await waitFor(router, 'auth_timeout', 1);
  });

  test('ends a peer that does not answer its challenge', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const router = createRouter({ ticket: { joe: { ticket: 't', role: 'user' } } }, { limits: { authTimeout: 1_000 } });
    const { peer } = await begin(router, { authmethods: ['ticket'], authid: 'joe' });
    await vi.advanceTimersByTimeAsync(1_000);
    const abort = await peer.take(code.ABORT);
    expect(reasonOf(abort)).toBe(failed);
    expect(abort[1]).toEqual({ message: unverified });
    await peer.closed;
    peer.send(code.AUTHENTICATE, 't', {});
    expect(router.stats()).toMatchObject({ sessions: 0, timers: 0 });
  });

  test('ends the check of an answer that never ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const find = vi.fn(() => new Promise<undefined>(() => {}));
    const router = createRouter({ ticket: find }, { limits: { authTimeout: 1_000 } });
    const trying = byTicket(router, 'joe', 't');
    await vi.waitFor(() => expect(find).toHaveBeenCalled());
    await vi.advanceTimersByTimeAsync(1_000);
    const abort = await trying;
    expect(reasonOf(abort)).toBe(failed);
    expect(abort[1]).toEqual({ message: unverified });
    await expectNothingLeft(router);
  });

  test('does not bind a session that has joined', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const router = createRouter({ ticket: { joe: { ticket: 't', role: 'user' } } });
    const peer = await joinByTicket(router, 'joe', 't');
    await vi.advanceTimersByTimeAsync(60_000);
    await peer.barrier();
  });
});
