import { Subject } from 'rxjs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { leave } from '../support/calls.ts';
import { heard, settle } from '../support/principals.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// A topic is an RxJS Subject, and whoever hears it is subscribed to that Subject: there is no second way to a subscriber.

const topic = 'com.topic';
/** The Subjects that are given EVENTs, as they are used; while they are held none of them passes one on. */
const watchSubjects = () => {
  const { next } = Subject.prototype;
  const given: { readonly subject: Subject<unknown>; readonly event: { readonly subscription: number } }[] = [];
  let isHeld = false;
  const spy = vi.spyOn(Subject.prototype, 'next').mockImplementation(function (this: Subject<unknown>, value) {
    const isEvent = (value as { readonly type?: unknown } | undefined)?.type === 'EVENT';
    if (isEvent) given.push({ subject: this, event: value as { readonly subscription: number } });
    if (!isEvent || !isHeld) next.call(this, value);
  });
  onTestFinished(() => spy.mockRestore());
  return {
    /** The Subject that has been given events of a subscription. */
    of: (subscription: number): Subject<unknown> => {
      const [first, ...others] = new Set(
        given.filter(({ event }) => event.subscription === subscription).map(({ subject }) => subject),
      );
      if (!first || others.length > 0) throw new Error(`${others.length + Number(!!first)} Subjects for one topic`);
      return first;
    },
    given,
    hold: (held: boolean): void => {
      isHeld = held;
    },
  };
};

/** A router where everybody who can hear a topic does, each by its own name. */
const setUp = async () => {
  const subjects = watchSubjects();
  const router = createV2Router({ history: [{ uri: topic }] }, { v1: { open: true } });
  const publisher = await joinV2(router);
  const [exact, cbor, prefix, wildcard] = [
    await joinV2(router),
    await joinV2(router, {}, 'cbor'),
    await joinV2(router),
    await joinV2(router),
  ];
  const old = await connectV1InMemory(router);
  const session = router.session();
  const [local, observed, observedPattern]: [unknown[], unknown[], unknown[]] = [[], [], []];
  const id = await exact.subscribe(topic);
  await cbor.subscribe(topic);
  const prefixId = await prefix.subscribe('com.', { match: 'prefix' });
  const wildcardId = await wildcard.subscribe('com.', { match: 'wildcard' });
  old.subscribe(topic);
  await old.barrier();
  const localSubscription = await session.subscribe(topic, ({ args }) => void local.push(args[0]), {});
  const subscription = router.topic(topic).subscribe(({ args }) => void observed.push(args[0]));
  const patternSubscription = router
    .topic('com.', { match: 'prefix' })
    .subscribe(({ args }) => void observedPattern.push(args[0]));
  const stored = async (): Promise<unknown[]> => {
    const [, , , found = []] = await publisher.call('wamp.subscription.get_events', [id]);
    return (found as { readonly args: readonly unknown[] }[]).map(({ args }) => args[0]);
  };
  const hearers = async (): Promise<Record<string, readonly unknown[]>> => {
    await settle(publisher, exact, cbor, prefix, wildcard);
    await old.barrier();
    return {
      exact: heard(exact),
      cbor: heard(cbor),
      prefix: heard(prefix),
      wildcard: heard(wildcard),
      v1: old.events.map(([, event]) => event),
      'in-process': local,
      observed: observed,
      'observed pattern': observedPattern,
      history: await stored(),
    };
  };
  const ids = { id, prefixId, wildcardId };
  const peers = { publisher, exact, cbor, prefix, wildcard, old };
  return { router, subjects, hearers, ...ids, ...peers, localSubscription, subscription, patternSubscription };
};

type World = Awaited<ReturnType<typeof setUp>>;

/** Every way in which a publication comes into a realm. */
const publishers: Readonly<Record<string, (world: World) => unknown>> = {
  'a v2 session': ({ publisher }) => publisher.publish(topic, ['a v2 session']),
  'a v1 session': async ({ router }) => {
    const old = await connectV1InMemory(router);
    old.publish(topic, 'a v1 session');
    await old.barrier();
  },
  'a session in this process': ({ router }) => router.session().publish(topic, ['a session in this process']),
  'the embedding program': ({ router }) => router.publishEvent(topic, 'the embedding program'),
  'a testament': async ({ router }) => {
    const peer = await joinV2(router);
    await peer.call('wamp.session.add_testament', [topic, ['a testament'], {}]);
    await leave(peer);
  },
};

const names = Object.keys(publishers);

describe('every event', () => {
  test('is heard by nobody while the Subject of its topic holds it, and by everybody once else', async () => {
    const world = await setUp();
    world.subjects.hold(true);
    for (const publish of Object.values(publishers)) await publish(world);
    for (const [name, events] of Object.entries(await world.hearers())) expect([name, events]).toEqual([name, []]);
    world.subjects.hold(false);
    for (const publish of Object.values(publishers)) await publish(world);
    for (const [name, events] of Object.entries(await world.hearers())) expect([name, events]).toEqual([name, names]);
  });

  test('passes each Subject that covers its topic once, as one object for all its subscribers', async () => {
    const world = await setUp();
    await world.publisher.publish(topic, [1]);
    const { id, prefixId, wildcardId } = world;
    expect(world.subjects.given.map(({ event }) => event.subscription)).toEqual([id, prefixId, wildcardId]);
  });

  test('about the realm itself goes the same way', async () => {
    const subjects = watchSubjects();
    const router = createV2Router();
    const peer = await joinV2(router);
    await peer.subscribe('wamp.session.on_join');
    subjects.hold(true);
    await joinV2(router);
    await settle(peer);
    expect(heard(peer)).toEqual([]);
    subjects.hold(false);
    const { session } = await joinV2(router);
    await settle(peer);
    expect(heard(peer)).toMatchObject([{ session }]);
  });

  test('that is retained is told to a new subscriber alone, and no Subject passes it again', async () => {
    const { subjects, publisher, router, hearers } = await setUp();
    await publisher.publish(topic, ['retained'], { retain: true });
    const before = await hearers();
    subjects.given.length = 0;
    subjects.hold(true);
    const late = await joinV2(router);
    await late.subscribe(topic, { get_retained: true });
    expect((await late.take(code.EVENT))[4]).toEqual(['retained']);
    expect(subjects.given).toEqual([]);
    expect(await hearers()).toEqual(before);
  });
});

test('whoever hears a topic is one subscription to its Subject, which ends with what holds it', async () => {
  const world = await setUp();
  await world.publisher.publish(topic, [1]);
  const { id, prefixId, wildcardId, exact, cbor, prefix, wildcard, old, publisher } = world;
  const [own, under, wild] = [id, prefixId, wildcardId].map((each) => world.subjects.of(each));
  const counts = (): readonly unknown[] => [own, under, wild].map((subject) => subject?.observers.length);
  // Two v2 sessions, a v1 session, one in this process, an Observable and the history.
  expect(counts()).toEqual([6, 2, 1]);
  await exact.ask(code.UNSUBSCRIBE, id);
  expect(counts()).toEqual([5, 2, 1]);
  await leave(cbor);
  expect(counts()).toEqual([4, 2, 1]);
  await world.localSubscription.unsubscribe();
  expect(counts()).toEqual([3, 2, 1]);
  world.subscription.unsubscribe();
  expect(counts()).toEqual([2, 2, 1]);
  old.unsubscribe(topic);
  await old.barrier();
  expect(counts()).toEqual([1, 2, 1]);
  world.patternSubscription.unsubscribe();
  await publisher.call('wamp.subscription.remove_subscriber', [prefixId, prefix.session]);
  expect(counts()).toEqual([1, 0, 1]);
  await publisher.call('wamp.session.kill', [wildcard.session]);
  expect(counts()).toEqual([1, 0, 0]);
});
