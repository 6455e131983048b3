import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Delivery } from '../../src/connection/delivery.ts';
import type { Authorizer, Postmaster, PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { createPatient, isAboutTopic } from '../support/patient.ts';
import { eventsOf, heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import { expectNothingLeft } from '../support/router.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const under = { match: 'prefix' } as const;
const rules = [
  { uri: '', match: 'prefix', subscribe: true, call: true, register: true, publish: true },
  { uri: 'wamp.', match: 'prefix', subscribe: true },
  { uri: 'com.forbidden', subscribe: false },
] as const;
const principals = [
  ['publisher', 'root'],
  ['hearer', 'narrow'],
  ['other', 'narrow'],
] as const;

const setUp = async (
  authorizer: Authorizer,
  options: Partial<PostmasterOptions> = {},
  realm: Partial<RealmSettings> = {},
) => {
  const router = createV2Router({ ...withPrincipals(principals, { narrow: rules }), authorizer, ...realm }, options);
  return {
    router,
    publisher: await joinAs(router, 'publisher'),
    hearer: await joinAs(router, 'hearer'),
    other: await joinAs(router, 'other', 'cbor'),
  };
};

/** Publishes the name of each topic to it. */
const publishAll = async (publisher: V2Peer, topics: readonly string[], options = {}): Promise<void> => {
  for (const topic of topics) await publisher.publish(topic, [topic], options);
};

const dropped = (router: Postmaster): number => router.stats().counters.event_dropped;

const useFakeClock = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
};

// Advanced Profile, "Authorization" and "Pattern-based Subscription"
describe('a pattern subscriber', () => {
  const mind = (uri: string): boolean => !uri.startsWith('com.secret');
  test.each<[string, Authorizer]>([
    ['at once', ({ uri, match }) => match !== 'exact' || mind(uri)],
    ['in its time', async ({ uri, match }) => match !== 'exact' || mind(uri)],
  ])('does not hear a topic that the authorizer refuses to it %s, and is asked about once', async (_, mindful) => {
    const authorizer = vi.fn<Authorizer>((request) => (request.action === 'subscribe' ? mindful(request) : true));
    const { router, publisher, hearer, other } = await setUp(authorizer);
    for (const peer of [hearer, other]) {
      await peer.subscribe('com.', under);
      await peer.subscribe('com.', { match: 'wildcard' });
    }
    const topics = ['com.a', 'com.secret', 'com.b', 'com.secret', 'com.forbidden', 'com.a'];
    await publishAll(publisher, topics);
    await settle(publisher, hearer, other);
    for (const peer of [hearer, other]) {
      expect(heard(peer)).toEqual(['com.a', 'com.a', 'com.b', 'com.b', 'com.a', 'com.a']);
      const asked = authorizer.mock.calls.flatMap(([request]) =>
        isAboutTopic(request) && request.session.id === peer.session ? [request.uri] : [],
      );
      expect(asked).toEqual(['com.a', 'com.secret', 'com.b']);
    }
    // Nobody has asked to subscribe to them.
    expect(router.stats().counters).toMatchObject({ subscribe_denied: 0, event_dropped: 0 });
  });

  test('is asked about as if it subscribed to the very topic: one answer is for both', async () => {
    const authorizer = vi.fn<Authorizer>(({ uri }) => uri !== 'com.secret');
    const { publisher, hearer } = await setUp(authorizer);
    expect(errorOf(await hearer.ask(code.SUBSCRIBE, {}, 'com.secret'))).toBe('wamp.error.not_authorized');
    await hearer.subscribe('com.', under);
    await publishAll(publisher, ['com.secret', 'com.a']);
    expect(errorOf(await hearer.ask(code.SUBSCRIBE, {}, 'com.a'))).toBeUndefined();
    expect(heard(hearer)).toEqual(['com.a']);
    const about = { realm: 'realm1', action: 'subscribe', uri: 'com.a', match: 'exact' };
    const session = { id: hearer.session, authid: 'hearer', authrole: 'narrow' };
    const asked = authorizer.mock.calls.map(([request]) => request).filter(isAboutTopic);
    expect(asked).toEqual([
      { ...about, session, uri: 'com.secret' },
      { ...about, session },
    ]);
  });

  test('is not asked about what it would not hear anyway', async () => {
    const { authorizer, questions } = createPatient(isAboutTopic);
    const { publisher, hearer } = await setUp(authorizer);
    await hearer.subscribe('com.', under);
    await publisher.publish('com.a', [1], { eligible: [publisher.session] });
    await publisher.publish('com.forbidden', [2]);
    await hearer.publish('com.own', [3]);
    await settle(publisher, hearer);
    expect(questions).toEqual([]);
  });

  test('in this process is judged like any other', async () => {
    const { authorizer, questions, asked } = createPatient(
      (request) => isAboutTopic(request) && request.uri !== 'com.a',
    );
    const { router, publisher } = await setUp(authorizer);
    const local = router.session();
    const events: unknown[] = [];
    await local.subscribe('com.', ({ args: [topic] }) => events.push(topic), under);
    await publishAll(publisher, ['com.a', 'com.slow', 'com.a']);
    await asked(1);
    expect(events).toEqual(['com.a']);
    questions[0]?.answer(false);
    await vi.waitFor(() => expect(events).toEqual(['com.a', 'com.a']));
  });

  test('hears what one of its handlers publishes after the event that it is for, however long that had to wait', async () => {
    const { authorizer, questions, asked } = createPatient(
      (request) => isAboutTopic(request) && request.uri === 'com.slow',
    );
    const { router, publisher } = await setUp(authorizer);
    const local = router.session();
    const events: unknown[] = [];
    const answer = ({ topic }: { readonly topic: string }): void => {
      if (topic === 'com.slow') router.publishEvent('com.answer', 'com.answer');
    };
    await local.subscribe('com.', answer, under);
    await local.subscribe('com.', ({ topic }) => events.push(topic), under);
    await publishAll(publisher, ['com.slow']);
    await asked(1);
    questions[0]?.answer(true);
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events).toEqual(['com.slow', 'com.answer']);
  });

  test('hears all topics that an answer about its pattern covers, but for those that the rules forbid', async () => {
    const { authorizer, questions } = createPatient(isAboutTopic);
    const covering: Authorizer = (request) =>
      request.match === 'exact' ? authorizer(request) : { allow: true, covers: true };
    const { publisher, hearer } = await setUp(covering);
    await hearer.subscribe('com.', { match: 'wildcard' });
    await hearer.subscribe('com', under);
    await publishAll(publisher, ['com.a', 'com.forbidden', 'com.a.b', 'com.a']);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.a', 'com.a', 'com.a.b', 'com.a', 'com.a']);
    expect(questions).toEqual([]);
  });

  test.each<[string, (allow: boolean) => unknown]>([
    ['at once', (allow) => ({ allow, cache: false })],
    ['in its time', async (allow) => ({ allow, cache: false })],
  ])('is asked about for each event where the answer, given %s, is for this time only', async (_, answer) => {
    let asked = 0;
    const authorizer: Authorizer = (request) => {
      if (!isAboutTopic(request)) return true;
      asked += 1;
      return answer(asked % 2 === 1);
    };
    const { publisher, hearer } = await setUp(authorizer);
    await hearer.subscribe('com.', under);
    for (const event of [1, 2, 3, 4, 5]) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.a', [event]);
    await settle(publisher, hearer);
    expect(asked).toBe(5);
    expect(heard(hearer)).toEqual([1, 3, 5]);
  });

  test('hears nothing by an answer that was asked for before the answers were to be forgotten', async () => {
    const { authorizer, questions, asked } = createPatient(isAboutTopic);
    const { router, publisher, hearer } = await setUp(authorizer);
    await hearer.subscribe('com.', under);
    await publisher.publish('com.a', [1]);
    await asked(1);
    router.forgetAuthorizations({ session: hearer.session });
    await publisher.publish('com.a', [2]);
    await asked(2);
    questions[0]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual([]);
    questions[1]?.answer(false);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual([]);
    expect(questions).toHaveLength(2);
  });
});

// Basic Profile, "Ordering Guarantees"
describe('while the authorizer has yet to decide about a topic', () => {
  // Topics, and no patterns.
  const isSlow = /^(com|org)\.slow|^wamp\..*on_/;
  const setUpSlow = async (options: Partial<PostmasterOptions> = {}) => {
    const patient = createPatient(
      ({ session, action, uri }) => action === 'subscribe' && session.authid === 'hearer' && isSlow.test(uri),
    );
    return { ...patient, ...(await setUp(patient.authorizer, options)) };
  };

  test.each([
    [true, ['com.known', 'com.slow', 'org.exact', 'com.known', 'org.pattern', 'com.slow', 'org.exact']],
    [false, ['com.known', 'org.exact', 'com.known', 'org.pattern', 'org.exact']],
  ])('all later events of the session wait, and come in their order when it says %s', async (answer, expected) => {
    const { publisher, hearer, questions, asked } = await setUpSlow();
    await hearer.subscribe('org.exact');
    await hearer.subscribe('org.p', under);
    await hearer.subscribe('com.', under);
    await publishAll(publisher, [
      'com.known',
      'com.slow',
      'org.exact',
      'com.known',
      'org.pattern',
      'com.slow',
      'org.exact',
    ]);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.known']);
    await asked(1);
    questions[0]?.answer(answer);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(expected);
    // Nothing waits any more.
    await publishAll(publisher, ['org.exact']);
    await settle(hearer);
    expect(heard(hearer)).toEqual([...expected, 'org.exact']);
  });

  test('those that wait for several answers are asked about at once, and keep their order whichever comes first', async () => {
    const { publisher, hearer, questions, uris } = await setUpSlow();
    await hearer.subscribe('com.', under);
    await publishAll(publisher, ['com.slow.1', 'com.a', 'com.slow.2', 'com.slow.3']);
    expect(uris()).toEqual(['com.slow.1', 'com.slow.2', 'com.slow.3']);
    questions[2]?.answer(true);
    questions[1]?.answer(false);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual([]);
    questions[0]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.slow.1', 'com.a', 'com.slow.3']);
  });

  test('other sessions do not wait, nor do calls and answers of this one', async () => {
    const { router, publisher, hearer, other, asked } = await setUpSlow();
    router.registerRPC('com.echo', () => 'echo');
    await hearer.register('com.procedure');
    await hearer.subscribe('com.', under);
    await other.subscribe('com.slow');
    await other.subscribe('com.a');
    await publishAll(publisher, ['com.slow', 'com.a']);
    await asked(1);
    await settle(publisher, other);
    expect(heard(other)).toEqual(['com.slow', 'com.a']);
    expect((await hearer.call('com.echo'))[3]).toEqual(['echo']);
    const call = other.call('com.procedure');
    const [, invocation] = await hearer.take(code.INVOCATION);
    hearer.send(code.YIELD, invocation, {}, ['done']);
    expect((await call)[3]).toEqual(['done']);
    expect(heard(hearer)).toEqual([]);
  });

  test('a subscriber of WAMP v1, which has no patterns, hears what it subscribed to', async () => {
    const authorizer: Authorizer = async ({ uri }) => uri !== 'com.secret';
    const { router, publisher } = await setUp(authorizer, { v1: { open: true } }, { anonymous: rules });
    const old = await connectV1InMemory(router);
    for (const topic of ['com.a', 'com.secret']) old.subscribe(topic);
    await old.barrier();
    await publishAll(publisher, ['com.a', 'com.secret', 'com.a']);
    await old.barrier();
    expect(old.events).toEqual(Array(2).fill(['com.a', 'com.a']));
  });

  test('no more than outboxSize octets wait: what comes then is dropped and counted, nor asked about', async () => {
    const { router, publisher, hearer, questions, uris } = await setUpSlow({ limits: { outboxSize: 4_500 } });
    await hearer.subscribe('org.exact');
    await hearer.subscribe('com.', under);
    const large = 'x'.repeat(1_000);
    for (const event of [1, 2, 3, 4]) await publisher.publish(`com.slow.${event}`, [event, large]);
    for (const event of [5, 6]) await publisher.publish('org.exact', [event]);
    await publisher.publish('com.slow.7', [7]);
    expect(dropped(router)).toBe(4);
    expect(uris()).toEqual(['com.slow.1', 'com.slow.2', 'com.slow.3', 'com.slow.4']);
    questions[0]?.answer(true);
    await settle(publisher, hearer);
    // There is room again.
    await publisher.publish('org.exact', [8, large]);
    questions[2]?.answer(true);
    questions[1]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual([1, 2, 3, 8]);
    expect(dropped(router)).toBe(4);
    for (const event of [9, 10]) await publisher.publish('org.exact', [event, large, large, large]);
    await settle(hearer);
    expect(heard(hearer)).toEqual([1, 2, 3, 8, 9, 10]);
  });

  test('nothing waits longer than authTimeout: then the answer is no', async () => {
    useFakeClock();
    const { router, publisher, hearer } = await setUpSlow({ limits: { authTimeout: 300 } });
    await hearer.subscribe('com.', under);
    await publishAll(publisher, ['com.slow.1', 'com.a']);
    await vi.advanceTimersByTimeAsync(200);
    await publishAll(publisher, ['com.slow.2', 'com.b']);
    await vi.advanceTimersByTimeAsync(99);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.a']);
    await vi.advanceTimersByTimeAsync(200);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.a', 'com.b']);
    expect(router.stats()).toMatchObject({ timers: 0, counters: { callback_failed: 2, subscribe_denied: 0 } });
  });

  test('UNSUBSCRIBE ends the wait of its events, and lets those of others go on', async () => {
    const { publisher, hearer, other, questions, asked } = await setUpSlow();
    // Somebody else keeps the subscription and its id alive.
    for (const peer of [hearer, other]) await peer.subscribe('com.', under);
    await hearer.subscribe('org.exact');
    await publishAll(publisher, ['com.slow', 'org.exact', 'com.a']);
    await asked(1);
    const subscription = await hearer.subscribe('com.', under);
    expect((await hearer.ask(code.UNSUBSCRIBE, subscription))[0]).toBe(code.UNSUBSCRIBED);
    expect(heard(hearer)).toEqual(['org.exact']);
    expect(await hearer.subscribe('com.', under)).toBe(subscription);
    await publishAll(publisher, ['com.b']);
    for (const { answer } of questions) answer(true);
    await settle(publisher, hearer, other);
    expect(heard(hearer)).toEqual(['org.exact', 'com.b']);
    expect(heard(other)).toEqual(['com.slow', 'com.a', 'com.b']);
  });

  test('a subscription that is revoked takes its events with it', async () => {
    const { publisher, hearer, questions, asked } = await setUpSlow();
    const subscription = await hearer.subscribe('com.', under);
    await hearer.subscribe('org.exact');
    await publishAll(publisher, ['com.slow', 'org.exact']);
    await asked(1);
    await publisher.call('wamp.subscription.remove_subscriber', [subscription, hearer.session]);
    await hearer.take(code.UNSUBSCRIBED);
    questions[0]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['org.exact']);
  });

  test('what a subscription that is over leaves is room for others', async () => {
    const { router, publisher, hearer, questions, asked } = await setUpSlow({ limits: { outboxSize: 1_300 } });
    const subscription = await hearer.subscribe('com.', under);
    await hearer.subscribe('org.', under);
    const large = 'x'.repeat(500);
    await publisher.publish('com.slow', ['com.slow', large]);
    await publishAll(publisher, ['org.slow']);
    await asked(2);
    await publisher.publish('org.known', ['dropped', large]);
    expect(dropped(router)).toBe(1);
    await hearer.ask(code.UNSUBSCRIBE, subscription);
    await publisher.publish('org.known', ['org.known', large]);
    questions[1]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['org.slow', 'org.known']);
    expect(dropped(router)).toBe(1);
  });

  test('a session may leave: nothing of it is left, and nobody is asked about it any more', async () => {
    const { router, publisher, hearer, other, questions, asked } = await setUpSlow();
    await hearer.subscribe('com.', under);
    await hearer.subscribe('org.exact');
    // It would hear that the one before ends.
    await hearer.subscribe('wamp.subscription.', under);
    await publishAll(publisher, ['com.slow', 'com.a', 'org.exact']);
    await asked(1);
    expect(router.stats().timers).toBe(1);
    hearer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
    await hearer.take(code.GOODBYE);
    // Its link may be used again: the timer is the one for HELLO.
    expect(router.stats()).toMatchObject({ sessions: 2, timers: 1 });
    await publishAll(publisher, ['com.slow']);
    questions[0]?.answer(true);
    await settle(publisher, other);
    expect(heard(hearer)).toEqual([]);
    expect(questions).toHaveLength(1);
    for (const peer of [publisher, hearer, other]) await peer.close();
    await expectNothingLeft(router);
    expect(router.stats().counters).toMatchObject({ callback_failed: 0, event_dropped: 0, internal_error: 0 });
  });

  test('an event that cannot be delivered keeps none of those behind it', async () => {
    const { router, publisher, hearer, questions, asked } = await setUpSlow();
    await hearer.subscribe('com.', under);
    await publishAll(publisher, ['com.slow', 'com.a']);
    await asked(1);
    const spy = vi.spyOn(Delivery.prototype, 'deliver').mockImplementationOnce(() => {
      throw new Error('a fault');
    });
    onTestFinished(() => spy.mockRestore());
    questions[0]?.answer(true);
    await vi.waitFor(() => expect(heard(hearer)).toEqual(['com.a']));
    expect(router.stats().counters.internal_error).toBe(1);
  });
});

// Advanced Profile, "Event Retention"
describe('the retained events of a pattern', () => {
  const topics = ['com.a', 'com.secret', 'com.forbidden', 'com.b'];
  const getRetained = { ...under, get_retained: true };

  test('are those of topics that the authorizer allows', async () => {
    const authorizer = vi.fn<Authorizer>(({ uri, action }) => action === 'publish' || uri !== 'com.secret');
    const { publisher, hearer } = await setUp(authorizer);
    await publishAll(publisher, topics, { retain: true });
    await hearer.subscribe('com.', getRetained);
    await hearer.subscribe('com.', getRetained);
    await settle(hearer);
    expect(heard(hearer)).toEqual(['com.a', 'com.b', 'com.a', 'com.b']);
    expect(eventsOf(hearer)[0]?.[3]).toEqual({ topic: 'com.a', retained: true });
    const asked = authorizer.mock.calls.map(([request]) => request).filter(isAboutTopic);
    expect(asked.map(({ uri }) => uri)).toEqual(['com.a', 'com.secret', 'com.b']);
  });

  test('come after SUBSCRIBED and before later events, however long the authorizer takes', async () => {
    const { authorizer, questions, uris } = createPatient(
      (request) => isAboutTopic(request) && request.uri.startsWith('com.'),
    );
    const { publisher, hearer } = await setUp(authorizer);
    await publishAll(publisher, topics, { retain: true });
    await hearer.subscribe('org.exact');
    await hearer.subscribe('com.', getRetained);
    await publishAll(publisher, ['org.exact', 'com.a']);
    expect(uris()).toEqual(['com.a', 'com.secret', 'com.b']);
    questions[0]?.answer(true);
    questions[1]?.answer(false);
    questions[2]?.answer(true);
    await settle(publisher, hearer);
    expect(heard(hearer)).toEqual(['com.a', 'com.b', 'org.exact', 'com.a']);
  });
});
