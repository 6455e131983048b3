import { describe, expect, test, vi } from 'vitest';
import type { AuthorizationRequest, Authorizer, RealmSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { byTicket, joinByTicket } from '../support/v2-auth.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const procedure = 'com.authorize';

const createRouter = (realm: Partial<RealmSettings> = {}, options = {}) =>
  createV2Router({ authorizer: { procedure }, ...realm }, options);

/** The error of an answer; undefined for a good one. */

// Advanced Profile, "Authorization"
describe('a procedure of the realm as authorizer', () => {
  test('may be that of a peer on the wire, which the rules let register it', async () => {
    const router = createRouter();
    const callee = await joinV2(router);
    expect(await callee.register(procedure)).toBeGreaterThan(0);
    const peer = await joinV2(router);
    const publishing = peer.publish('com.topic');
    const [, invocation, , , args] = await callee.take(code.INVOCATION);
    expect(args).toEqual([
      {
        realm: 'realm1',
        session: { id: peer.session, authid: peer.welcome.authid, authrole: 'anonymous' },
        action: 'publish',
        uri: 'com.topic',
        match: 'exact',
      },
    ]);
    callee.send(code.YIELD, invocation, {}, [false]);
    expect(errorOf(await publishing)).toBe('wamp.error.not_authorized');
    // Nobody is asked about a registration that the rules forbid.
    const outsider = createRouter({ anonymous: [] });
    expect(errorOf(await (await joinV2(outsider)).ask(code.REGISTER, {}, procedure))).toBe('wamp.error.not_authorized');
  });

  test('that nobody has registered, or that fails, allows nothing', async () => {
    const router = createRouter();
    const peer = await joinV2(router);
    expect(errorOf(await peer.publish('com.topic'))).toBe('wamp.error.authorization_failed');
    router.registerRPC(procedure, () => {
      throw new Error('hunter2');
    });
    expect((await peer.publish('com.topic')).slice(3)).toEqual([
      {},
      'wamp.error.authorization_failed',
      ['the authorization could not be checked'],
    ]);
  });

  test('that does not answer has failed after authTimeout', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const router = createRouter();
      router.registerRPC(procedure, () => new Promise(() => {}));
      const peer = await joinV2(router);
      const publishing = peer.publish('com.topic');
      await vi.waitFor(() => expect(router.stats().pendingCalls).toBe(1));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(errorOf(await publishing)).toBe('wamp.error.authorization_failed');
      expect(router.stats().pendingCalls).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is asked about a peer whose role has the name of the one that the router itself has', async () => {
    const router = createRouter({
      roles: { trusted: everythingAndMeta },
      authenticators: { ticket: { joe: { ticket: 't', role: 'trusted' } } },
    });
    router.registerRPC(procedure, ({ args: [request] }) => (request as AuthorizationRequest).uri !== 'com.secret');
    const peer = await joinByTicket(router, 'joe', 't');
    expect(errorOf(await peer.publish('com.open'))).toBeUndefined();
    expect(errorOf(await peer.publish('com.secret'))).toBe('wamp.error.not_authorized');
    const local = router.session();
    await expect(local.publish('com.secret')).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  test('is forgotten with what it said', async () => {
    let isAllowed = true;
    const router = createRouter();
    router.registerRPC(procedure, () => ({ allow: isAllowed }));
    const peer = await joinV2(router);
    expect(errorOf(await peer.publish('com.topic'))).toBeUndefined();
    isAllowed = false;
    expect(errorOf(await peer.publish('com.topic'))).toBeUndefined();
    router.forgetAuthorizations({ session: peer.session });
    expect(errorOf(await peer.publish('com.topic'))).toBe('wamp.error.not_authorized');
  });
});

describe('the router itself', () => {
  test('asks its authenticators without asking the authorizer', async () => {
    const authorizer = vi.fn<Authorizer>(() => false);
    const router = createRouter({
      authorizer,
      roles: { user: [] },
      authenticators: { ticket: { procedure: 'com.auth' } },
    });
    router.registerRPC('com.auth', () => ({ ticket: 't', role: 'user' }));
    expect((await byTicket(router, 'joe', 't'))[0]).toBe(code.WELCOME);
    expect(authorizer).not.toHaveBeenCalled();
  });
});
