import { expect, test } from 'vitest';
import { noRoom } from '../../src/session/held.ts';
import { Inbox } from '../../src/session/inbox.ts';
import { createTurnQueue } from '../../src/session/turn-queue.ts';
import type { Waiter } from '../../src/session/work-limit.ts';
import type { SessionRequest } from '../../src/wamp/message.ts';
import { emptyPayload, MessagePayload } from '../../src/wamp/payload.ts';
import { settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';
import { collectGarbage } from '../transport/memory.ts';

const setUp = async () => {
  let allow: (() => void) | undefined;
  const thinking = new Promise<boolean>((resolve) => {
    allow = () => resolve(true);
  });
  const postmaster = createV2Router({}, { messageToPublish: () => thinking });
  const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
  await subscriber.subscribe('com.topic');
  return { publisher, subscriber, allow: () => allow?.() };
};

// Decision 15.
test('what was published before GOODBYE is decided on and published all the same', async () => {
  const { publisher, subscriber, allow } = await setUp();
  for (const at of [1, 2]) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
  publisher.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  await publisher.take(code.GOODBYE);
  allow();
  for (const at of [1, 2]) expect((await subscriber.take(code.EVENT))[4]).toEqual([at]);
});

test('a link whose session had more requests than it may pile up is read again after GOODBYE', async () => {
  const { publisher, subscriber, allow } = await setUp();
  for (let at = 0; at < 63; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
  // Together, as they arrive from a wire.
  publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [63]);
  publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [64]);
  publisher.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  const welcomed = publisher.take(code.GOODBYE).then(() => publisher.hello());
  allow();
  expect((await welcomed)[0]).toBe(code.WELCOME);
  await settle(subscriber);
  expect(subscriber.untaken(code.EVENT)).toHaveLength(65);
});

test('a session that is killed while its requests pile up does not leave its link paused', async () => {
  const { publisher, subscriber } = await setUp();
  for (let at = 0; at < 70; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
  await subscriber.call('wamp.session.kill', [publisher.session]);
  await publisher.take(code.GOODBYE);
  publisher.send(code.GOODBYE, {}, 'wamp.close.goodbye_and_out');
  expect((await publisher.hello())[0]).toBe(code.WELCOME);
});

test('what a session in this process publishes while its requests are worked off comes behind them', async () => {
  let allow: (() => void) | undefined;
  const thinking = new Promise<boolean>((resolve) => {
    allow = () => resolve(true);
  });
  const postmaster = createV2Router({}, { messageToPublish: (_, { args }) => (args[0] === 'first' ? thinking : true) });
  const [session, other] = [postmaster.session(), postmaster.session()];
  const heard: unknown[] = [];
  await session.subscribe(
    'com.topic',
    async ({ args: [event] }) => {
      heard.push(event);
      if (event === 'first') await session.publish('com.topic', ['third'], undefined, { exclude_me: false });
    },
    {},
  );
  const events: unknown[] = [];
  await other.subscribe('com.topic', ({ args }) => {
    events.push(args[0]);
  });
  const options = { exclude_me: false };
  const published = ['first', 'second'].map((event) => session.publish('com.topic', [event], undefined, options));
  allow?.();
  await Promise.all(published);
  while (events.length < 3) await new Promise(setImmediate);
  expect(events).toEqual(['first', 'second', 'third']);
  expect(heard).toEqual(events);
});

/** An inbox alone, and what its owner was told. With `decide` each request waits for a decision. */
const createInbox = ({
  decide,
  room = Number.POSITIVE_INFINITY,
}: {
  readonly decide?: (settle: () => void) => void;
  readonly room?: number;
} = {}) => {
  const turns = createTurnQueue((error) => {
    throw error;
  });
  const waiting: Waiter[] = [];
  const work = { isOver: false, wait: (each: Waiter) => waiting.push(each) };
  const done: unknown[] = [];
  const decided: unknown[] = [];
  const isFull: boolean[] = [];
  const failed: unknown[] = [];
  let left = room;
  const nothing = (): void => {};
  const owner = {
    held: {
      take: (octets: number) => {
        if (octets > left) return false;
        left -= octets;
        return true;
      },
      give: (octets: number) => {
        left += octets;
      },
    },
    carryOut: (request: SessionRequest) => {
      done.push(request.request);
      if (decide) inbox.hold(new Promise<void>(decide), () => decided.push(request.request), nothing);
    },
    failed: (request: SessionRequest, error: unknown) => failed.push([request.request, error]),
    onFull: (full: boolean) => void isFull.push(full),
    onIdle: nothing,
  };
  const inbox = new Inbox(owner, { turns, work });
  const publish = (request: number, octets = 0): void =>
    inbox.take({ type: 'PUBLISH', request, options: {}, topic: 'com.topic', payload: emptyPayload }, octets);
  const call = (request: number): void =>
    inbox.take({ type: 'CALL', request, options: {}, procedure: 'com.procedure', payload: emptyPayload }, 0);
  const take = (request: SessionRequest, octets: number): void => inbox.take(request, octets);
  const withdraw = (): unknown => inbox.withdrawCalls().map(({ request }) => request);
  const close = (discard: boolean): void => inbox.close({ discard });
  return {
    publish,
    call,
    take,
    withdraw,
    close,
    turns,
    work,
    waiting,
    done,
    decided,
    isFull,
    failed,
    left: () => left,
  };
};

test('calls that are withdrawn come to nothing, whatever is decided, and what waits behind them is done', async () => {
  const decide: (() => void)[] = [];
  const { publish, call, withdraw, done, decided } = createInbox({ decide: (settle) => decide.push(settle) });
  for (const [at, add] of [call, publish, call, publish].entries()) add(at + 1);
  expect(done).toEqual([1]);
  expect(withdraw()).toEqual([1, 3]);
  for (let at = 0; at < 3; at += 1) {
    decide[at]?.();
    await new Promise(setImmediate);
  }
  expect([done, decided, withdraw()]).toEqual([[1, 2, 4], [2, 4], []]);
});

test('a call that has been decided on is not withdrawn any more', async () => {
  const decide: (() => void)[] = [];
  const { call, withdraw, decided } = createInbox({ decide: (settle) => decide.push(settle) });
  call(1);
  decide[0]?.();
  await new Promise(setImmediate);
  expect([decided, withdraw()]).toEqual([[1], []]);
});

test.each([true, false])(
  'what is decided on a publication after the end counts unless all was discarded: %s',
  async (discard) => {
    const decide: (() => void)[] = [];
    const { publish, close, done, decided } = createInbox({ decide: (settle) => decide.push(settle) });
    for (const request of [1, 2]) publish(request);
    close(discard);
    for (let at = 0; at < 2; at += 1) {
      decide[at]?.();
      await new Promise(setImmediate);
    }
    expect([done, decided]).toEqual(
      discard
        ? [[1], []]
        : [
            [1, 2],
            [1, 2],
          ],
    );
  },
);

test('calls that wait for the realm can be withdrawn, a publication that is being decided on cannot', async () => {
  const decide: (() => void)[] = [];
  const { publish, call, withdraw, work, waiting, done, decided } = createInbox({
    decide: (settle) => decide.push(settle),
  });
  work.isOver = true;
  for (const request of [1, 2]) call(request);
  expect([withdraw(), withdraw()]).toEqual([[1, 2], []]);
  work.isOver = false;
  for (const each of waiting) each.step();
  publish(3);
  expect(withdraw()).toEqual([]);
  decide[0]?.();
  await new Promise(setImmediate);
  expect([done, decided]).toEqual([[3], [3]]);
});

test('what comes first inside a turn stays first, also when the time of the realm is over within it', () => {
  const { publish, turns, work, waiting, done } = createInbox();
  turns.enter(() => {
    publish(1);
    work.isOver = true;
    publish(2);
  });
  work.isOver = false;
  while (waiting.length > 0) waiting.shift()?.step();
  expect(done).toEqual([1, 2]);
});

test('no more is read while 64 requests wait for a decision', async () => {
  const decisions: (() => void)[] = [];
  const { publish, done, isFull } = createInbox({ decide: (settle) => decisions.push(settle) });
  for (let request = 1; request <= 64; request += 1) publish(request);
  expect(isFull).toEqual([]);
  publish(65);
  // What was on its way all the same is no reason to say so again.
  publish(66);
  expect(isFull).toEqual([true]);
  for (const [at, expected] of [[true], [true, false]].entries()) {
    decisions[at]?.();
    await new Promise(setImmediate);
    expect(isFull).toEqual(expected);
  }
  expect(done).toEqual([1, 2, 3]);
  publish(67);
  expect(isFull).toEqual([true, false, true]);
});

test('no more is read while 64 requests wait for the realm', () => {
  const { publish, work, waiting, done, isFull } = createInbox();
  work.isOver = true;
  for (let request = 1; request <= 64; request += 1) publish(request);
  expect(isFull).toEqual([true]);
  work.isOver = false;
  waiting.shift()?.step();
  expect(done).toEqual([1]);
  expect(isFull).toEqual([true, false]);
});

test('a request that would have to wait fails where it finds no room, and so does one that is decided on', async () => {
  const decide: (() => void)[] = [];
  const { publish, done, decided, failed, left } = createInbox({
    decide: (settle) => decide.push(settle),
    room: 10_000,
  });
  publish(1, 10_001);
  for (const request of [2, 3, 4]) publish(request, 4_000);
  expect(failed).toEqual([
    [1, noRoom],
    [4, noRoom],
  ]);
  for (let at = 0; at < 3; at += 1) {
    decide[at]?.();
    await new Promise(setImmediate);
  }
  // The first was refused when it was to be decided on, and what was decided counts for nothing.
  expect([done, decided, left()]).toEqual([[1, 2, 3], [2, 3], 10_000]);
});

test('the reading stops where 256 KiB wait, and goes on where fewer do', () => {
  const { publish, work, waiting, isFull, left } = createInbox({ room: 1_000_000 });
  work.isOver = true;
  publish(1, 200 * 1024);
  expect(isFull).toEqual([]);
  publish(2, 56 * 1024);
  expect(isFull).toEqual([true]);
  work.isOver = false;
  waiting[0]?.step();
  expect([isFull, left()]).toEqual([[true, false], 1_000_000 - 56 * 1024]);
});

test('a request is held for what it takes in memory, where that is more than its message', () => {
  const maps = Array(1_000).fill({});
  const { take, work, left } = createInbox({ room: 100_000 });
  work.isOver = true;
  take({ type: 'PUBLISH', request: 1, options: {}, topic: 'com.topic', payload: MessagePayload.of([maps]) }, 1_030);
  expect(left()).toBeLessThan(100_000 - 1_000 * 56);
});

test.each<[string, Parameters<typeof createInbox>[0]]>([
  ['handled', {}],
  ['decided on', { decide: (settle) => settle() }],
  ['refused', { decide: (settle) => settle(), room: 0 }],
])('nothing is kept of a request that has been %s', async (_, options) => {
  const { take } = createInbox(options);
  const publish = (): WeakRef<object> => {
    const args = [{}];
    take({ type: 'PUBLISH', request: 1, options: {}, topic: 'com.topic', payload: MessagePayload.of(args) }, 100);
    return new WeakRef(args);
  };
  const payload = publish();
  await new Promise(setImmediate);
  collectGarbage();
  expect(payload.deref()).toBeUndefined();
});
