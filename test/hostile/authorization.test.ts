import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { signCryptosign } from '../../src/auth/cryptosign.ts';
import type { AuthenticatorSettings, Authorizer, Logger, RealmSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { everything, expectNothingLeft } from '../support/router.ts';
import {
  answerScram,
  authenticate,
  begin,
  byCra,
  byTicket,
  cryptosignHello,
  joinByTicket,
  newKeyPair,
  scramHello,
  signCra,
  storePassword,
} from '../support/v2-auth.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const notAuthorized = 'wamp.error.not_authorized';

/** The error of an answer; undefined for a good one. */

const tickets: AuthenticatorSettings = {
  ticket: { joe: { ticket: 'joe', role: 'user' }, admin: { ticket: 'admin', role: 'admin' } },
};
const createRouter = (realm: Partial<RealmSettings> = {}, options = {}) =>
  createV2Router({ roles: { user: everything, admin: everythingAndMeta }, authenticators: tickets, ...realm }, options);

describe('what a peer says of itself', () => {
  const forged = {
    authrole: 'admin',
    authprovider: 'root',
    authmethod: 'ticket',
    session: 1,
    permissions: everythingAndMeta,
    transport: { auth: { cookie: 'x' } },
    authextra: { authrole: 'admin', permissions: everythingAndMeta },
  };

  test('role, provider and session of HELLO are not believed', async () => {
    const router = createRouter();
    const { peer } = await begin(router, { ...forged, authmethods: ['ticket'], authid: 'joe' });
    const [, session, details] = await authenticate(peer, 'joe', forged);
    expect(session).not.toBe(1);
    expect(details).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket', authprovider: 'static' });
    expect(errorOf(await peer.call('wamp.session.list'))).toBe(notAuthorized);
    const { welcome } = await joinV2(router, { ...forged, authid: 'admin' });
    expect(welcome).toMatchObject({ authrole: 'anonymous', authprovider: 'static' });
    expect(welcome.authid).not.toBe('admin');
  });

  test('identity in options is not believed', async () => {
    const router = createRouter();
    const joe = await joinByTicket(router, 'joe', 'joe');
    const other = await joinByTicket(router, 'admin', 'admin');
    await other.subscribe('com.topic');
    await other.register('com.procedure', { disclose_caller: true });
    const lie = {
      publisher: 1,
      publisher_authid: 'admin',
      publisher_authrole: 'admin',
      caller: 1,
      caller_authid: 'admin',
      caller_authrole: 'admin',
      authid: 'admin',
    };
    await joe.publish('com.topic', [], lie);
    await joe.publish('com.topic', [], { ...lie, disclose_me: true });
    expect((await other.take(code.EVENT))[3] ?? {}).toEqual({});
    expect((await other.take(code.EVENT))[3]).toEqual({
      publisher: joe.session,
      publisher_authid: 'joe',
      publisher_authrole: 'user',
    });
    joe.send(code.CALL, joe.next(), lie, 'com.procedure');
    expect((await other.take(code.INVOCATION))[3]).toEqual({
      caller: joe.session,
      caller_authid: 'joe',
      caller_authrole: 'user',
    });
  });
});

describe('an authorization that comes too late, or has changed', () => {
  const createSlowRouter = () => {
    const decide: ((answer: boolean) => void)[] = [];
    const authorizer: Authorizer = ({ uri }) =>
      uri === 'com.slow' ? new Promise<boolean>((resolve) => decide.push(resolve)) : true;
    return { router: createRouter({ authorizer }), decide };
  };

  test.each([
    [code.SUBSCRIBE, {}],
    [code.REGISTER, {}],
    [code.CALL, {}],
  ])('a request of kind %i that is allowed after its peer has left leaves nothing behind', async (type, options) => {
    const { router, decide } = createSlowRouter();
    const procedure = vi.fn(() => new Promise(() => {}));
    if (type === code.CALL) router.registerRPC('com.slow', procedure);
    const { registrations } = router.stats();
    const peer = await joinV2(router);
    peer.send(type, peer.next(), options, 'com.slow');
    await vi.waitFor(() => expect(decide).toHaveLength(1));
    await peer.close();
    await vi.waitFor(() => expect(router.stats().connections).toBe(0));
    decide[0]?.(true);
    await (await joinV2(router)).close();
    expect(procedure).not.toHaveBeenCalled();
    expect(router.stats().registrations).toBe(registrations);
    await expectNothingLeft(router);
  });

  test('a request of a session that is killed meanwhile comes to nothing', async () => {
    const { router, decide } = createSlowRouter();
    const admin = await joinByTicket(router, 'admin', 'admin');
    await admin.subscribe('com.', { match: 'prefix' });
    const peer = await joinV2(router);
    peer.send(code.PUBLISH, peer.next(), { acknowledge: true }, 'com.slow');
    peer.send(code.PUBLISH, peer.next(), { acknowledge: true }, 'com.topic');
    await vi.waitFor(() => expect(decide).toHaveLength(1));
    expect(errorOf(await admin.call('wamp.session.kill', [peer.session]))).toBeUndefined();
    await peer.take(code.GOODBYE);
    decide[0]?.(true);
    await admin.barrier();
    expect(admin.untaken(code.EVENT)).toEqual([]);
    expect(peer.received.map(([type]) => type)).toEqual([code.WELCOME, code.GOODBYE]);
  });

  test('a session that comes back has none of the decisions of the one before', async () => {
    const authorizer = vi.fn<Authorizer>(({ session }) => session.authid === 'admin');
    const router = createRouter({ authorizer });
    const peer = connectV2InMemory(router);
    await byTicket(peer, 'admin', 'admin');
    expect(errorOf(await peer.publish('com.topic'))).toBeUndefined();
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    await byTicket(peer, 'joe', 'joe');
    expect(errorOf(await peer.publish('com.topic'))).toBe(notAuthorized);
  });

  test('a rule that has changed binds the next request once the old answer is forgotten', async () => {
    let role = 'writer';
    const router = createRouter({ authorizer: () => role === 'writer' });
    const peer = await joinV2(router);
    const subscription = await peer.subscribe('com.topic');
    role = 'reader';
    router.forgetAuthorizations({ session: peer.session });
    expect(errorOf(await peer.publish('com.topic'))).toBe(notAuthorized);
    expect(errorOf(await peer.ask(code.SUBSCRIBE, {}, 'com.topic'))).toBe(notAuthorized);
    expect(subscription).toBeGreaterThan(0);
  });
});

describe('what a publisher or a subscriber is not told', () => {
  test('an event names neither its publisher nor those who may hear it', async () => {
    const router = createRouter();
    const [publisher, hearer] = [await joinV2(router), await joinV2(router)];
    await hearer.subscribe('com.topic');
    await publisher.publish('com.topic', [1], {
      eligible: [hearer.session, 7],
      exclude: [8],
      eligible_authrole: ['anonymous'],
      exclude_authid: ['joe'],
    });
    const [, , , details, args] = await hearer.take(code.EVENT);
    expect([details, args]).toEqual([{}, [1]]);
  });

  test('a publisher is not told whether the sessions, authids and roles of its lists exist', async () => {
    const router = createRouter();
    const [publisher, hearer] = [await joinV2(router), await joinByTicket(router, 'joe', 'joe')];
    await hearer.subscribe('com.topic');
    for (const eligible of [[hearer.session], [hearer.session + 1], []]) {
      for (const extra of [{}, { eligible_authid: ['joe'] }, { eligible_authid: ['nobody'] }]) {
        const answer = await publisher.publish('com.topic', [], { eligible, ...extra });
        expect(answer).toEqual([code.PUBLISHED, expect.any(Number), expect.any(Number)]);
      }
    }
  });

  test('a realm that does not disclose refuses disclose_me, and the wish of a callee', async () => {
    const router = createRouter({ disclosure: 'never' });
    const [one, other] = [await joinV2(router), await joinV2(router)];
    await one.register('com.procedure');
    for (const answer of [
      await one.ask(code.REGISTER, { disclose_caller: true }, 'com.other'),
      await other.publish('com.topic', [], { disclose_me: true }),
      await other.call('com.procedure', [], { disclose_me: true }),
    ]) {
      expect(errorOf(answer)).toBe('wamp.error.option_disallowed.disclose_me');
    }
    other.send(code.CALL, other.next(), {}, 'com.procedure');
    expect((await one.take(code.INVOCATION))[3]).toEqual({});
  });

  test('another realm is not there: neither its sessions nor its subscriptions', async () => {
    const router = createV2Router(
      {},
      {
        realms: [
          { name: 'realm1', anonymous: everythingAndMeta },
          { name: 'realm2', anonymous: everythingAndMeta },
        ],
      },
    );
    const here = await joinV2(router);
    const there = connectV2InMemory(router);
    const [, session] = await there.hello('realm2');
    const subscription = await there.subscribe('com.topic');
    const told = async (procedure: string, id: unknown) => (await here.call(procedure, [id])).slice(4);
    expect(await told('wamp.session.get', session)).toEqual(await told('wamp.session.get', 12345));
    expect(await told('wamp.session.kill', session)).toEqual(await told('wamp.session.kill', 12345));
    expect(await told('wamp.subscription.get', subscription)).toEqual(await told('wamp.subscription.get', 12345));
    expect((await here.call('wamp.session.list'))[3]).toEqual([[here.session]]);
    await here.publish('com.topic', [], { eligible: [session] });
    await there.barrier();
    expect(there.untaken(code.EVENT)).toEqual([]);
  });
});

describe('what is the router’s own', () => {
  const procedures = [
    ...['count', 'list', 'get', 'kill', 'kill_by_authid', 'kill_by_authrole', 'kill_all'].map(
      (name) => `session.${name}`,
    ),
    ...['list', 'lookup', 'match', 'get', 'list_callees', 'count_callees', 'remove_callee'].map(
      (name) => `registration.${name}`,
    ),
    ...[
      'list',
      'lookup',
      'match',
      'get',
      'list_subscribers',
      'count_subscribers',
      'get_events',
      'remove_subscriber',
    ].map((name) => `subscription.${name}`),
  ].map((name) => `wamp.${name}`);

  test('no meta procedure is open to a role that may do everything else', async () => {
    const router = createRouter();
    const admin = await joinByTicket(router, 'admin', 'admin');
    const joe = await joinByTicket(router, 'joe', 'joe');
    for (const procedure of procedures) {
      expect([procedure, errorOf(await joe.call(procedure, [admin.session]))]).toEqual([procedure, notAuthorized]);
    }
    for (const topic of ['wamp.session.on_join', 'wamp.', 'wamp.session.']) {
      expect(errorOf(await joe.ask(code.SUBSCRIBE, { match: 'prefix' }, topic))).toBe(notAuthorized);
    }
    await admin.barrier();
  });

  test('nobody registers or publishes what is the router’s', async () => {
    const admin = await joinByTicket(createRouter(), 'admin', 'admin');
    for (const uri of ['wamp', 'wamp.session.kill', 'wamp.mine', 'http://api.wamp.ws/mine']) {
      expect(errorOf(await admin.ask(code.REGISTER, {}, uri))).toBe('wamp.error.invalid_uri');
      expect(errorOf(await admin.publish(uri))).toBe('wamp.error.invalid_uri');
    }
  });
});

describe('a secret', () => {
  test('no secret is in a log, a text, a count, or what the meta API tells', async () => {
    const lines: unknown[] = [];
    const keep = (facts: object, message: string): void => {
      lines.push([facts, message]);
    };
    const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
    const pair = newKeyPair();
    const stored = await storePassword('s3cret-scram');
    const router = createRouter(
      {
        authenticators: {
          ticket: { joe: { ticket: 's3cret-ticket', role: 'admin' } },
          wampcra: { joe: { secret: 's3cret-cra', role: 'admin' } },
          'wamp-scram': { joe: { ...stored, role: 'admin' } },
          cryptosign: { joe: { authorizedKeys: [pair.publicKey], role: 'admin' } },
          cookie: { name: 'sid', principals: { 's3cret-cookie': { authid: 'joe', role: 'admin' } } },
        },
      },
      { logger },
    );
    const secrets = ['s3cret', stored.storedKey, stored.serverKey, pair.privateKey];
    const told: unknown[] = [];
    for (const ticket of ['s3cret-ticket', 's3cret-typo']) told.push(await byTicket(router, 'joe', ticket));
    for (const secret of ['s3cret-cra', 's3cret-typo']) told.push(await byCra(router, 'joe', secret));
    const cra = await begin(router, { authmethods: ['wampcra'], authid: 'joe' });
    secrets.push(await signCra('s3cret-cra', cra.extra));
    told.push(await authenticate(cra.peer, secrets.at(-1)));
    const hello = scramHello('joe');
    const scram = await begin(router, hello);
    const { signature, extra } = await answerScram('s3cret-scram', hello, scram.extra);
    secrets.push(signature);
    told.push(await authenticate(scram.peer, signature, extra));
    const sign = await begin(router, cryptosignHello(pair.publicKey, 'joe'));
    secrets.push(signCryptosign({ ...pair, challenge: sign.extra.challenge as string }).slice(0, 128));
    told.push(await authenticate(sign.peer, `${secrets.at(-1)}${sign.extra.challenge}`));
    const { url } = await router.listen({ port: 0 });
    const browser = await connectV2(url, 'json', { headers: { cookie: 'sid=s3cret-cookie' } });
    told.push(await browser.hello('realm1', { authmethods: ['cookie'] }));
    expect(told.map((message) => (message as [number])[0])).toEqual([2, 3, 2, 3, 2, 2, 2, 2]);
    const ids = (await browser.call('wamp.session.list'))[3] as readonly [readonly number[]];
    for (const id of ids[0]) told.push(await browser.call('wamp.session.get', [id]));
    expect(ids[0].length).toBe(6);
    browser.send(99);
    await browser.closed;
    const seen = inspect([told, lines, router.stats()], { depth: 12, maxStringLength: null, maxArrayLength: null });
    for (const secret of secrets) expect(seen).not.toContain(secret);
    expect(lines.length).toBeGreaterThan(5);
  });
});
