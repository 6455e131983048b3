import { afterEach, describe, expect, test, vi } from 'vitest';
import { serializerNames } from '../../../src/codec/serializers.ts';
import { routerRolesWithoutHistory } from '../../../src/wamp/feature.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../../support/v2-client.ts';
import { code, createV2Router } from '../../support/v2-router.ts';

describe('a session', () => {
  test.each(serializerNames)('is opened by HELLO and closed by GOODBYE in %s', async (serializer) => {
    const peer = connectV2InMemory(createV2Router(), serializer);
    const [type, session, details] = await peer.hello();
    expect(type).toBe(code.WELCOME);
    expect(session).toBeGreaterThan(0);
    expect(details).toMatchObject({
      roles: routerRolesWithoutHistory,
      realm: 'realm1',
      authrole: 'anonymous',
      authmethod: 'anonymous',
    });
    expect(Object.keys((details as { roles: object }).roles)).toEqual(['broker', 'dealer']);
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    expect(await peer.take(code.GOODBYE)).toEqual([code.GOODBYE, {}, 'wamp.close.goodbye_and_out']);
  });

  test('leaves the link to another one, with an id and request ids of its own', async () => {
    const peer = await joinV2(createV2Router());
    const first = peer.session;
    expect(await peer.ask(code.SUBSCRIBE, {}, 'com.topic')).toEqual([code.SUBSCRIBED, 1, expect.any(Number)]);
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    expect((await peer.hello())[0]).toBe(code.WELCOME);
    expect(peer.session).not.toBe(first);
    expect(await peer.ask(code.SUBSCRIBE, {}, 'com.topic')).toEqual([code.SUBSCRIBED, 1, expect.any(Number)]);
  });
});

describe('a peer that says no HELLO', () => {
  const reason = 'postmaster.close.hello_timeout';
  const message = 'no HELLO was received within 1000 ms';
  const abort = [code.ABORT, { message }, reason];
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is told so at the deadline, closed and counted', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const router = createV2Router({}, { limits: { helloTimeout: 1_000 }, logger });
    const peer = connectV2InMemory(router);
    await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(999);
    expect(peer.received).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await peer.closed).toEqual({ code: 1008, reason });
    expect(peer.received).toEqual([abort]);
    const { counters } = router.stats();
    expect(Object.entries(counters).filter(([, count]) => count > 0)).toEqual([['hello_timeout', 1]]);
    expect(warn.mock.calls).toEqual([
      [expect.objectContaining({ cause: 'hello_timeout', reason, message }), 'a connection is closed by the router'],
    ]);
  });

  test('after its GOODBYE is told the same', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const router = createV2Router({}, { limits: { helloTimeout: 1_000 } });
    const peer = await joinV2(router);
    peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await peer.take(code.GOODBYE);
    await vi.advanceTimersByTimeAsync(1_000);
    await peer.closed;
    expect(peer.received.at(-1)).toEqual(abort);
    expect(router.stats().counters.hello_timeout).toBe(1);
  });

  test('over a WebSocket hears ABORT before the close frame', async () => {
    const router = createV2Router({}, { limits: { helloTimeout: 50 } });
    const { url } = await router.listen({ port: 0 });
    const peer = await connectV2(url);
    expect(await peer.closed).toEqual({ code: 1008, reason });
    expect(peer.received).toEqual([[code.ABORT, { message: 'no HELLO was received within 50 ms' }, reason]]);
  });
});
