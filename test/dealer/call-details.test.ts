import { describe, expect, test } from 'vitest';
import { basic, beginCall, errorOf, finalAnswers, heard, joinPair, nextInvocation, settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Caller Identification"
describe('the identity of a caller', () => {
  const detailsFor = async (
    realm: Parameters<typeof createV2Router>[0],
    options: object,
    registerOptions: object = {},
  ) => {
    const { caller, callee } = await joinPair(createV2Router(realm));
    await callee.register('com.procedure', registerOptions);
    const request = beginCall(caller, 'com.procedure', options);
    await caller.barrier();
    return {
      details: heard(callee, code.INVOCATION)[0]?.[3],
      errors: finalAnswers(caller, request).map(errorOf),
      identity: {
        caller: caller.session,
        caller_authid: caller.welcome.authid,
        caller_authrole: 'anonymous',
      },
    };
  };

  test('is in INVOCATION.Details when the caller asks for it', async () => {
    const { details, identity } = await detailsFor({}, { disclose_me: true });
    expect(details).toEqual(identity);
  });

  test('is not told otherwise', async () => {
    expect((await detailsFor({}, {})).details).toEqual({});
    expect((await detailsFor({}, { disclose_me: false })).details).toEqual({});
  });

  test('is told when the callee has asked for it at REGISTER', async () => {
    const { details, identity } = await detailsFor({}, {}, { disclose_caller: true });
    expect(details).toEqual(identity);
  });

  test('is told of every call in a realm that always discloses', async () => {
    const { details, identity } = await detailsFor({ disclosure: 'always' }, {});
    expect(details).toEqual(identity);
  });

  test('is denied in a realm that never does: the call ends in option_disallowed.disclose_me', async () => {
    const { details, errors } = await detailsFor({ disclosure: 'never' }, { disclose_me: true });
    expect(errors).toEqual(['wamp.error.option_disallowed.disclose_me']);
    expect(details).toBeUndefined();
  });
});

// Advanced Profile, "Payload Passthru Mode"
describe('payload passthru', () => {
  const ppt = { ppt_scheme: 'wamp', ppt_serializer: 'cbor', ppt_cipher: 'xsalsa20poly1305', ppt_keyid: 'key' };
  const payload = Buffer.from([0, 1, 255]);
  const passing = async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router), await joinV2(router, {}, 'msgpack')];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { ...ppt, receive_progress: true }, [payload]);
    return { router, caller, callee, request };
  };

  test('carries the ppt attributes of a CALL to its INVOCATION, and the payload as it is', async () => {
    const { callee } = await passing();
    expect((await callee.take(code.INVOCATION)).slice(3)).toEqual([{ ...ppt, receive_progress: true }, [payload]]);
  });

  test('carries the ppt attributes of a YIELD to its RESULT, progressive ones too', async () => {
    const { caller, callee, request } = await passing();
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, { ...ppt, progress: true }, [payload]);
    expect(await caller.take(code.RESULT)).toEqual([code.RESULT, request, { ...ppt, progress: true }, [payload]]);
    callee.send(code.YIELD, invocation, { ppt_scheme: 'mqtt', ppt_serializer: 'native' }, [payload]);
    expect(await caller.take(code.RESULT)).toEqual([
      code.RESULT,
      request,
      { ppt_scheme: 'mqtt', ppt_serializer: 'native' },
      [payload],
    ]);
  });

  test('carries the ppt attributes of the ERROR of a callee to the caller', async () => {
    const { caller, callee, request } = await passing();
    callee.send(code.ERROR, code.INVOCATION, await nextInvocation(callee), ppt, 'com.error', [payload]);
    expect(await caller.take(code.ERROR)).toEqual([code.ERROR, code.CALL, request, ppt, 'com.error', [payload]]);
  });

  test('in a CALL of a caller that did not announce it ends its session', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, basic), await joinV2(router)];
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', ppt, [payload]);
    expect((await caller.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    await callee.barrier();
    expect(heard(callee, code.INVOCATION)).toEqual([]);
  });

  test('in a CALL to a callee that did not announce it ends in feature_not_supported', async () => {
    const { caller, callee } = await joinPair(createV2Router(), basic);
    await callee.register('com.procedure');
    expect(errorOf(await caller.call('com.procedure', [payload], ppt))).toBe('wamp.error.feature_not_supported');
    await callee.barrier();
    expect(heard(callee, code.INVOCATION)).toEqual([]);
  });

  test('in a YIELD of a callee that did not announce it ends its session, and the call with it', async () => {
    const { caller, callee } = await joinPair(createV2Router(), basic);
    await callee.register('com.procedure');
    const answer = caller.call('com.procedure');
    callee.send(code.YIELD, await nextInvocation(callee), ppt, [payload]);
    expect((await callee.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
    expect(errorOf(await answer)).toBe('wamp.error.canceled');
  });

  test('in a YIELD to a caller that did not announce it ends the call in feature_not_supported, once', async () => {
    const router = createV2Router();
    const [caller, callee] = [await joinV2(router, basic), await joinV2(router)];
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure');
    const invocation = await nextInvocation(callee);
    callee.send(code.YIELD, invocation, ppt, [payload]);
    callee.send(code.YIELD, invocation, {}, ['late']);
    await settle(callee, caller);
    expect(finalAnswers(caller, request).map(errorOf)).toEqual(['wamp.error.feature_not_supported']);
  });

  test('is not in use when the scheme is empty', async () => {
    const { caller, callee } = await joinPair(createV2Router(), basic);
    await callee.register('com.procedure');
    beginCall(caller, 'com.procedure', { ppt_scheme: '', ppt_keyid: 'key' });
    expect((await callee.take(code.INVOCATION))[3]).toEqual({});
  });

  test('attributes of further parts of a progressive call are those of the first', async () => {
    const { caller, callee } = await joinPair(createV2Router());
    await callee.register('com.procedure');
    const request = beginCall(caller, 'com.procedure', { ...ppt, progress: true }, [payload]);
    caller.send(code.CALL, request, { ppt_scheme: 'mqtt' }, 'com.procedure', [payload]);
    await callee.take(code.INVOCATION);
    expect((await callee.take(code.INVOCATION))[3]).toEqual(ppt);
  });
});
