/** Observers and interceptors of the embedding program that throw, or that publish while they handle a publication. */

import { concatMap, map, mergeMap, of, tap } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import { settle } from '../support/principals.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const fail = (): never => {
  throw new Error('on purpose');
};
const nextTurn = (): Promise<void> => new Promise(setImmediate);

describe('an observer of a topic', () => {
  test('that throws, or rejects, is reported and counted each time, and goes on hearing', async () => {
    const error = vi.fn();
    const ignore = (): void => {};
    const postmaster = createV2Router({}, { logger: { debug: ignore, info: ignore, warn: ignore, error } });
    const numbers: unknown[] = [];
    const observed = postmaster.topic(topic);
    observed.subscribe(({ args }) => {
      numbers.push(args[0]);
      fail();
    });
    observed.subscribe({ next: async () => fail() });
    const publisher = await joinV2(postmaster);
    // The payload of a peer that breaks whoever makes a text of it.
    observed.subscribe(({ args }) => void `${args[0]}`);
    for (const argument of [1, 2, { toString: 1 }]) await publisher.publish(topic, [argument]);
    await settle(publisher);
    expect(numbers).toHaveLength(3);
    expect(postmaster.stats().counters.subscriber_failed).toBe(7);
    expect(error.mock.calls[0]?.[0]).toMatchObject({ topic, realm: 'realm1', err: new Error('on purpose') });
  });

  test('behind operators is guarded as well; an operator that fails ends its observer alone, and is reported', async () => {
    const postmaster = createV2Router();
    const seen: unknown[] = [];
    const onError = vi.fn();
    const observed = postmaster.topic(topic);
    observed.pipe(map(({ args }) => args[0])).subscribe(fail);
    observed.pipe(map(fail)).subscribe((value) => seen.push(value));
    observed.pipe(tap(fail)).subscribe({ error: onError });
    observed.pipe(concatMap(({ args }) => of(...args))).subscribe((value) => seen.push(value));
    postmaster.publishEvent(topic, 1);
    postmaster.publishEvent(topic, 2);
    await nextTurn();
    expect(seen).toEqual([1, 2]);
    expect(onError).toHaveBeenCalledTimes(1);
    // Twice the observer that throws, once the operator whose error nobody handles.
    expect(postmaster.stats().counters.subscriber_failed).toBe(3);
  });

  test('may throw when it is told of the end', async () => {
    const postmaster = createV2Router();
    const completed = vi.fn(fail);
    postmaster.topic(topic).subscribe({ complete: completed });
    await postmaster.close({ drain: 0 });
    expect(completed).toHaveBeenCalledTimes(1);
    expect(postmaster.stats().counters.subscriber_failed).toBe(1);
  });
});

test('an in-process handler that rejects is reported as one that throws', async () => {
  const postmaster = createV2Router();
  const session = postmaster.session();
  await session.subscribe(topic, (async () => fail()) as () => void);
  postmaster.publishEvent(topic, 1);
  await nextTurn();
  expect(postmaster.stats().counters.subscriber_failed).toBe(1);
});

describe('who publishes to what it hears, without end,', () => {
  const loops = {
    'as an observer': (postmaster: ReturnType<typeof createV2Router>) =>
      postmaster.topic(topic).subscribe(() => void postmaster.publishEvent(topic)),
    'as an interceptor': (postmaster: ReturnType<typeof createV2Router>) =>
      postmaster.intercept(
        { topic },
        tap(() => void postmaster.publishEvent(topic)),
      ),
    'as an interceptor that emits to the router': (postmaster: ReturnType<typeof createV2Router>) =>
      postmaster.intercept(
        { topic },
        mergeMap((publication) => {
          postmaster.publishEvent(topic);
          return of(publication);
        }),
      ),
    'as two observers in turns': (postmaster: ReturnType<typeof createV2Router>) => {
      postmaster.topic(topic).subscribe(() => void postmaster.publishEvent('com.other'));
      postmaster.topic('com.other').subscribe(() => void postmaster.publishEvent(topic));
    },
  };

  test.each(Object.entries(loops))('%s stops nobody else, and is reported once', async (_, begin) => {
    const postmaster = createV2Router();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe('com.bystander');
    begin(postmaster);
    postmaster.publishEvent(topic);
    for (const at of [1, 2, 3]) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.bystander', [at]);
    await publisher.publish('com.bystander', [4]);
    for (const at of [1, 2, 3, 4]) expect((await subscriber.take(code.EVENT))[4]).toEqual([at]);
    expect(postmaster.stats().counters.publication_endless).toBe(1);
    await postmaster.close({ drain: 0 });
  });

  test('the router keeps the order of its own publications while the realm is busy, and publishes them before it ends', async () => {
    const postmaster = createV2Router();
    const numbers: unknown[] = [];
    postmaster.topic('com.row').subscribe(({ args }) => numbers.push(args[0]));
    postmaster.topic(topic).subscribe(() => void postmaster.publishEvent(topic));
    postmaster.publishEvent(topic);
    for (let at = 0; at < 100; at += 1) {
      postmaster.publishEvent('com.row', at);
      if (at % 10 === 0) await nextTurn();
    }
    await postmaster.close({ drain: 0 });
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });
});

test('an event that the program publishes while another is delivered is what it was then', () => {
  const postmaster = createV2Router();
  const heard: unknown[] = [];
  postmaster.topic('com.later').subscribe(({ args, kwargs }) => heard.push(args, kwargs));
  postmaster.topic(topic).subscribe(() => {
    const [args, kwargs] = [[1], { a: 1 }];
    postmaster.publishEvent('com.later', undefined, { args, kwargs });
    [args[0], kwargs.a] = [2, 2];
  });
  postmaster.publishEvent(topic);
  expect(heard).toEqual([[1], { a: 1 }]);
});
