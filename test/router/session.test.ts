import { describe, expect, test, vi } from 'vitest';
import { Postmaster, WampError } from '../../src/index.ts';
import { everything } from '../support/router.ts';
import { connectV1InMemory } from '../support/v1-client.ts';

const setUp = () =>
  new Postmaster({ realms: [{ name: 'realm1', anonymous: everything }, 'realm2'], v1: { open: true } });

describe('an in-process session', () => {
  test('publishes to and hears peers on the wire', async () => {
    const postmaster = setUp();
    const client = await connectV1InMemory(postmaster);
    const session = postmaster.session({ authid: 'app' });
    const heard: unknown[] = [];
    await session.subscribe('urn:t', ({ args, publisher }) => heard.push([args, typeof publisher]));
    client.subscribe('urn:t');
    client.publish('urn:t', 1);
    await client.barrier();
    expect(await session.publish('urn:t', [2])).toBeGreaterThan(0);
    await client.barrier();
    expect(heard).toEqual([[[1], 'number']]);
    expect(client.events.map(([, event]) => event)).toEqual([1, 2]);
  });

  test('hears its own events only when it says so', async () => {
    const session = setUp().session();
    const heard: unknown[] = [];
    await session.subscribe('urn:t', ({ args }) => heard.push(args[0]));
    await session.publish('urn:t', ['silent']);
    await session.publish('urn:t', ['loud'], undefined, { exclude_me: false });
    expect(heard).toEqual(['loud']);
  });

  test('calls and is called, with progress', async () => {
    const postmaster = setUp();
    const [callee, caller] = [postmaster.session({ authid: 'callee' }), postmaster.session({ authid: 'caller' })];
    await callee.register('urn:count', ({ args, progress, session }) => {
      for (let at = 1; at <= (args[0] as number); at += 1) progress([at], { of: session.authid });
      return 'done';
    });
    const onProgress = vi.fn();
    expect(await caller.call('urn:count', [2], undefined, { onProgress })).toEqual({
      args: ['done'],
      kwargs: undefined,
    });
    expect(onProgress.mock.calls).toEqual([
      [{ args: [1], kwargs: { of: 'caller' } }],
      [{ args: [2], kwargs: { of: 'caller' } }],
    ]);
    const client = await connectV1InMemory(postmaster);
    expect(await client.call('urn:count', 3)).toBe('done');
    expect(client.received.filter(([code]) => code === 3)).toHaveLength(1);
  });

  test('rejects with the error of the procedure', async () => {
    const postmaster = setUp();
    const session = postmaster.session();
    await session.register('urn:fail', () => {
      throw new WampError('urn:e', { args: [1], kwargs: { a: 1 }, description: 'no' });
    });
    await expect(session.call('urn:fail')).rejects.toMatchObject({
      uri: 'urn:e',
      args: [1],
      kwargs: { a: 1 },
      description: 'no',
    });
    await expect(session.call('urn:none')).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
    await expect(session.register('urn:fail', () => 1)).rejects.toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
    await expect(session.register('wamp.mine', () => 1)).rejects.toMatchObject({ uri: 'wamp.error.invalid_uri' });
    await expect(session.publish('wamp.mine')).rejects.toMatchObject({ uri: 'wamp.error.invalid_uri' });
  });

  test('is bound by the permissions it is given', async () => {
    const session = setUp().session({ permissions: [{ uri: 'urn:ok', publish: true }] });
    await session.publish('urn:ok');
    const denied = { uri: 'wamp.error.not_authorized' };
    await expect(session.publish('urn:no')).rejects.toMatchObject(denied);
    await expect(session.subscribe('urn:ok', () => {})).rejects.toMatchObject(denied);
    await expect(session.register('urn:ok', () => 1)).rejects.toMatchObject(denied);
  });

  test('gives every handler of a topic each event once, and ends the subscription with the last', async () => {
    const postmaster = setUp();
    const [session, publisher] = [postmaster.session(), postmaster.session()];
    const heard: string[] = [];
    const a = await session.subscribe('urn:t', () => heard.push('a'));
    const b = await session.subscribe('urn:t', () => heard.push('b'));
    await publisher.publish('urn:t');
    await a.unsubscribe();
    await a.unsubscribe();
    await publisher.publish('urn:t');
    await b.unsubscribe();
    await publisher.publish('urn:t');
    expect(heard).toEqual(['a', 'b', 'b']);
    expect(postmaster.stats().subscriptions).toBe(0);
  });

  test('whose handler throws disturbs nobody', async () => {
    const postmaster = setUp();
    const [session, publisher] = [postmaster.session(), postmaster.session()];
    const heard: unknown[] = [];
    await session.subscribe('urn:t', () => {
      throw new Error('broken');
    });
    await session.subscribe('urn:t', ({ args }) => heard.push(args[0]));
    await publisher.publish('urn:t', [1]);
    expect(heard).toEqual([1]);
    expect(postmaster.stats().counters.subscriber_failed).toBe(1);
  });

  test('leaves nothing behind, and what it was doing is rejected', async () => {
    const postmaster = setUp();
    const session = postmaster.session();
    await session.subscribe('urn:t', () => {});
    await session.register('urn:never', () => new Promise(() => {}));
    const pending = session.call('urn:never');
    session.leave();
    await expect(pending).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    await expect(session.publish('urn:t')).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    expect(postmaster.stats()).toMatchObject({
      sessions: 0,
      subscriptions: 0,
      registrations: 0,
      pendingCalls: 0,
      topics: 0,
    });
  });

  test('of one realm does not hear another', async () => {
    const postmaster = setUp();
    const heard: unknown[] = [];
    await postmaster.session({ realm: 'realm2' }).subscribe('urn:t', ({ realm }) => heard.push(realm));
    await postmaster.session({ realm: 'realm1' }).publish('urn:t');
    await postmaster.session({ realm: 'realm2' }).publish('urn:t');
    expect(heard).toEqual(['realm2']);
    expect(() => postmaster.session({ realm: 'nowhere' })).toThrow('there is no realm "nowhere"');
  });

  test('that calls itself a thousand deep grows no stack', async () => {
    const session = setUp().session();
    await session.register('urn:down', async ({ args }) => {
      const depth = args[0] as number;
      return depth === 0 ? 'bottom' : (await session.call('urn:down', [depth - 1])).args[0];
    });
    expect((await session.call('urn:down', [1000])).args).toEqual(['bottom']);
  });
});

describe('registerRPC and registerUnauthRPC', () => {
  test('refuse a URI that is taken, empty or reserved, and what is no function', () => {
    const postmaster = setUp();
    postmaster.registerRPC('urn:p', () => 1);
    expect(() => postmaster.registerUnauthRPC('urn:p', () => 1)).toThrow('wamp.error.procedure_already_exists');
    for (const uri of ['', 'wamp.mine', 'http://api.wamp.ws/procedure#mine']) {
      expect(() => postmaster.registerRPC(uri, () => 1)).toThrow('wamp.error.invalid_uri');
    }
    expect(() => postmaster.registerRPC('urn:q', 'text' as never)).toThrow('must be a function');
  });

  test('are taken back by their own counterparts only', () => {
    const postmaster = setUp();
    postmaster.registerRPC('urn:p', () => 1);
    postmaster.registerUnauthRPC('urn:q', () => 1);
    expect(postmaster.unregisterUnauthRPC('urn:p')).toBe(false);
    expect(postmaster.unregisterRPC('urn:q')).toBe(false);
    expect(postmaster.unregisterRPC('urn:p')).toBe(true);
    expect(postmaster.unregisterUnauthRPC('urn:q')).toBe(true);
    expect(postmaster.unregisterRPC('urn:p')).toBe(false);
    expect(postmaster.stats().registrations).toBe(0);
  });
});
