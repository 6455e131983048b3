import {
  bufferCount,
  concat,
  concatMap,
  delay,
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  map,
  mergeMap,
  NEVER,
  of,
  scan,
  take,
  throttleTime,
  throwError,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test, vi } from 'vitest';
import type { Pipeline } from '../../src/interceptor/pipeline.ts';
import { createPipeline } from '../../src/interceptor/pipeline.ts';
import type { Interceptor } from '../../src/interceptor/stage.ts';
import type { Publication, RoutedPublication } from '../../src/wamp/publication.ts';
import { publicationOf } from '../support/publication.ts';

const publication = (value: unknown, topic = 'com.example.topic'): RoutedPublication => publicationOf([value], topic);

const setUp = () => {
  const out: unknown[] = [];
  const failures: unknown[] = [];
  const refusals: string[] = [];
  const clock = { now: 0 };
  let completions = 0;
  let drops = 0;
  const pipeline = createPipeline({
    sink: (emitted) => out.push(emitted.payload.args[0]),
    now: () => clock.now,
    realm: 'realm1',
    onRefusal: (fault) => refusals.push(fault),
    onDrop: () => {
      drops += 1;
    },
    onFailure: (error) => failures.push((error as Error).message),
    onComplete: () => {
      completions += 1;
    },
  });
  const push = (...values: unknown[]): void => {
    for (const value of values) pipeline.push(publication(value));
  };
  return { pipeline, out, failures, refusals, push, clock, completions: () => completions, drops: () => drops };
};

const onArg = (change: (value: number) => unknown): Interceptor =>
  map((given) => ({ ...given, args: [change(given.args[0] as number)] }));

const bail = (): never => {
  throw new Error('thirteen');
};

describe('the interceptor pipeline', () => {
  test('passes everything on when empty', () => {
    const { push, out } = setUp();
    push(1, 2, 3);
    expect(out).toEqual([1, 2, 3]);
  });

  test('runs interceptors in the order of their installation', () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(onArg((value) => value + 1));
    pipeline.install(onArg((value) => value * 10));
    push(1, 2);
    expect(out).toEqual([20, 30]);
  });

  test('keeps the memory of an operator between publications', () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(distinctUntilChanged((a, b) => a.args[0] === b.args[0]));
    pipeline.install(scan((sum, next) => ({ ...next, args: [(sum.args[0] as number) + (next.args[0] as number)] })));
    push(1, 1, 2, 2, 3);
    expect(out).toEqual([1, 3, 6]);
  });

  test('lets what is out of scope pass by', () => {
    const { pipeline, out } = setUp();
    pipeline.install(
      filter(() => false),
      { topic: 'com.ticker.', match: 'prefix' },
    );
    pipeline.install(
      onArg((value) => value * 2),
      { topic: 'com.exact' },
    );
    pipeline.push(publication(1, 'com.ticker.a'));
    pipeline.push(publication(2, 'com.other'));
    pipeline.push(publication(3, 'com.exact'));
    expect(out).toEqual([2, 6]);
  });

  test('works through time as operators do anywhere', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ hot, expectObservable, flush }) => {
        const pipeline = createPipeline({
          sink: (emitted) => seen.push(emitted.payload.args[0]),
          now: () => 0,
          realm: 'realm1',
          onRefusal: () => {},
          onDrop: () => {},
          onFailure: () => {},
          onComplete: () => {},
        });
        const seen: unknown[] = [];
        pipeline.install(throttleTime(100));
        const source = hot('a 59ms b 59ms c 59ms d', {
          a: publication('a'),
          b: publication('b'),
          c: publication('c'),
          d: publication('d'),
        });
        source.subscribe((given) => pipeline.push(given));
        expectObservable(source.pipe(take(4)));
        flush();
        expect(seen).toEqual(['a', 'c']);
        pipeline.clear();
      },
    );
  });

  test('begins a stream anew when its operator throws, and loses only that publication', () => {
    const { pipeline, push, out, failures } = setUp();
    let count = 0;
    pipeline.install(
      map((given) => {
        count += 1;
        if (count === 2) throw new Error('broken');
        return given;
      }),
    );
    push('a', 'b', 'c');
    expect(out).toEqual(['a', 'c']);
    expect(failures).toEqual(['broken']);
  });

  test('loses what an operator holds when it throws, and nothing that comes after', () => {
    const { pipeline, push, out, failures } = setUp();
    pipeline.install((source) =>
      source.pipe(
        onArg((value) => (value === 13 ? bail() : value)),
        bufferCount(2),
        map((held) => ({ ...held[0]!, args: [held.map(({ args }) => args[0]).join('+')] })),
      ),
    );
    push('a', 'b', 'held', 13, 'c', 'd');
    expect(out).toEqual(['a+b', 'c+d']);
    expect(failures).toEqual(['thirteen']);
  });

  test('does not disturb other interceptors when one throws', () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(scan((sum, next) => ({ ...next, args: [(sum.args[0] as number) + (next.args[0] as number)] })));
    pipeline.install(
      map((given) => {
        if (given.args[0] === 3) throw new Error('broken');
        return given;
      }),
    );
    push(1, 2, 3);
    expect(out).toEqual([1, 6]);
  });

  test('refuses what is no publication and goes on', () => {
    const { pipeline, push, out, refusals } = setUp();
    pipeline.install(map((given) => (given.args[0] === 1 ? ('nonsense' as unknown as Publication) : given)));
    push(1, 2);
    expect(out).toEqual([2]);
    expect(refusals).toEqual(['it is not a publication']);
  });

  test('lets an operator emit several publications for one', () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(mergeMap((given) => of(given, given)));
    push(1);
    expect(out).toEqual([1, 1]);
  });

  test('says when an interceptor completed, lets nothing pass it any more, and tells of each publication that this costs', () => {
    const { pipeline, push, out, completions, drops } = setUp();
    pipeline.install(take(1));
    push(1, 2, 3);
    expect(out).toEqual([1]);
    expect(completions()).toBe(1);
    expect(drops()).toBe(2);
  });

  test('lets nothing pass an interceptor that completes before it is told anything', () => {
    const { pipeline, push, out, completions, drops } = setUp();
    pipeline.install(() => EMPTY);
    push(1);
    expect([out, completions(), drops()]).toEqual([[], 1, 1]);
  });

  test('takes one out and unsubscribes from it', () => {
    const { pipeline, push, out } = setUp();
    let torndown = false;
    const remove = pipeline.install((source) =>
      source.pipe(
        onArg((value) => value * 2),
        finalize(() => {
          torndown = true;
        }),
      ),
    );
    push(1);
    remove();
    push(1);
    expect(out).toEqual([2, 1]);
    expect(torndown).toBe(true);
  });

  test('throws at installation what an operator throws at installation', () => {
    const { pipeline } = setUp();
    const broken: Interceptor = () => {
      throw new Error('no such operator');
    };
    expect(() => pipeline.install(broken)).toThrow('no such operator');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('not now');
      },
    ],
    ['fails when it is subscribed to', () => throwError(() => new Error('not now'))],
  ] as const)(
    'closes its scope while an operator %s as it is begun anew, and tries with growing pauses',
    (_, broken) => {
      const { pipeline, push, out, failures, clock, drops } = setUp();
      const calls: number[] = [];
      let isBroken = false;
      pipeline.install((source) => {
        calls.push(clock.now);
        if (isBroken) return broken();
        return source.pipe(onArg((value) => (value === 13 ? bail() : value)));
      });
      isBroken = true;
      push(1, 13);
      for (clock.now = 0; clock.now < 8_000; clock.now += 500) push(2);
      expect(calls).toEqual([0, 0, 1_000, 3_000, 7_000]);
      expect(out).toEqual([1]);
      expect(drops()).toBe(16);
      expect(failures).toEqual(['thirteen', ...Array(4).fill('not now')]);

      isBroken = false;
      clock.now = 15_000;
      push(3, 13, 4);
      expect(out).toEqual([1, 3, 4]);
      isBroken = true;
      push(13, 5);
      clock.now += 1_000;
      calls.length = 0;
      push(6);
      expect(calls).toEqual([16_000]);
    },
  );

  test('tries an operator that cannot be begun once a minute at least', () => {
    const { pipeline, push, clock } = setUp();
    const calls: number[] = [];
    pipeline.install(() => {
      calls.push(clock.now);
      return throwError(() => new Error('never'));
    });
    for (clock.now = 0; clock.now < 400_000; clock.now += 1_000) push(1);
    const pauses = calls.slice(1).map((call, at) => call - calls[at]!);
    expect(pauses.slice(-3)).toEqual([60_000, 60_000, 60_000]);
  });

  test('survives an operator whose clean-up throws behind its failure', () => {
    const { pipeline, push, out, failures } = setUp();
    pipeline.install((source) =>
      source.pipe(
        onArg((value) => (value === 13 ? bail() : value)),
        finalize(() => {
          throw new Error('clean-up');
        }),
      ),
    );
    expect(() => push(1, 13, 2)).not.toThrow();
    expect(out).toEqual([1, 2]);
    expect(failures).toHaveLength(2);
    expect(() => pipeline.clear()).not.toThrow();
    expect(pipeline.isEmpty).toBe(true);
  });
});

describe('a pipeline that is completed', () => {
  const pairs: Interceptor = (source) =>
    source.pipe(
      bufferCount(2),
      concatMap((held) => of({ ...held[0]!, args: [held.map(({ args }) => args[0]).join('+')] })),
    );

  test('lets out what each operator holds, through those behind it', async () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(pairs);
    pipeline.install(onArg((value) => `<${value}>`));
    pipeline.install(pairs);
    push('a', 'b', 'c');
    expect(out).toEqual([]);
    await pipeline.complete();
    expect(out).toEqual(['<a+b>+<c>']);
  });

  test('is completed only when what is delayed has come out', async () => {
    vi.useFakeTimers();
    const { pipeline, push, out } = setUp();
    pipeline.install(delay(100));
    pipeline.install(delay(50));
    push('a');
    let isCompleted = false;
    const completion = pipeline.complete().then(() => {
      isCompleted = true;
    });
    await vi.advanceTimersByTimeAsync(149);
    expect([out, isCompleted]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(1);
    await completion;
    expect(out).toEqual(['a']);
    vi.useRealTimers();
  });

  test('keeps its interceptors for what is published after, with nothing remembered', async () => {
    const { pipeline, push, out, completions } = setUp();
    pipeline.install(filter(({ args }) => args[0] !== 'secret'));
    pipeline.install(distinctUntilChanged((a, b) => a.args[0] === b.args[0]));
    push('a', 'a');
    await pipeline.complete();
    push('a', 'secret', 'a');
    expect(out).toEqual(['a', 'a']);
    expect(completions()).toBe(0);
  });

  test('waits for the streams of an earlier completion as well', async () => {
    vi.useFakeTimers();
    const { pipeline, push, out } = setUp();
    pipeline.install(delay(100));
    push('a');
    void pipeline.complete();
    const second = pipeline.complete();
    await vi.advanceTimersByTimeAsync(100);
    await second;
    expect(out).toEqual(['a']);
    vi.useRealTimers();
  });

  test.each([
    ['cleared', (pipeline: Pipeline) => pipeline.clear()],
    ['rid of the interceptor', (_: Pipeline, remove: () => void) => remove()],
  ])('is completed at once when it is %s, whatever does not end', async (_, end) => {
    const { pipeline, push } = setUp();
    const remove = pipeline.install((source) => concat(source, NEVER));
    push('a');
    const completion = pipeline.complete();
    end(pipeline, remove);
    await completion;
  });

  test('leaves a completed operator closed, and reports one that fails at its end', async () => {
    const { pipeline, push, out, failures } = setUp();
    pipeline.install(
      (source) =>
        concat(
          source,
          throwError(() => new Error('last')),
        ),
      { topic: 'com.other' },
    );
    pipeline.install(take(1));
    push(1);
    await pipeline.complete();
    push(2);
    expect(out).toEqual([1]);
    expect(failures).toEqual(['last']);
  });
});
