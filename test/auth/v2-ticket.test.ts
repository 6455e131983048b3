import { describe, expect, test } from 'vitest';
import type { TicketRequest } from '../../src/auth/method/ticket.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { authenticate, begin, byTicket, denial, joinByTicket, reasonOf } from '../support/v2-auth.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const createRouter = (ticket: object = { joe: { ticket: 'secret!!!', role: 'user' } }) =>
  createV2Router({ anonymous: undefined, roles: { user: [] }, authenticators: { ticket } as object });

// Advanced Profile, "Ticket-based Authentication"
describe('ticket', () => {
  test.each(serializerNames)('lets in whoever shows it, in %s', async (serializer) => {
    const { welcome } = await joinByTicket(createRouter(), 'joe', 'secret!!!', serializer);
    expect(welcome).toMatchObject({ authid: 'joe', authrole: 'user', authmethod: 'ticket', authprovider: 'static' });
    expect(welcome).not.toHaveProperty('authextra');
  });

  test.each(['', 'secret!!', 'secret!!! ', 'SECRET!!!', 'x'.repeat(100_000)])('is not %j', async (ticket) => {
    expect(await byTicket(createRouter(), 'joe', ticket)).toEqual(denial);
  });

  test('is that of the authid, not of another one', async () => {
    const router = createRouter({ joe: { ticket: 'a', role: 'user' }, ann: { ticket: 'b', role: 'user' } });
    expect(await byTicket(router, 'joe', 'b')).toEqual(denial);
    expect((await byTicket(router, 'joe', 'a'))[0]).toBe(code.WELCOME);
  });

  test('needs an authid', async () => {
    const { peer } = await begin(createRouter(), { authmethods: ['ticket'] });
    expect(await authenticate(peer, 'secret!!!')).toEqual(denial);
  });

  test.each(['__proto__', 'constructor', 'toString'])('knows no principal that objects inherit: %s', async (authid) => {
    for (const ticket of ['', 'undefined']) expect(await byTicket(createRouter(), authid, ticket)).toEqual(denial);
  });

  test('lets nobody in by an empty one, or by none, in a table', () => {
    for (const ticket of ['', undefined, null]) {
      expect(() => createRouter({ joe: { ticket, role: 'user' } })).toThrow('ticket (entry 1).ticket ');
    }
  });

  test.each([null, undefined, 0, true, ['token'], {}])(
    'lets nobody in by an authenticator that answers with the ticket %j: it has failed',
    async (ticket) => {
      const router = createRouter(() => ({ ticket, role: 'user' }));
      expect(reasonOf(await byTicket(router, 'joe', 'token'))).toBe('wamp.error.authentication_failed');
      expect(router.stats().counters.callback_failed).toBe(1);
    },
  );

  test('lets nobody in by a procedure that answers with the ticket null', async () => {
    const router = createRouter({ procedure: 'com.authenticate' });
    router.registerRPC('com.authenticate', () => ({ ticket: null, role: 'user' }));
    expect(reasonOf(await byTicket(router, 'joe', 'token'))).toBe('wamp.error.authentication_failed');
  });

  test('is shown to an authenticator, which compares it itself or leaves that to the router', async () => {
    const asked: TicketRequest[] = [];
    const router = createRouter((request: TicketRequest) => {
      asked.push(request);
      if (request.authid === 'joe') return { ticket: 'secret!!!', role: 'user' };
      return request.ticket === 'token' ? { authid: 'from-token', role: 'user', provider: 'jwt' } : undefined;
    });
    expect((await byTicket(router, 'joe', 'secret!!!'))[2]).toMatchObject({ authid: 'joe', authprovider: 'dynamic' });
    expect(await byTicket(router, 'joe', 'token')).toEqual(denial);
    expect((await byTicket(router, 'any', 'token'))[2]).toMatchObject({ authid: 'from-token', authprovider: 'jwt' });
    expect(await byTicket(router, 'any', '')).toEqual(denial);
    expect(asked[0]).toEqual({
      realm: 'realm1',
      method: 'ticket',
      authid: 'joe',
      authextra: {},
      ticket: 'secret!!!',
    });
  });
});
