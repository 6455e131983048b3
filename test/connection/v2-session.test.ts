import { describe, expect, test } from 'vitest';
import { routerRolesWithoutHistory } from '../../src/wamp/feature.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

describe('a session', () => {
  test.each(['json', 'msgpack', 'cbor'] as const)(
    'is opened by HELLO and closed by GOODBYE in %s',
    async (serializer) => {
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
    },
  );

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
