import { map, mergeMap, range } from 'rxjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Payload } from '../../src/index.ts';
import { WorkLimit } from '../../src/session/work-limit.ts';
import { beginCall, heard, settle } from '../support/calls.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const setUp = () => {
  const clock = { time: 0 };
  const turns: (() => void)[] = [];
  const busy = { count: 0 };
  const befores: number[] = [];
  const create = () =>
    new WorkLimit({
      now: () => clock.time,
      longest: () => 20,
      later: (task) => turns.push(task),
      busy,
      before: () => befores.push(clock.time),
    });
  const limit = create();
  /** Delivers until the time is over. */
  const exhaust = () => {
    while (!limit.isOver) {
      limit.spend(5000);
      clock.time += 1;
    }
  };
  return { clock, turns, befores, limit, exhaust, create };
};

test('a realm that has delivered for its time waits until the event loop has gone round', () => {
  const { clock, turns, limit } = setUp();
  for (let ms = 0; ms <= 20; ms += 1) {
    clock.time = ms;
    limit.spend(5000);
    expect(limit.isOver).toBe(false);
  }
  clock.time = 21;
  limit.spend(5000);
  expect(limit.isOver).toBe(true);
  limit.spend(5000);
  expect(turns).toHaveLength(1);
  turns.shift()?.();
  expect(limit.isOver).toBe(false);
  // What comes in another turn begins anew.
  clock.time = 1000;
  limit.spend(5000);
  expect(limit.isOver).toBe(false);
});

test('realms that are busy at the same time divide the turn', () => {
  const { clock, turns, limit, create } = setUp();
  const other = create();
  const spend = (): void => {
    for (const each of [limit, other]) each.spend(5000);
  };
  const lasts = (): number => {
    const begin = clock.time;
    while (!limit.isOver || !other.isOver) {
      spend();
      clock.time += 1;
    }
    return clock.time - begin;
  };
  expect(lasts()).toBeLessThan(15);
  while (turns.length > 0) turns.shift()?.();
  clock.time += 100;
  limit.spend(5000);
  clock.time += 19;
  limit.spend(5000);
  // Alone again it has all of it.
  expect(limit.isOver).toBe(false);
});

test('few deliveries never look at the clock', () => {
  const limit = new WorkLimit({
    now: () => {
      throw new Error('looked');
    },
    longest: () => 20,
    later: () => {},
    before: () => {},
    busy: { count: 0 },
  });
  for (let count = 0; count < 20; count += 1) limit.spend(100);
});

test('those who wait do something each in turns, however much one of them has to do', () => {
  const { turns, limit, exhaust } = setUp();
  const done: string[] = [];
  const waiting = (name: string, count: number, work: () => void) => {
    let left = count;
    const step = (): void => {
      done.push(name);
      work();
      left -= 1;
      if (left > 0) limit.wait({ step });
    };
    limit.wait({ step });
  };
  exhaust();
  waiting('flood', 5, exhaust);
  waiting('a', 2, () => {});
  waiting('b', 1, () => {});
  turns.shift()?.();
  expect(done).toEqual(['flood']);
  turns.shift()?.();
  expect(done).toEqual(['flood', 'a', 'b', 'flood']);
  turns.shift()?.();
  expect(done).toEqual(['flood', 'a', 'b', 'flood', 'a', 'flood']);
  while (turns.length > 0) turns.shift()?.();
  expect(done.filter((name) => name === 'flood')).toHaveLength(5);
});

test('those who wait do little between two looks at the clock, also when they deliver to nobody', () => {
  const { clock, turns, limit, exhaust } = setUp();
  exhaust();
  let steps = 0;
  const step = (): void => {
    steps += 1;
    clock.time += 1;
    limit.wait({ step });
  };
  limit.wait({ step });
  turns.shift()?.();
  expect(steps).toBeGreaterThan(20);
  expect(steps).toBeLessThan(60);
});

test('what has been answered goes out before those who wait go on', () => {
  const { clock, turns, befores, limit, exhaust } = setUp();
  exhaust();
  turns.shift()?.();
  expect(befores).toEqual([]);
  exhaust();
  const answered = clock.time;
  limit.wait({ step: exhaust });
  turns.shift()?.();
  expect(clock.time).toBeGreaterThan(answered);
  expect(befores).toEqual([answered]);
});

/** So many ms pass whenever somebody looks at the clock. */
const tick = (step = 1): void => {
  let time = performance.now();
  const ticking = vi.spyOn(performance, 'now').mockImplementation(() => {
    time += step;
    return time;
  });
  onTestFinished(() => void ticking.mockRestore());
};

/** A realm in which so many subscribe to `com.topic`, and what its observer has heard. */
const createBusyRealm = async (size: number) => {
  const realms = ['busy', 'other'].map((name) => ({ name, anonymous: everythingAndMeta }));
  const postmaster = createV2Router({}, { realms });
  const join = (realm = 'busy') => joinV2(postmaster, {}, 'json', realm);
  const subscribers = await Promise.all(Array.from({ length: size }, () => join()));
  for (const peer of subscribers) await peer.subscribe('com.topic');
  const heard: unknown[] = [];
  const observing = postmaster.topic('com.topic', { realm: 'busy' }).subscribe(({ args }) => heard.push(args[0]));
  onTestFinished(() => observing.unsubscribe());
  return { postmaster, subscribers, heard, join };
};

const flood = (publisher: V2Peer, count: number): void => {
  for (let at = 0; at < count; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
};

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

// Design 5: no turn of the event loop longer than 50 ms.
test('many publications to many subscribers leave room for other realms, and arrive in order', async () => {
  const { subscribers, heard, join } = await createBusyRealm(500);
  const [publisher, colleague, neighbour] = [await join(), await join(), await join('other')];
  tick();
  flood(publisher, 400);
  const first = heard.length;
  expect(first).toBeGreaterThan(20);
  expect(first).toBeLessThan(300);
  // A colleague waits as well, a neighbour does not.
  colleague.send(code.PUBLISH, colleague.next(), {}, 'com.topic', ['colleague']);
  expect(heard).toHaveLength(first);
  await neighbour.barrier();
  expect(heard.length).toBeLessThan(400);

  await settle(publisher, colleague, ...subscribers);
  expect(heard.filter((event) => event !== 'colleague')).toEqual(upTo(400));
  expect(heard.indexOf('colleague')).toBeLessThan(400);
  for (const peer of subscribers) {
    const events = peer.received.filter(([type]) => type === code.EVENT).map((event) => (event[4] as unknown[])[0]);
    expect(events).toEqual(heard);
  }
});

test('one that publishes without end does not delay the calls of others', async () => {
  const { heard, join } = await createBusyRealm(300);
  const [publisher, caller] = [await join(), await join()];
  tick();
  let isAnswered = false;
  flood(publisher, 2000);
  const answer = caller.call('com.example.nobody').then((message) => {
    isAnswered = true;
    return message;
  });
  const before = heard.length;
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(isAnswered).toBe(true);
  expect(heard.length - before).toBeLessThan(1000);
  expect((await answer)[4]).toBe('wamp.error.no_such_procedure');
  await settle(publisher);
});

test('who says GOODBYE behind many publications has published them, before on_leave', async () => {
  const { heard, join } = await createBusyRealm(300);
  const [publisher, watcher] = [await join(), await join()];
  await watcher.subscribe('com.topic');
  await watcher.subscribe('wamp.session.on_leave');
  publisher.send(code.CALL, publisher.next(), {}, 'wamp.session.add_testament', ['com.topic', ['testament'], {}]);
  tick();
  flood(publisher, 300);
  publisher.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  await publisher.take(code.GOODBYE);
  await settle(watcher);
  expect(heard).toEqual([...upTo(300), 'testament']);
  const events = watcher.received.filter(([type]) => type === code.EVENT).map((event) => (event[4] as unknown[])[0]);
  expect(events).toEqual([...heard, publisher.session]);
  // The link can be used again: nothing has left it paused.
  expect((await publisher.hello('busy'))[0]).toBe(code.WELCOME);
});

test('what a peer asked for before its wire was cut has been done', async () => {
  const { heard, join } = await createBusyRealm(300);
  const publisher = await join();
  tick();
  flood(publisher, 200);
  publisher.send(code.CALL, publisher.next(), {}, 'wamp.session.add_testament', ['com.topic', ['testament'], {}]);
  publisher.wire.close();
  await publisher.closed;
  await new Promise(setImmediate);
  expect(heard).toEqual([...upTo(200), 'testament']);
});

test('a session in this process may publish much and leave at once', async () => {
  const { postmaster, heard } = await createBusyRealm(300);
  const session = postmaster.session({ realm: 'busy' });
  tick();
  const published = upTo(200).map((at) => session.publish('com.topic', [at]));
  session.leave();
  await Promise.all(published);
  expect(heard).toEqual(upTo(200));
});

test('what a killed session had published before is published, also when it is killed inside a turn', async () => {
  const { heard, join } = await createBusyRealm(300);
  const [publisher, killer] = [await join(), await join()];
  tick(4);
  // Not more than is read of a peer that has to wait.
  flood(publisher, 80);
  expect(heard.length).toBeLessThan(80);
  await killer.call('wamp.session.kill', [publisher.session]);
  while (heard.length < 80) await new Promise(setImmediate);
  expect(heard).toEqual(upTo(80));
});

test('a list that its publisher uses again says what it said when it was published', async () => {
  const { postmaster, heard } = await createBusyRealm(300);
  const session = postmaster.session({ realm: 'busy' });
  tick();
  const args = [0];
  const published: Promise<unknown>[] = [];
  for (let at = 0; at < 200; at += 1) {
    args[0] = at;
    published.push(session.publish('com.topic', args));
  }
  await Promise.all(published);
  expect(heard).toEqual(upTo(200));
});

test('nor does a call that waits see what its list says later', async () => {
  const { postmaster } = await createBusyRealm(300);
  const session = postmaster.session({ realm: 'busy' });
  await postmaster.session({ realm: 'busy' }).register('com.echo', ({ args }) => args[0]);
  tick();
  const published = upTo(60).map((at) => session.publish('com.topic', [at]));
  const args = [0];
  const answers: Promise<Payload>[] = [];
  for (let at = 0; at < 60; at += 1) {
    args[0] = at;
    answers.push(session.call('com.echo', args));
  }
  await Promise.all(published);
  expect((await Promise.all(answers)).map((answer) => answer.args?.[0])).toEqual(upTo(60));
});

test('a session in this process that answers each event publishes in the order of the events', async () => {
  const { postmaster, join } = await createBusyRealm(0);
  const answered: unknown[] = [];
  postmaster.topic('com.answer', { realm: 'busy' }).subscribe(({ args }) => answered.push(args[0]));
  const session = postmaster.session({ realm: 'busy' });
  await session.subscribe('com.topic', ({ args }) => session.publish('com.answer', args));
  const count = 20_000;
  postmaster.intercept(
    { topic: 'com.topic', realm: 'busy' },
    mergeMap((publication) => range(count).pipe(map((at) => ({ ...publication, args: [at] })))),
  );
  const publisher = await join();
  tick();
  flood(publisher, 1);
  while (answered.length < count) await new Promise(setImmediate);
  expect(answered.findIndex((event, at) => event !== at)).toBe(-1);
});

test('a callee that leaves many calls behind leaves room for others, and each call has one ERROR', async () => {
  const { postmaster, join } = await createBusyRealm(0);
  const [callee, neighbour] = [await join(), await join('other')];
  const callers = await Promise.all(upTo(8).map(() => join()));
  await callee.register('com.example.silent');
  const requests = callers.map((caller) => upTo(1_000).map(() => beginCall(caller, 'com.example.silent')));
  await settle(...callers);
  const open = (): number => postmaster.stats().pendingCalls;
  expect(open()).toBe(8_000);
  tick();
  callee.wire.close();
  await callee.closed;
  while (open() === 8_000) await new Promise(setImmediate);
  expect(open()).toBeGreaterThan(1_000);
  // A caller may leave meanwhile, and another take its request back.
  callers[7]?.wire.close();
  callers[6]?.send(code.CANCEL, requests[6]?.[999], { mode: 'kill' });
  await neighbour.barrier();
  while (open() > 0) await new Promise(setImmediate);
  const left = callers.slice(0, 7);
  await settle(...left);
  left.forEach((caller, at) => {
    const answered = heard(caller, code.ERROR).map(([, , request]) => request as number);
    const last = requests[at]?.at(-1) ?? 0;
    expect(answered.filter((request) => request <= last).sort((a, b) => a - b)).toEqual(requests[at]);
  });
});
