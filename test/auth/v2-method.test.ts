import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { authenticate, begin, byTicket, denial, failure, reasonOf } from '../support/v2-auth.ts';
import { basicRoles, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

/** A router with tickets, and no place for anybody without one. */
const createTicketRouter = (realm: object = {}) =>
  createV2Router({
    anonymous: undefined,
    roles: { user: everythingAndMeta },
    authenticators: { ticket: { joe: { ticket: 'secret!!!', role: 'user' } } },
    ...realm,
  });

// Advanced Profile, "Authentication Methods"
describe('the method of an authentication', () => {
  test.each(serializerNames)(
    'is challenged by CHALLENGE, answered by AUTHENTICATE, ended by WELCOME in %s',
    async (name) => {
      const { peer, answer } = await begin(createTicketRouter(), { authmethods: ['ticket'], authid: 'joe' }, name);
      expect(answer).toEqual([code.CHALLENGE, 'ticket', {}]);
      const [type, session, details] = await authenticate(peer, 'secret!!!');
      expect(type).toBe(code.WELCOME);
      expect(session).toBeGreaterThan(0);
      expect(details).toMatchObject({
        realm: 'realm1',
        authid: 'joe',
        authrole: 'user',
        authmethod: 'ticket',
        authprovider: 'static',
      });
    },
  );

  test.each(serializerNames)('ends in ABORT and a closed transport when the answer is wrong in %s', async (name) => {
    const { peer } = await begin(createTicketRouter(), { authmethods: ['ticket'], authid: 'joe' }, name);
    expect(await authenticate(peer, 'wrong')).toEqual(denial);
    await peer.closed;
    expect(peer.received).toHaveLength(2);
  });

  test('is required by realm: one may ask for it while another does not', async () => {
    const router = createV2Router(
      {},
      {
        realms: [
          { name: 'realm1', roles: { user: [] }, authenticators: { ticket: { joe: { ticket: 't', role: 'user' } } } },
          { name: 'realm2', anonymous: [] },
        ],
      },
    );
    expect((await connectV2InMemory(router).hello('realm2'))[0]).toBe(code.WELCOME);
    expect(reasonOf(await connectV2InMemory(router).hello('realm1'))).toBe('wamp.error.no_matching_auth_method');
  });

  test('is the first of authmethods that the realm has', async () => {
    const router = createTicketRouter({
      anonymous: [],
      authenticators: {
        ticket: { joe: { ticket: 't', role: 'user' } },
        wampcra: { joe: { secret: 's', role: 'user' } },
      },
    });
    const asked = async (...authmethods: string[]) => (await begin(router, { authmethods, authid: 'joe' })).answer[1];
    expect(await asked('wampcra', 'ticket')).toBe('wampcra');
    expect(await asked('ticket', 'wampcra')).toBe('ticket');
    expect(await asked('wamp-scram', 'cryptosign', 'kerberos', 'ticket')).toBe('ticket');
    // Nobody is less than they could be.
    expect(await asked('anonymous', 'ticket')).toBe('ticket');
  });

  test('cannot be one that the realm does not have', async () => {
    const router = createTicketRouter();
    for (const authmethods of [['wampcra'], ['anonymous'], ['Ticket'], ['__proto__', 'toString'], []]) {
      const { answer, peer } = await begin(router, { authmethods, authid: 'joe' });
      expect(reasonOf(answer)).toBe('wamp.error.no_matching_auth_method');
      await peer.closed;
    }
  });

  test('is anonymous where HELLO names none', async () => {
    expect(reasonOf((await begin(createTicketRouter(), { authid: 'joe' })).answer)).toBe(
      'wamp.error.no_matching_auth_method',
    );
    const { welcome } = await joinV2(createTicketRouter({ anonymous: [] }), { authid: 'joe' });
    expect(welcome).toMatchObject({ authmethod: 'anonymous', authrole: 'anonymous', authprovider: 'static' });
  });

  test('has one challenge, and one answer to it', async () => {
    const { peer } = await begin(createTicketRouter(), { authmethods: ['ticket'], authid: 'joe' });
    await authenticate(peer, 'secret!!!');
    expect(reasonOf(await authenticate(peer, 'secret!!!'))).toBe('wamp.error.protocol_violation');
  });

  test('is chosen by HELLO: AUTHENTICATE before it, and HELLO after a challenge, break the protocol', async () => {
    const early = connectV2InMemory(createTicketRouter());
    expect(reasonOf(await authenticate(early, 'secret!!!'))).toBe('wamp.error.protocol_violation');
    const { peer } = await begin(createTicketRouter(), { authmethods: ['ticket'], authid: 'joe' });
    peer.send(code.HELLO, 'realm1', { roles: basicRoles });
    expect(reasonOf(await peer.take(code.ABORT))).toBe('wamp.error.protocol_violation');
  });

  test.each([
    { authmethods: 'ticket' },
    { authmethods: [1] },
    { authmethods: ['ticket'], authid: 7 },
    { authmethods: ['ticket'], authid: {} },
    { authmethods: ['ticket'], authextra: 'x' },
    { authmethods: ['ticket'], authextra: [] },
  ])('is not asked where HELLO is malformed: %j', async (details) => {
    expect(reasonOf((await begin(createTicketRouter(), details)).answer)).toBe('wamp.error.protocol_violation');
  });

  test('serves another session on the same link after GOODBYE, whoever it is then', async () => {
    const router = createTicketRouter({
      authenticators: {
        ticket: { joe: { ticket: 'a', role: 'user' }, ann: { ticket: 'b', role: 'user', permissions: [] } },
      },
    });
    const peer = connectV2InMemory(router);
    expect((await byTicket(peer, 'joe', 'a'))[2]).toMatchObject({ authid: 'joe' });
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    expect((await byTicket(peer, 'ann', 'b'))[2]).toMatchObject({ authid: 'ann' });
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.topic'))[4]).toBe('wamp.error.not_authorized');
  });
});

// Advanced Profile, "Authentication Methods": anonymous
describe('an anonymous session', () => {
  test('has an authid of its own, not the one it asks for', async () => {
    const router = createV2Router();
    const [one, other] = [await joinV2(router, { authid: 'root' }), await joinV2(router, { authid: 'root' })];
    expect(one.welcome.authid).toEqual(expect.stringMatching(/^[\w-]{16}$/));
    expect(other.welcome.authid).not.toBe(one.welcome.authid);
  });

  test('is refused where the realm has no permissions for it', async () => {
    const router = createV2Router({ anonymous: undefined });
    expect(reasonOf(await connectV2InMemory(router).hello())).toBe('wamp.error.no_matching_auth_method');
  });

  test('has the permissions of the role "anonymous" too', async () => {
    const router = createV2Router({
      anonymous: undefined,
      roles: { anonymous: [{ uri: 'com.open', subscribe: true }] },
    });
    const peer = await joinV2(router);
    expect(await peer.subscribe('com.open')).toBeGreaterThan(0);
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.closed'))[4]).toBe('wamp.error.not_authorized');
  });
});

describe('the role of a session', () => {
  test.each(['ghost', '__proto__', 'constructor', 'toString'])('is one of the realm in a table: not %s', (role) => {
    expect(() => createTicketRouter({ authenticators: { ticket: { joe: { ticket: 't', role } } } })).toThrow(
      'realms[0].authenticators.ticket (entry 1).role is not a role of this realm; it has user',
    );
  });

  test.each(['ghost', '__proto__', 'constructor', 'toString'])(
    'is one of the realm where an authenticator answers, and a peer is not told which is not: not %s',
    async (role) => {
      const router = createTicketRouter({ authenticators: { ticket: () => ({ ticket: 't', role }) } });
      expect(await byTicket(router, 'joe', 't')).toEqual(failure);
      expect(await byTicket(router, 'joe', 'wrong')).toEqual(denial);
    },
  );

  test('may be any beside permissions of its own', async () => {
    const permissions = [{ uri: 'com.topic', subscribe: true }];
    const router = createTicketRouter({
      authenticators: { ticket: { joe: { ticket: 't', role: 'vip', permissions, authid: 'Joe', provider: 'ldap' } } },
    });
    const peer = connectV2InMemory(router);
    const [, , details] = await byTicket(peer, 'joe', 't');
    expect(details).toMatchObject({ authid: 'Joe', authrole: 'vip', authprovider: 'ldap' });
    expect(await peer.subscribe('com.topic')).toBeGreaterThan(0);
    expect((await peer.ask(code.SUBSCRIBE, {}, 'com.other'))[4]).toBe('wamp.error.not_authorized');
  });
});
