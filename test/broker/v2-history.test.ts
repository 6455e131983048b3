/** Event history, testaments and revocation. */

import { describe, expect, test } from 'vitest';
import { basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Event History"
describe('event history', () => {
  const history = [
    { uri: 'com.log.auth' },
    { uri: 'com.log', match: 'prefix' as const, limit: 4 },
    { uri: 'com.large', maxSize: 3_500 },
  ];
  type Stored = { readonly publication: number; readonly args: unknown[]; readonly timestamp: string; details: object };

  const setUp = async () => {
    const router = createV2Router({ history });
    const peer = await joinV2(router);
    const events = async (topic: string, query = {}, match = 'exact'): Promise<Stored[]> => {
      const [, , , [id] = []] = (await peer.call('wamp.subscription.lookup', [topic, { match }])) as unknown[][];
      const answer = await peer.call('wamp.subscription.get_events', [id], {}, query);
      return (answer[3] ?? []) as Stored[];
    };
    const ids: number[] = [];
    for (const topic of ['com.log.auth', 'com.log.basket', 'com.log.auth', 'com.log.checkout']) {
      ids.push((await peer.publish(topic, [ids.length], {}, { k: 1 }))[2] as number);
    }
    return { router, peer, events, ids };
  };

  test('holds what was published to a topic in its order, before anybody subscribed', async () => {
    const { events, ids } = await setUp();
    expect(await events('com.log.auth')).toMatchObject([
      {
        publication: ids[0],
        args: [0],
        kwargs: { k: 1 },
        details: {},
        timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      },
      { publication: ids[2], args: [2] },
    ]);
    expect((await events('com.log', {}, 'prefix')).map(({ publication }) => publication)).toEqual(ids);
    expect((await events('com.log', {}, 'prefix'))[1]?.details).toEqual({ topic: 'com.log.basket' });
  });

  test('answers each condition, and all of them together', async () => {
    const { events, ids } = await setUp();
    const found = async (query: object) => (await events('com.log', query, 'prefix')).map(({ args }) => args[0]);
    expect(await found({ reverse: true })).toEqual([3, 2, 1, 0]);
    expect(await found({ limit: 2 })).toEqual([0, 1]);
    expect(await found({ limit: 2, reverse: true })).toEqual([3, 2]);
    expect(await found({ topic: 'com.log.auth' })).toEqual([0, 2]);
    expect(await found({ from_publication: ids[1] })).toEqual([1, 2, 3]);
    expect(await found({ after_publication: ids[1] })).toEqual([2, 3]);
    expect(await found({ before_publication: ids[1] })).toEqual([0]);
    expect(await found({ until_publication: ids[1] })).toEqual([0, 1]);
    expect(await found({ after_publication: ids[0], topic: 'com.log.auth' })).toEqual([2]);
    expect(await found({ from_publication: 12_345 })).toEqual([]);
    expect(await found({ from_time: '2000-01-01T00:00:00Z', before_time: '2999-01-01T00:00:00Z' })).toHaveLength(4);
    expect(await found({ after_time: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect(await found({ until_time: '2000-01-01T00:00:00Z' })).toEqual([]);
  });

  test('is bounded in number and octets, the oldest first', async () => {
    const { peer, events } = await setUp();
    await peer.publish('com.log.more', ['more']);
    expect((await events('com.log', {}, 'prefix')).map(({ args }) => args[0])).toEqual([1, 2, 3, 'more']);
    for (const letter of 'abc') await peer.publish('com.large', [letter.repeat(1_200)]);
    expect((await events('com.large')).map(({ args }) => (args[0] as string)[0])).toEqual(['b', 'c']);
  });

  test('leaves out what is addressed by session ids, and what the asker would not have heard', async () => {
    const { peer, router, events } = await setUp();
    const other = await joinV2(router);
    await other.publish('com.log.auth', ['ids'], { eligible: [peer.session] });
    await other.publish('com.log.auth', ['others'], { eligible_authid: ['nobody'] });
    await other.publish('com.log.auth', ['role'], { eligible_authrole: ['anonymous'] });
    expect((await events('com.log.auth')).map(({ args }) => args[0])).toEqual([0, 2, 'role']);
  });

  test('refuses conditions that make no sense, and who may not subscribe', async () => {
    const { router, peer } = await setUp();
    const [, , , [id] = []] = (await peer.call('wamp.subscription.lookup', ['com.log.auth'])) as unknown[][];
    for (const query of [
      { limit: 0 },
      { reverse: 1 },
      { from_time: 'yesterday' },
      { topic: 5 },
      { from_publication: 'x' },
    ]) {
      const answer = await peer.call('wamp.subscription.get_events', [id], {}, query);
      expect(answer[4]).toBe('wamp.error.invalid_argument');
    }
    expect((await peer.call('wamp.subscription.get_events', [999]))[4]).toBe('wamp.error.no_such_subscription');
    const session = router.session({ permissions: [{ uri: 'wamp.subscription.get_events', call: true }] });
    await expect(session.call('wamp.subscription.get_events', [id])).rejects.toMatchObject({
      uri: 'wamp.error.not_authorized',
    });
  });
});

// Advanced Profile, "Session Testament"
describe('testaments', () => {
  const setUp = async () => {
    const router = createV2Router();
    const [heir, dying] = [await joinV2(router), await joinV2(router)];
    await heir.subscribe('com.', { match: 'prefix' });
    const add = (topic: string, scope?: string, options?: object) =>
      dying.call(
        'wamp.session.add_testament',
        [topic, [topic], { k: 1 }],
        {},
        {
          ...(scope && { scope }),
          ...(options && { publish_options: options }),
        },
      );
    const heard = async (): Promise<unknown[]> => {
      await heir.barrier();
      return heir.untaken(code.EVENT).map((event) => event[4]);
    };
    return { router, heir, dying, add, heard };
  };

  test('are published when the session ends, whatever ends it: first those of detached, each in its order', async () => {
    const endings = [
      async ({ dying }: Awaited<ReturnType<typeof setUp>>) => dying.close(),
      async ({ dying }: Awaited<ReturnType<typeof setUp>>) => {
        dying.send(code.GOODBYE, {}, 'wamp.close.close_realm');
        await dying.take(code.GOODBYE);
      },
      async ({ dying, heir }: Awaited<ReturnType<typeof setUp>>) => {
        await heir.call('wamp.session.kill', [dying.session]);
      },
      async ({ dying }: Awaited<ReturnType<typeof setUp>>) => {
        dying.send(999);
        await dying.closed;
      },
    ];
    for (const end of endings) {
      const all = await setUp();
      for (const [topic, scope] of [['com.a'], ['com.b', 'detached'], ['com.c', 'destroyed'], ['com.d', 'detached']]) {
        expect((await all.add(topic!, scope))[0]).toBe(code.RESULT);
      }
      await end(all);
      await new Promise(setImmediate);
      expect(await all.heard()).toEqual([['com.b'], ['com.d'], ['com.a'], ['com.c']]);
    }
  });

  test('can be flushed by scope', async () => {
    const { add, dying, heard } = await setUp();
    await add('com.a');
    await add('com.b', 'detached');
    await dying.call('wamp.session.flush_testaments');
    await dying.close();
    await new Promise(setImmediate);
    expect(await heard()).toEqual([['com.b']]);
  });

  test('honour their publish options', async () => {
    const { add, dying, heir, heard } = await setUp();
    await add('com.a', 'destroyed', { exclude: [heir.session] });
    await add('com.b', 'destroyed', { eligible_authrole: ['anonymous'] });
    await dying.close();
    await new Promise(setImmediate);
    expect(await heard()).toEqual([['com.b']]);
  });

  test('are refused where the session may not publish, where they make no sense, and beyond their number', async () => {
    const { dying, add } = await setUp();
    expect((await add('wamp.x'))[4]).toBe('wamp.error.invalid_uri');
    expect((await add('com.a', 'someday'))[4]).toBe('wamp.error.invalid_argument');
    expect((await dying.call('wamp.session.add_testament', [5]))[4]).toBe('wamp.error.invalid_argument');
    const bound = createV2Router(
      {
        anonymous: [
          { uri: 'wamp.', match: 'prefix', call: true },
          { uri: 'com.ok', publish: true },
        ],
      },
      { limits: { maxTestaments: 1 } },
    );
    const peer = await joinV2(bound);
    expect((await peer.call('wamp.session.add_testament', ['com.no']))[4]).toBe('wamp.error.not_authorized');
    expect((await peer.call('wamp.session.add_testament', ['com.ok']))[0]).toBe(code.RESULT);
    expect((await peer.call('wamp.session.add_testament', ['com.ok']))[4]).toBe('wamp.error.unavailable');
  });
});

// Advanced Profile, "Subscription Revocation"
describe('a subscription that is revoked', () => {
  test.each([true, false])('is told to its subscriber where that announced it: %s', async (isCapable) => {
    const router = createV2Router();
    const admin = await joinV2(router);
    const peer = await joinV2(router, isCapable ? {} : { roles: basicRoles });
    const id = await peer.subscribe('com.topic');
    await admin.call('wamp.subscription.remove_subscriber', [id, peer.session], {}, { reason: 'no longer' });
    await admin.publish('com.topic', [1]);
    await peer.barrier();
    expect(peer.untaken(code.UNSUBSCRIBED)).toEqual(
      isCapable
        ? [[code.UNSUBSCRIBED, 0, { subscription: id, reason: 'postmaster.revoked.removed', message: 'no longer' }]]
        : [],
    );
    expect(peer.untaken(code.EVENT)).toEqual([]);
    expect((await peer.ask(code.UNSUBSCRIBE, id))[4]).toBe('wamp.error.no_such_subscription');
  });
});
