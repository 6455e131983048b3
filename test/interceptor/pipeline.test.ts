import { distinctUntilChanged, filter, finalize, map, mergeMap, of, scan, take, throttleTime } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import type { Interceptor } from '../../src/interceptor/pipeline.ts';
import { createPipeline } from '../../src/interceptor/pipeline.ts';
import type { Publication } from '../../src/wamp/message.ts';

const publication = (value: unknown, topic = 'com.example.topic'): Publication => ({
  id: 1,
  topic,
  args: [value],
  kwargs: undefined,
  realm: 'realm1',
  time: 0,
});

const setUp = () => {
  const out: unknown[] = [];
  const failures: unknown[] = [];
  let completions = 0;
  const pipeline = createPipeline({
    sink: (emitted) => out.push(emitted.args[0]),
    onFailure: (error) => failures.push((error as Error).message),
    onComplete: () => {
      completions += 1;
    },
  });
  const push = (...values: unknown[]): void => {
    for (const value of values) pipeline.push(publication(value));
  };
  return { pipeline, out, failures, push, completions: () => completions };
};

const onArg = (change: (value: number) => unknown): Interceptor =>
  map((given) => ({ ...given, args: [change(given.args[0] as number)] }));

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
          sink: (emitted) => seen.push(emitted.args[0]),
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
    const { pipeline, push, out, failures } = setUp();
    pipeline.install(map((given) => (given.args[0] === 1 ? ('nonsense' as unknown as Publication) : given)));
    push(1, 2);
    expect(out).toEqual([2]);
    expect(failures).toEqual(['an interceptor emitted something that is no publication']);
  });

  test('lets an operator emit several publications for one', () => {
    const { pipeline, push, out } = setUp();
    pipeline.install(mergeMap((given) => of(given, given)));
    push(1);
    expect(out).toEqual([1, 1]);
  });

  test('says when an interceptor completed, and lets nothing pass it any more', () => {
    const { pipeline, push, out, completions } = setUp();
    pipeline.install(take(1));
    push(1, 2);
    expect(out).toEqual([1]);
    expect(completions()).toBe(1);
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
});
