import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Basic Profile, "Basic Profile URIs": an incorrect URI in any message is answered with an ERROR.

const wrong = [[''], ['  '], ['com. error'], [null], [5], [['com.error']]] as const;

describe.each(serializerNames)('in %s', (serializer) => {
  const setUp = async () => {
    const postmaster = createV2Router();
    const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster, {}, serializer)];
    await callee.register('com.procedure');
    const call = caller.call('com.procedure');
    const [, invocation] = await callee.take(code.INVOCATION);
    return { caller, callee, call, invocation };
  };

  test.each(wrong)(
    'an ERROR of a callee whose reason is %j ends its call with invalid_uri, and no session',
    async (why) => {
      const { caller, callee, call, invocation } = await setUp();
      callee.send(code.ERROR, code.INVOCATION, invocation, {}, why, ['payload']);
      expect((await call)[4]).toBe('wamp.error.invalid_uri');
      for (const peer of [caller, callee]) expect((await peer.publish('com.topic'))[0]).toBe(code.PUBLISHED);
    },
  );

  test('an ERROR of a callee with a URI as WAMP v1 has them passes as it is', async () => {
    const { callee, call, invocation } = await setUp();
    callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'http://example.com/error#some');
    expect((await call)[4]).toBe('http://example.com/error#some');
  });

  test.each(wrong)('GOODBYE with the reason %j is answered', async (why) => {
    const peer = await joinV2(createV2Router(), {}, serializer);
    peer.send(code.GOODBYE, {}, why);
    const goodbye = [code.GOODBYE, {}, 'wamp.close.goodbye_and_out'];
    expect(await peer.take(([type]) => type === code.GOODBYE || type === code.ABORT)).toEqual(goodbye);
  });

  test.each(wrong)('ABORT with the reason %j ends the session without another word', async (why) => {
    const peer = await joinV2(createV2Router(), {}, serializer);
    peer.send(code.ABORT, {}, why);
    await peer.closed;
    expect(peer.untaken(code.ABORT)).toEqual([]);
  });
});
