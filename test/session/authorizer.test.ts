import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Authorizer, Logger, PostmasterOptions } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { createPatient, isAboutCallee } from '../support/patient.ts';
import { joinAs, settle, withPrincipals } from '../support/principals.ts';
import { expectNothingLeft } from '../support/router.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const noSuchProcedure = 'wamp.error.no_such_procedure';
const notAuthorized = 'wamp.error.not_authorized';
const failed = 'wamp.error.authorization_failed';

const everyRegistration = { uri: '', match: 'prefix', register: true, subscribe: true } as const;
const noSecrets = { uri: 'com.secret.', match: 'prefix', register: false } as const;
const principals = [
  ['caller', 'root'],
  ['other', 'root'],
  ['callee', 'narrow'],
] as const;

const setUp = async (authorizer: Authorizer, options: Partial<PostmasterOptions> = {}) => {
  const roles = { narrow: [everyRegistration, noSecrets] };
  const router = createV2Router({ ...withPrincipals(principals, roles), authorizer }, options);
  const [caller, other, callee] = [
    await joinAs(router, 'caller'),
    await joinAs(router, 'other'),
    await joinAs(router, 'callee'),
  ];
  const serve = async (): Promise<void> => {
    for (;;) {
      const [, invocation] = await callee.take(code.INVOCATION);
      callee.send(code.YIELD, invocation, {}, ['done']);
    }
  };
  serve().catch(() => {});
  return { router, caller, other, callee };
};

/** The errors of calls; undefined for those that were served. */
const outcomes = async (...calls: readonly Promise<readonly unknown[]>[]): Promise<readonly unknown[]> =>
  (await Promise.all(calls)).map(errorOf);

const registerAll = (callee: V2Peer, options = {}): Promise<number> =>
  callee.register('com.', { match: 'prefix', ...options });

/** A call under the pattern of a callee, about whom the authorizer has been asked and has not answered. */
const askAboutCallee = async () => {
  const { authorizer, questions, asked } = createPatient(isAboutCallee);
  const parts = await setUp(authorizer);
  await registerAll(parts.callee);
  const call = parts.caller.call('com.a');
  await asked(1);
  return { ...parts, call, questions };
};

// Advanced Profile, "Authorization"
describe('a question to the authorizer', () => {
  test('is asked once for all who wait for the answer', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, other, callee } = await setUp(authorizer);
    await registerAll(callee);
    const calls = [caller.call('com.a'), other.call('com.a')];
    await settle(callee);
    await asked(1);
    questions[0]?.answer(true);
    expect(await outcomes(...calls)).toEqual([undefined, undefined]);
    expect(errorOf(await other.call('com.a'))).toBeUndefined();
    expect(questions).toHaveLength(1);
  });

  test('is asked for each of them, one after the other, where the answer is for this time only', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, other, callee } = await setUp(authorizer);
    await registerAll(callee);
    const calls = [caller.call('com.a'), other.call('com.a')];
    await settle(callee);
    await asked(1);
    questions[0]?.answer({ allow: true, cache: false });
    expect(errorOf((await calls[0]) ?? [])).toBeUndefined();
    await asked(2);
    questions[1]?.answer({ allow: false, cache: false });
    expect(await outcomes(...calls)).toEqual([undefined, noSuchProcedure]);
    expect(questions).toHaveLength(2);
  });

  test('that was asked before the answers were to be forgotten is asked again', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutCallee);
    const { caller, other, callee, router } = await setUp(authorizer);
    await registerAll(callee);
    const calls = [caller.call('com.a'), other.call('com.a')];
    await asked(1);
    router.forgetAuthorizations({ session: callee.session });
    questions[0]?.answer(true);
    await asked(2);
    questions[1]?.answer(false);
    expect(await outcomes(...calls)).toEqual([noSuchProcedure, noSuchProcedure]);
    expect(questions).toHaveLength(2);
  });

  test('that has failed is not asked again, also where the answers were to be forgotten meanwhile', async () => {
    const { call, questions, router } = await askAboutCallee();
    router.forgetAuthorizations();
    questions[0]?.answer(undefined);
    expect(errorOf(await call)).toBe(noSuchProcedure);
    expect(questions).toHaveLength(1);
  });

  test('is not asked again about a session that has left meanwhile', async () => {
    const { call, callee, questions, router } = await askAboutCallee();
    await callee.close();
    await vi.waitFor(() => expect(router.stats().sessions).toBe(2));
    router.forgetAuthorizations();
    questions[0]?.answer(true);
    expect(errorOf(await call)).toBe(noSuchProcedure);
    expect(questions).toHaveLength(1);
  });

  const refusesNo: Authorizer = ({ uri, match }) => match === 'prefix' || !uri.endsWith('.no');
  test.each<[string, Authorizer]>([
    ['at once', refusesNo],
    ['in its time', async (request) => refusesNo(request)],
  ])('about what nobody asked for counts no refusal, one about a request each: %s', async (_, authorizer) => {
    const { caller, callee, router } = await setUp(authorizer);
    await registerAll(callee);
    expect(errorOf(await caller.call('com.a.no'))).toBe(notAuthorized);
    expect(errorOf(await caller.call('com.a.no'))).toBe(notAuthorized);
    expect(errorOf(await caller.call('com.secret.x'))).toBe(noSuchProcedure);
    expect(router.stats().counters).toMatchObject({ call_denied: 2, register_denied: 0, callback_failed: 0 });
  });

  test('about a callee that is refused counts no refusal', async () => {
    const { caller, callee, router } = await setUp((request) => !isAboutCallee(request));
    await registerAll(callee);
    expect(errorOf(await caller.call('com.a'))).toBe(noSuchProcedure);
    expect(router.stats().counters.register_denied).toBe(0);
  });
});

describe('an authorizer that does not answer', () => {
  const useFakeClock = (): void => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
  };

  test('has failed after authTimeout: the request is refused, and so is none of those behind it', async () => {
    useFakeClock();
    const { authorizer, questions } = createPatient(({ uri }) => uri === 'com.slow');
    const errors: unknown[] = [];
    const ignore = (): void => {};
    const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error: (facts) => errors.push(facts) };
    const { caller, other, router } = await setUp(authorizer, { logger, limits: { authTimeout: 300 } });
    const answers = [caller.publish('com.slow'), caller.publish('com.quick')];
    await settle(other);
    expect(questions).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(299);
    await settle(other);
    expect(caller.untaken(code.ERROR)).toEqual([]);
    expect(router.stats().counters.callback_failed).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcomes(...answers)).toEqual([failed, undefined]);
    expect(router.stats()).toMatchObject({ counters: { callback_failed: 1, publish_denied: 0 }, timers: 0 });
    expect(errors).toMatchObject([
      { cause: 'callback_failed', action: 'publish', uri: 'com.slow', err: { message: 'no answer within 300 ms' } },
    ]);
  });

  test('about a callee keeps all callers no longer than authTimeout, and they are refused', async () => {
    useFakeClock();
    const { authorizer, asked } = createPatient(isAboutCallee);
    const { caller, other, callee, router } = await setUp(authorizer);
    await registerAll(callee);
    const calls = [caller.call('com.a'), other.call('com.a')];
    await settle(callee);
    await asked(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await outcomes(...calls)).toEqual([noSuchProcedure, noSuchProcedure]);
    expect(router.stats().counters.callback_failed).toBe(1);
  });

  test('is asked again next time, and what it says too late is void', async () => {
    useFakeClock();
    const { authorizer, questions, asked } = createPatient(({ uri }) => uri === 'com.slow');
    const { caller, router } = await setUp(authorizer);
    const first = caller.publish('com.slow');
    await asked(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(errorOf(await first)).toBe(failed);
    questions[0]?.answer(true);
    const second = caller.publish('com.slow');
    await asked(2);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(errorOf(await second)).toBe(failed);
    questions[1]?.answer('nonsense');
    const third = caller.publish('com.slow');
    await asked(3);
    questions[2]?.answer(false);
    expect(errorOf(await third)).toBe(notAuthorized);
    expect(router.stats().counters.callback_failed).toBe(2);
  });

  test('holds nothing of a session that leaves before it may subscribe; what that session published is published', async () => {
    const { authorizer, asked } = createPatient(({ uri }) => uri === 'com.slow');
    const { caller, other, callee, router } = await setUp(authorizer);
    await other.subscribe('com.topic');
    caller.send(code.SUBSCRIBE, caller.next(), {}, 'com.slow');
    caller.send(code.PUBLISH, caller.next(), {}, 'com.topic', ['last words']);
    await asked(1);
    expect(router.stats().timers).toBe(1);
    caller.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await caller.take(code.GOODBYE);
    expect((await other.take(code.EVENT))[4]).toEqual(['last words']);
    for (const peer of [caller, other, callee]) await peer.close();
    await expectNothingLeft(router);
    expect(router.stats().counters.callback_failed).toBe(0);
  });

  test('keeps no timer running when the router has closed', async () => {
    const { authorizer, asked } = createPatient(({ uri }) => uri === 'com.slow');
    const { caller, router } = await setUp(authorizer);
    caller.send(code.PUBLISH, caller.next(), {}, 'com.slow');
    await asked(1);
    await router.close({ drain: 0 });
    expect(router.stats().timers).toBe(0);
  });
});

describe('an answer about a pattern that covers', () => {
  const covers = { allow: true, covers: true };

  test('settles what is under the pattern for the same action, and nothing else', async () => {
    const authorizer = vi.fn<Authorizer>(({ uri, action, match }) => {
      if (action === 'register' && uri === 'com.') return covers;
      if (action === 'subscribe') return { allow: true, covers: true };
      return match === 'prefix' || action !== 'register';
    });
    const { caller, callee } = await setUp(authorizer);
    await callee.subscribe('org.', { match: 'prefix' });
    await registerAll(callee);
    await callee.register('org.', { match: 'prefix' });
    expect(await outcomes(...['com.a', 'com.b', 'com.a'].map((uri) => caller.call(uri)))).toEqual(
      Array(3).fill(undefined),
    );
    expect(errorOf(await caller.call('org.a'))).toBe(noSuchProcedure);
    const asked = authorizer.mock.calls.filter(([{ action, match }]) => action === 'register' && match === 'exact');
    expect(asked.map(([{ uri }]) => uri)).toEqual(['org.a']);
  });

  test('does not settle what the rules forbid', async () => {
    const { caller, callee } = await setUp(() => covers);
    await registerAll(callee);
    expect(errorOf(await caller.call('com.secret.x'))).toBe(noSuchProcedure);
    expect(errorOf(await caller.call('com.open.x'))).toBeUndefined();
  });

  test.each([
    ['refuses', { allow: false, covers: true }],
    ['is for this time only', { allow: true, covers: true, cache: false }],
    ['says 1', { allow: true, covers: 1 }],
  ])('settles nothing where it %s', async (_, answer) => {
    const authorizer: Authorizer = ({ uri, action, match }) =>
      action === 'register' && uri === 'com.' ? answer : match === 'prefix' || action === 'call';
    const { caller, callee } = await setUp(authorizer);
    await callee.ask(code.REGISTER, { match: 'prefix' }, 'com.');
    await callee.register('com', { match: 'prefix' });
    expect(errorOf(await caller.call('com.a'))).toBe(noSuchProcedure);
  });

  test('does not overrule what was said about one URI', async () => {
    const authorizer: Authorizer = ({ uri, action }) => (action === 'register' && uri === 'com.a' ? false : covers);
    const { caller, callee } = await setUp(authorizer);
    expect(errorOf(await callee.ask(code.REGISTER, {}, 'com.a'))).toBe(notAuthorized);
    await registerAll(callee);
    expect(await outcomes(caller.call('com.a'), caller.call('com.b'))).toEqual([noSuchProcedure, undefined]);
  });

  test('is forgotten with the others', async () => {
    const authorizer: Authorizer = (request) => (isAboutCallee(request) ? false : covers);
    const { caller, callee, router } = await setUp(authorizer);
    await registerAll(callee);
    expect(errorOf(await caller.call('com.a'))).toBeUndefined();
    router.forgetAuthorizations({ session: callee.session });
    expect(errorOf(await caller.call('com.a'))).toBe(noSuchProcedure);
  });

  test('is remembered for the last 64 patterns of a session; under others the authorizer is asked', async () => {
    const authorizer = vi.fn<Authorizer>(() => covers);
    const { caller, callee } = await setUp(authorizer);
    for (let at = 0; at < 65; at += 1) callee.send(code.REGISTER, callee.next(), { match: 'prefix' }, `com.p${at}.`);
    await callee.barrier();
    // An answer about one URI is none about a pattern.
    for (let at = 0; at < 64; at += 1) callee.send(code.REGISTER, callee.next(), {}, `net.p${at}`);
    await callee.barrier();
    const askedAbout = (): readonly string[] =>
      authorizer.mock.calls
        .map(([request]) => request)
        .filter(isAboutCallee)
        .map(({ uri }) => uri);
    await outcomes(...['com.p1.a', 'com.p64.a', 'com.p0.a'].map((uri) => caller.call(uri)));
    expect(askedAbout().slice(64)).toEqual(['com.p0.a']);
  });
});
