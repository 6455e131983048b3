import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { signCryptosign } from '../../src/auth/cryptosign.ts';
import type { DecoySettings } from '../../src/auth/methods.ts';
import type { AuthenticatorSettings, Postmaster } from '../../src/index.ts';
import { startRouter } from '../support/router.ts';
import type { CallError } from '../support/v1-client.ts';
import { connectV1, connectV1InMemory } from '../support/v1-client.ts';
import type { Details } from '../support/v2-auth.ts';
import {
  answerScram,
  authenticate,
  begin,
  byCra,
  byTicket,
  cryptosignHello,
  denial,
  failure,
  newKeyPair,
  newSalt,
  reasonOf,
  scramHello,
  signCra,
  storePassword,
} from '../support/v2-auth.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const violation = 'wamp.error.protocol_violation';
const failed = 'wamp.error.authentication_failed';
const pair = newKeyPair();
const stored = await storePassword('pencil');

/** One user, joe, under every method that challenges. */
const everyMethod: AuthenticatorSettings = {
  ticket: { joe: { ticket: 'secret', role: 'user' } },
  wampcra: { joe: { secret: { secret: 'secret', salt: 'salt', iterations: 10 }, role: 'user' } },
  'wamp-scram': { joe: { ...stored, role: 'user' } },
  cryptosign: { joe: { authorizedKeys: [pair.publicKey], role: 'user' } },
};

/** What joe looks like. */
const decoys: DecoySettings = {
  wampcra: [{ salt: 'four', iterations: 10 }],
  'wamp-scram': [{ kdf: 'pbkdf2', salt: newSalt(), iterations: 4096 }],
};

const createRouter = (authenticators: AuthenticatorSettings = everyMethod, realm = {}, options = {}) =>
  createV2Router({ roles: { user: everythingAndMeta }, decoys, authenticators, ...realm }, options);

interface Client {
  readonly hello: (authid: string) => Details;
  /** The right answer to a challenge. */
  readonly answer: (hello: Details, extra: Details) => Promise<readonly [signature: string, extra: Details]>;
}

const clients: Readonly<Record<string, Client>> = {
  ticket: {
    hello: (authid) => ({ authmethods: ['ticket'], authid }),
    answer: async () => ['secret', {}],
  },
  wampcra: {
    hello: (authid) => ({ authmethods: ['wampcra'], authid }),
    answer: async (_, extra) => [await signCra('secret', extra), {}],
  },
  'wamp-scram': {
    hello: (authid) => scramHello(authid),
    answer: async (hello, extra) => {
      const { signature, extra: answered } = await answerScram('pencil', hello as ReturnType<typeof scramHello>, extra);
      return [signature, answered];
    },
  },
  cryptosign: {
    hello: (authid) => cryptosignHello(pair.publicKey, authid),
    answer: async (_, { challenge }) => [signCryptosign({ ...pair, challenge: challenge as string }), {}],
  },
};
const methods = Object.entries(clients);

/** A challenge under way. */
const challenge = async (router: Postmaster, { hello }: Client, authid = 'joe') => {
  const said = hello(authid);
  return { said, ...(await begin(router, said)) };
};

/** The kinds of everything in a message, and the lengths of its texts. */
const shapeOf = (value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith('{') ? shapeOf(JSON.parse(value)) : value.length;
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]);
};

/** Turns of the event loop until a peer hears something. */
const turnsUntilHeard = async (peer: V2Peer, speak: () => void): Promise<number> => {
  const heard = peer.received.length;
  speak();
  for (let turns = 0; ; turns += 1) {
    if (peer.received.length > heard) return turns;
    await new Promise(setImmediate);
  }
};

afterEach(() => {
  vi.useRealTimers();
});

describe('an authid that nobody has', () => {
  test.each(methods)('%s: an unknown authid is told the same, key by key, as a known one', async (_, client) => {
    const router = createRouter();
    const [known, unknown] = [await challenge(router, client, 'joe'), await challenge(router, client, 'ann')];
    expect(shapeOf(unknown.answer)).toEqual(shapeOf(known.answer));
    const [signature, extra] = await client.answer(unknown.said, unknown.extra);
    expect(await authenticate(unknown.peer, signature, extra)).toEqual(denial);
    expect(await authenticate(known.peer, signature, { ...extra, nonce: known.extra.nonce })).toEqual(
      client === clients.ticket ? expect.arrayContaining([code.WELCOME]) : denial,
    );
  });

  test.each(methods.filter(([name]) => name !== 'wampcra'))(
    '%s: an unknown authid is answered after as many steps as a known one',
    async (_, client) => {
      const router = createRouter();
      const turns = async (authid: string) => {
        const peer = await joinV2(router);
        peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
        await peer.take(code.GOODBYE);
        const details = { roles: { caller: {} }, ...client.hello(authid) };
        const hello = await turnsUntilHeard(peer, () => peer.send(code.HELLO, 'realm1', details));
        return [hello, await turnsUntilHeard(peer, () => peer.send(code.AUTHENTICATE, 'wrong', {}))];
      };
      expect(await turns('ann')).toEqual(await turns('joe'));
    },
  );

  test.each(['wampcra', 'wamp-scram'] as const)(
    '%s: the salt of an unknown authid is its own, and stays',
    async (name) => {
      const router = createRouter();
      const client = clients[name] as Client;
      const saltOf = async (authid: string) => (await challenge(router, client, authid)).extra.salt;
      await saltOf('joe');
      const [ann, bob] = [await saltOf('ann'), await saltOf('bob')];
      await saltOf('joe');
      expect(await saltOf('ann')).toBe(ann);
      expect(bob).not.toBe(ann);
      expect(ann).not.toBe(await saltOf('joe'));
    },
  );
});

describe('principals of different cost', () => {
  const scramOf = (iterations: number) => ({ ...stored, iterations, role: 'user' });
  const craOf = (iterations: number) => ({
    secret: { derivedKey: 'key', salt: `salt ${iterations}`, iterations },
    role: 'user',
  });
  const table: AuthenticatorSettings = {
    wampcra: { joe: craOf(10), ann: craOf(20), sue: { secret: 'plain', role: 'user' } },
    'wamp-scram': { joe: scramOf(10), ann: scramOf(20), sue: scramOf(30) },
  };
  const shown = async (router: Postmaster, name: string, authid: string) => {
    const { challenge: _, nonce: __, ...parameters } = (await challenge(router, clients[name] as Client, authid)).extra;
    return parameters;
  };
  const unknown = Array.from({ length: 20 }, (_, at) => `unknown${at}`);
  const looks: DecoySettings = {
    wampcra: [
      { salt: 'salt 10', iterations: 10, isDerived: true },
      { salt: 'salt 20', iterations: 20, isDerived: true },
      {},
    ],
    'wamp-scram': [10, 20, 30].map((iterations) => ({ kdf: 'pbkdf2', salt: newSalt(), iterations })),
  };
  const realm = { decoys: looks, decoySecret: 'the same on every node' };

  describe.each(['wampcra', 'wamp-scram'] as const)('%s', (name) => {
    const principals = table[name] as Readonly<Record<string, never>>;

    test('an unknown authid looks like a principal of the realm, always like the same one', async () => {
      const router = createRouter(table, realm);
      const costs = new Set<unknown>();
      for (const authid of unknown) {
        const first = await shown(router, name, authid);
        for (const somebody of ['joe', 'ann', 'sue']) await shown(router, name, somebody);
        expect(await shown(router, name, authid)).toEqual(first);
        costs.add(first.iterations);
      }
      expect([...costs].toSorted()).toEqual(name === 'wampcra' ? [10, 20, undefined] : [10, 20, 30]);
    });

    test('who else there is does not change it, nor who has been found: not after a restart, not on another node', async () => {
      const { joe, ann, ...others } = principals;
      const tables = [principals, { joe }, { ann, joe }, others, {}];
      const routers = tables.flatMap((found) => [
        createRouter({ [name]: found }, realm),
        createRouter({ [name]: ({ authid }: { authid: string }) => (found as typeof principals)[authid] }, realm),
      ]);
      for (const [at, router] of routers.entries()) await shown(router, name, ['joe', 'ann', 'sue'][at % 3] as string);
      for (const authid of unknown) {
        const [first, ...rest] = await Promise.all(routers.map((router) => shown(router, name, authid)));
        for (const other of rest) expect(other).toEqual(first);
      }
    });

    test('another secret gives another salt of the same kind', async () => {
      const [one, other] = ['a secret of 16 octets', 'another secret of 16 octets'].map((decoySecret) =>
        createRouter(everyMethod, { decoySecret }),
      ) as [Postmaster, Postmaster];
      const [mine, theirs] = [await shown(one, name, 'nobody'), await shown(other, name, 'nobody')];
      expect(shapeOf(mine)).toEqual(shapeOf(theirs));
      expect(mine.salt).not.toEqual(theirs.salt);
    });

    test('what is undefined in a principal or a decoy, or null in an answer, is as if it were not there', async () => {
      const lines: unknown[] = [];
      const logger = { debug: () => {}, info: (facts: object) => lines.push(facts), warn: () => {}, error: () => {} };
      const usual = { salt: 'four', iterations: undefined, keylen: undefined, isDerived: undefined };
      const looks = { ...decoys, wampcra: [usual] } as unknown as DecoySettings;
      const joe = { ...stored, memory: undefined, role: 'user' } as never;
      const found = { ...stored, memory: null, role: 'user' } as never;
      const ann = { secret: { secret: 's', salt: 'salt' }, role: 'user' };
      const router = createRouter({ 'wamp-scram': { joe }, wampcra: { ann } }, { decoys: looks }, { logger });
      expect(await shown(router, name, 'nobody')).toMatchObject({ iterations: name === 'wampcra' ? 10_000 : 4096 });
      const asking = createRouter({ 'wamp-scram': () => found }, { decoys: looks }, { logger });
      expect(await shown(asking, 'wamp-scram', 'joe')).toMatchObject({ iterations: 4096 });
      expect(lines).toEqual([]);
    });

    test('an operator is told once where principals look like no decoy', async () => {
      const lines: unknown[] = [];
      const keep = (facts: object, message: string) => lines.push([facts, message]);
      const logger = { debug: () => {}, info: keep, warn: keep, error: keep };
      const told = [{ realm: 'realm1', method: name }, expect.stringContaining('see the option decoys')];
      createRouter({ [name]: principals }, {}, { logger });
      expect(lines).toEqual([told]);
      lines.length = 0;
      const find = ({ authid }: { authid: string }) => principals[authid];
      const router = createRouter({ [name]: find }, {}, { logger });
      await shown(router, name, 'nobody');
      expect(lines).toEqual([]);
      for (const authid of ['ann', 'sue', 'ann']) await shown(router, name, authid);
      expect(lines).toEqual([told]);
      lines.length = 0;
      createRouter({ [name]: principals }, realm, { logger });
      expect(lines).toEqual([]);
    });
  });
});

describe('the work for a known and an unknown authid', () => {
  const counted = ['createHmac', 'hkdfSync', 'pbkdf2', 'createHash', 'timingSafeEqual'] as const;

  /** How often each part of cryptography is asked for something. */
  const workOf = async (ask: () => Promise<unknown>): Promise<readonly number[]> => {
    const spies = counted.map((name) => vi.spyOn(crypto, name as 'createHmac'));
    syncBuiltinESMExports();
    await ask();
    const work = spies.map(({ mock }) => mock.calls.length);
    for (const spy of spies) spy.mockRestore();
    syncBuiltinESMExports();
    return work;
  };

  test.each(['wampcra', 'wamp-scram'] as const)('%s: is the same, for any length', async (name) => {
    const long = 'é'.repeat(256);
    const { joe } = everyMethod[name] as Readonly<Record<string, never>>;
    const router = createRouter({ [name]: { joe, [long]: joe } });
    const work = (authid: string) => workOf(() => challenge(router, clients[name] as Client, authid));
    const known = await work('joe');
    expect(known.some((count) => count > 0)).toBe(true);
    for (const authid of ['ann', '', long, `${long.slice(1)}ab`]) {
      if (authid !== '' || name === 'wampcra') expect(await work(authid)).toEqual(known);
    }
  });

  test.each([
    { secret: 'secret', salt: 'salt', iterations: 10 },
    { derivedKey: 'key', salt: 'salt', iterations: 10 },
  ])(
    'WAMP-CRA of WAMP v1: is the same for %j, and permissions are looked at when the signature was right',
    async (secret) => {
      const isDerived = 'derivedKey' in secret;
      const permissions = {
        get pubsub() {
          seen += 1;
          return [];
        },
      };
      let seen = 0;
      const router = createV2Router(
        { decoys: { wampcra: [{ salt: 'salt', iterations: 10, isDerived }] } },
        { getAuthSecret: (key) => (key === 'joe' ? secret : undefined), getAuthPermissions: () => permissions },
      );
      const work = async (key: string) => {
        const peer = await connectV1InMemory(router);
        return workOf(() => peer.authreq(key));
      };
      expect(await work('joe')).toEqual(await work('ann'));
      expect(seen).toBe(0);
    },
  );
});

describe('a comparison', () => {
  test.each(methods)('%s: what is secret is compared in constant time', async (_, client) => {
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    onTestFinished(() => {
      compare.mockRestore();
      syncBuiltinESMExports();
    });
    const router = createRouter();
    for (const authid of ['joe', 'ann']) {
      const { said, peer, extra } = await challenge(router, client, authid);
      const [signature, answered] = await client.answer(said, extra);
      compare.mockClear();
      await authenticate(peer, signature, answered);
      expect(compare).toHaveBeenCalled();
      for (const [left, right] of compare.mock.calls) expect(left.byteLength).toBe(right.byteLength);
    }
  });
});

describe('an authid of odd characters', () => {
  test.each(['jo"e', 'jo\ne\u0000', '\\', 'x","authrole":"admin","y":"', '\u2028', '😀'.repeat(10), 'j'.repeat(512)])(
    'an authid of any characters is quoted in the challenge, so that it stays JSON: %#',
    async (authid) => {
      const router = createRouter({ wampcra: { [authid]: { secret: 's', role: 'user' } } });
      const { peer, extra } = await begin(router, { authmethods: ['wampcra'], authid }, 'cbor');
      const said = JSON.parse(extra.challenge as string);
      expect(said).toMatchObject({ authrole: '', authmethod: 'wampcra', session: expect.any(Number) });
      expect(Object.keys(said)).toHaveLength(7);
      expect(said.authid).toBe(authid);
      expect((await authenticate(peer, await signCra('s', extra)))[2]).toMatchObject({ authid, authrole: 'user' });
    },
  );
});

describe('an answer that is none', () => {
  test.each(methods)('%s: an answer to another challenge is denied', async (name, client) => {
    const router = createRouter();
    const first = await challenge(router, client);
    const [signature, extra] = await client.answer(first.said, first.extra);
    expect((await authenticate(first.peer, signature, extra))[0]).toBe(code.WELCOME);
    const second = await challenge(router, client);
    const again = await authenticate(second.peer, signature, { ...extra, nonce: second.extra.nonce });
    // A ticket is what it is.
    expect(again).toEqual(name === 'ticket' ? expect.arrayContaining([code.WELCOME]) : denial);
  });

  test.each(methods)('%s: an answer that comes twice, or after a wrong one, breaks the protocol', async (_, client) => {
    const router = createRouter();
    const { said, peer, extra } = await challenge(router, client);
    const [signature, answered] = await client.answer(said, extra);
    expect((await authenticate(peer, signature, answered))[0]).toBe(code.WELCOME);
    expect(reasonOf(await authenticate(peer, signature, answered))).toBe(violation);
    const other = await challenge(router, client);
    peer.wire.close();
    other.peer.send(code.AUTHENTICATE, 'wrong', {});
    other.peer.send(code.AUTHENTICATE, ...(await client.answer(other.said, other.extra)));
    await other.peer.closed;
    expect(other.peer.received.slice(1)).toEqual([denial]);
  });

  test.each(methods)('%s: an answer after the deadline is none', async (_, client) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { said, peer, extra } = await challenge(createRouter(), client);
    const [signature, answered] = await client.answer(said, extra);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(reasonOf(await authenticate(peer, signature, answered))).toBe(failed);
    await peer.closed;
    expect(peer.received).toHaveLength(2);
  });

  test.each(methods)(
    '%s: junk is denied like any wrong answer, and what is no text breaks the protocol',
    async (_, client) => {
      const router = createRouter();
      const junk = ['', '=', '\u0001', '💥', 'not base64!', 'x'.repeat(44), '0'.repeat(192), 'y'.repeat(100_000)];
      for (const signature of junk) {
        const { peer, extra } = await challenge(router, client);
        expect(await authenticate(peer, signature, { nonce: extra.nonce })).toEqual(denial);
      }
      // In JSON a leading NUL marks octets, which are no text.
      for (const message of [
        ['\u0000AA==', {}],
        [1, {}],
        [null, {}],
        [['secret'], {}],
        ['secret'],
        ['secret', 1],
        ['secret', [], 1],
        [],
      ]) {
        const { peer } = await challenge(router, client);
        peer.send(code.AUTHENTICATE, ...message);
        expect(reasonOf(await peer.take(code.ABORT))).toBe(violation);
      }
    },
  );
});

describe('a derived key', () => {
  const wish = { salt: 'mine', iterations: 1, keylen: 1, memory: 8, kdf: 'pbkdf2' };

  test('costs and salts are those that the router stores, whatever the client wishes', async () => {
    const router = createRouter();
    for (const name of ['wampcra', 'wamp-scram']) {
      const hello = (clients[name] as Client).hello('joe');
      const authextra = { ...(hello.authextra as object), ...wish };
      const { extra } = await begin(router, { ...hello, ...wish, authextra });
      expect(extra).toMatchObject(
        name === 'wampcra' ? { salt: 'salt', iterations: 10, keylen: 32 } : { salt: stored.salt, iterations: 4096 },
      );
    }
  });

  test('a flood of slow derivations keeps nobody else waiting', async () => {
    const slow = { secret: 'secret', salt: 'salt', iterations: 200_000 };
    const limits = { authTimeout: 60_000 };
    const router = createRouter({ wampcra: { joe: { secret: slow, role: 'user' } } }, {}, { limits });
    const bystander = await joinV2(router);
    const flood = Array.from({ length: 24 }, () => connectV2InMemory(router));
    const hellos = flood.map((peer) => peer.hello('realm1', { authmethods: ['wampcra'], authid: 'joe' }));
    for (let round = 0; round < 5; round += 1) await bystander.barrier();
    expect(flood.filter(({ received }) => received.length > 0).length).toBeLessThan(24);
    for (const [type] of await Promise.all(hellos)) expect(type).toBe(code.CHALLENGE);
  });

  test('a flood of more logins than are ever derived at once fails those that are too many, and no later one', async () => {
    const slow = { secret: 'secret', salt: 'salt', iterations: 10_000 };
    const router = createRouter({ wampcra: { joe: { secret: slow, role: 'user' } } });
    const hello = () => connectV2InMemory(router).hello('realm1', { authmethods: ['wampcra'], authid: 'joe' });
    const answers = await Promise.all(Array.from({ length: 400 }, hello));
    const refusals = answers.filter(([type]) => type === code.ABORT);
    // 259 find a place, and some more as others are done meanwhile.
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThanOrEqual(400 - 259);
    for (const answer of refusals) expect(reasonOf(answer)).toBe('wamp.error.unavailable');
    expect((await hello())[0]).toBe(code.CHALLENGE);
  });
});

describe('cryptosign', () => {
  const identity = `01${'00'.repeat(31)}`;
  const attempt = async (key: string, signatureOf: (challenge: string) => string, authorized = key): Promise<List> => {
    const router = createRouter({ cryptosign: () => ({ authorizedKeys: [authorized], role: 'user' }) });
    const { peer, extra } = await begin(router, cryptosignHello(key, 'joe'));
    return authenticate(peer, signatureOf(extra.challenge as string));
  };

  test.each(['', 'zz', pair.publicKey.slice(2), `${pair.publicKey}00`, `0x${pair.publicKey.slice(2)}`, ' '.repeat(64)])(
    'a public key that is no 32 octets of hex lets nobody in, even if it were stored: %j',
    async (key) => {
      const router = createRouter({ cryptosign: () => ({ authorizedKeys: [key], role: 'user' }) });
      expect((await begin(router, cryptosignHello(key, 'joe'))).answer).toEqual(failure);
      expect(await attempt(key, (said) => signCryptosign({ ...pair, challenge: said }), pair.publicKey)).toEqual(
        denial,
      );
    },
  );

  test('a public key of low order lets nobody in: its signatures need no private key', async () => {
    expect(await attempt(identity, (said) => `${identity}${'00'.repeat(32)}${said}`)).toEqual(denial);
  });

  test.each(['tls-exporter', 'tls-unique', 'tls-server-end-point', 'null', '', 0, false, {}])(
    'a channel binding that cannot be had is refused, not done without: %j',
    async (binding) => {
      const { answer } = await begin(
        createRouter(),
        cryptosignHello(pair.publicKey, 'joe', { channel_binding: binding }),
      );
      expect(reasonOf(answer)).toBe('wamp.error.authentication_denied');
    },
  );
});

describe('authmethods', () => {
  const forced = { anonymous: undefined };

  test.each([[[]], [['anonymous']], [['none', 'anonymous']], [['TICKET']], [['']], [['cookie', 'tls']]])(
    'authmethods without one that the realm has match no method: %j',
    async (authmethods) => {
      const { answer } = await begin(createRouter(everyMethod, forced), { authmethods, authid: 'joe' });
      expect(reasonOf(answer)).toBe('wamp.error.no_matching_auth_method');
    },
  );

  test('anonymous beside a method does not make up for a wrong answer', async () => {
    for (const authmethods of [
      ['ticket', 'anonymous'],
      ['anonymous', 'ticket'],
      ['ticket', 'wampcra'],
    ]) {
      const { peer, answer } = await begin(createRouter(), { authmethods, authid: 'joe' });
      expect(answer[1]).toBe('ticket');
      expect(await authenticate(peer, 'wrong')).toEqual(denial);
      await peer.closed;
    }
  });
});

describe('an authenticator', () => {
  const hangs = () => new Promise<never>(() => {});
  const throws = () => {
    throw new Error('hunter2');
  };
  const half = { ...stored, storedKey: undefined };

  test.each<[string, AuthenticatorSettings]>([
    ['throws', { ticket: throws, wampcra: throws, 'wamp-scram': throws, cryptosign: throws }],
    ['hangs', { ticket: hangs, wampcra: hangs, 'wamp-scram': hangs, cryptosign: hangs }],
    [
      'returns junk',
      {
        ticket: () => ({ role: 7 }),
        wampcra: () => ({ role: 'user', secret: 7 }),
        'wamp-scram': () => ({ role: 'user' }),
        cryptosign: () => ({ role: 'user' }),
      } as unknown as AuthenticatorSettings,
    ],
    [
      'returns half a verifier',
      { 'wamp-scram': () => ({ role: 'user', ...half }) } as unknown as AuthenticatorSettings,
    ],
  ])('an authenticator that %s has failed, at the deadline at the latest', async (_, authenticators) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const router = createRouter(authenticators);
    for (const method of Object.keys(authenticators)) {
      const client = clients[method] as Client;
      const peer = connectV2InMemory(router);
      const heard = peer
        .hello('realm1', client.hello('joe'))
        .then((first) => (first[0] === code.CHALLENGE ? authenticate(peer, 'secret') : first));
      for (let at = 0; at < 20; at += 1) await new Promise(setImmediate);
      await vi.advanceTimersByTimeAsync(5_000);
      const abort = await heard;
      expect([method, reasonOf(abort)]).toEqual([method, failed]);
      expect(JSON.stringify(abort)).not.toContain('hunter2');
      await peer.closed;
    }
    expect(router.stats()).toMatchObject({ sessions: 0, connections: 0, timers: 0 });
  });

  test('junk about one authid does not change what others are told', async () => {
    const junk: Readonly<Record<string, object>> = { junk: { role: 'user' }, half: { role: 'user', ...half } };
    const find = ({ authid }: { authid: string }) => junk[authid];
    const router = createRouter({ 'wamp-scram': find } as unknown as AuthenticatorSettings);
    const before = await begin(router, scramHello('ann'));
    for (const authid of Object.keys(junk)) {
      expect(reasonOf((await begin(router, scramHello(authid))).answer)).toBe(failed);
    }
    const after = await begin(router, scramHello('ann'));
    expect({ ...after.extra, nonce: '' }).toEqual({ ...before.extra, nonce: '' });
  });
});

test('attempts to get in leave the router as it was for those who know their secrets', async () => {
  const router = createRouter();
  for (let at = 0; at < 20; at += 1) {
    await byTicket(router, 'joe', 'wrong');
    await byCra(router, 'ann', 'wrong');
  }
  expect((await byTicket(router, 'joe', 'secret'))[0]).toBe(code.WELCOME);
  expect(router.stats().counters.auth_failed).toBe(40);
});

describe('a flood of logins of a user whose key is derived here', () => {
  const hello = { authmethods: ['wampcra'], authid: 'joe' };
  const from = { localAddress: '127.0.0.2' };
  /** How somebody who has connected asks for a challenge, and whether there is one. */
  const askers = {
    v1: async (url: string) => {
      const client = await connectV1(url, from);
      return () =>
        client.authreq('joe').then(
          () => true,
          ({ uri }: CallError) => uri !== 'wamp.error.unavailable',
        );
    },
    v2: async (url: string) => {
      const peer = await connectV2(url, 'json', from);
      return async () => (await peer.hello('realm1', hello))[0] === code.CHALLENGE;
    },
  };
  /** A router where a key takes some ms, and peers of one address that ask for a challenge all at once and never answer. */
  const flood = async (protocol: keyof typeof askers, peers: number) => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    let release = (): void => undefined;
    const allAsked = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    // Nothing is derived before all have asked: a machine that derives faster than it reads would never have too many.
    const getAuthSecret = async () => {
      asked += 1;
      if (asked === peers) release();
      await allAsked;
      return { secret: 'secret', salt: 'salt', iterations: 10_000 };
    };
    const { postmaster, url } = await startRouter({ getAuthSecret, logger, limits: { authTimeout: 60_000 } });
    const connected = await Promise.all(Array.from({ length: peers }, () => askers[protocol](url)));
    let challenged = 0;
    const all = Promise.all(
      connected.map(async (ask) => {
        if (await ask()) challenged += 1;
      }),
    );
    await vi.waitFor(() => expect(postmaster.stats().counters.limit_reached).toBeGreaterThan(0));
    return { postmaster, url, logger, all, count: () => challenged };
  };

  test.each(['v1', 'v2'] as const)(
    'in %s from one address does not keep others waiting: they are challenged before it is worked off',
    async (protocol) => {
      const { url, all, count } = await flood(protocol, 300);
      const before = count();
      const peer = await connectV2(url);
      expect((await peer.hello('realm1', hello))[0]).toBe(code.CHALLENGE);
      const client = await connectV1(url);
      await client.authreq('joe');
      // Three are derived at once, and the lines take turns: few of the flood come in between.
      expect(count() - before).toBeLessThan(64);
      await all;
      // Each of the two took the place of one of the flood.
      expect(count()).toBeGreaterThan(200);
    },
  );

  test.each(['v1', 'v2'] as const)(
    'in %s is refused with unavailable beyond what may wait: counted as a limit, no failed login, no error in the log',
    async (protocol) => {
      const { postmaster, all, logger, count } = await flood(protocol, 300);
      await all;
      const { limit_reached: refused, auth_failed: failures } = postmaster.stats().counters;
      expect([count(), failures]).toEqual([300 - refused, 0]);
      expect(logger.error).not.toHaveBeenCalled();
      expect(logger.warn.mock.calls[0]?.[0]).toMatchObject({ cause: 'limit_reached', remoteAddress: '127.0.0.2' });
      expect(logger.warn.mock.calls.length).toBeLessThanOrEqual(refused);
    },
  );
});
