import { runInNewContext } from 'node:vm';
import { take } from 'rxjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createConsoleLogger, lineOf } from '../../src/base/console-log.ts';
import { Postmaster } from '../../src/index.ts';
import { connectV2InMemory } from '../support/v2-client.ts';
import { everythingAndMeta } from '../support/v2-router.ts';

afterEach(() => vi.restoreAllMocks());

/** An exception whose stack has these places, innermost first. */
const thrownAt = (message: string, places: readonly string[], options?: ErrorOptions): Error => {
  const error = new Error(message, options);
  error.stack = [`Error: ${message}`, ...places.map((place) => `    at ${place}`)].join('\n');
  return error;
};

const own = new URL('../../src/', import.meta.url);
const ours = [`Realm.publish (${own.href}realm/realm.ts:1:1)`, `work (${own.pathname}realm/realm.ts:2:1)`];
const packages = ['filter (file:///app/node_modules/rxjs/dist/filter.js:3:1)', 'node:internal/timers:581:17'];
const line = (err: unknown, facts = {}): string => lineOf('postmaster', 'error', { err, ...facts }, 'it failed');

describe('a line on the console', () => {
  test('says what happened, by what exception, where in the program, and what else is known', () => {
    const error = thrownAt('boom', [...packages, ...ours, 'file:///app/server.js:12:5', 'file:///app/main.js:1:1']);
    expect(line(error, { cause: 'call_failed', procedure: 'com.add', total: 2, deep: {}, list: [1] })).toBe(
      'postmaster error: it failed: Error: boom (at file:///app/server.js:12:5, cause call_failed, procedure com.add, total 2)',
    );
  });

  test.each([
    ['handle (/app/server.cjs:3:9)', '/app/server.cjs:3:9'],
    ['async file:///app/a%20b.js:3:9', 'file:///app/a%20b.js:3:9'],
    ['new Thing (C:\\app\\server.js:3:9)', 'C:\\app\\server.js:3:9'],
    ['Object.<anonymous> (file:///app/x (1).js:3:9)', 'file:///app/x (1).js:3:9'],
  ])('knows the place %j', (stackLine, place) => {
    expect(line(thrownAt('x', [...ours, stackLine]))).toContain(`(at ${place})`);
  });

  test('names the place of the innermost cause', () => {
    const cause = thrownAt('inner', [...ours, '/app/inner.js:1:1']);
    expect(line(thrownAt('outer', [...ours, '/app/outer.js:1:1'], { cause }))).toBe(
      'postmaster error: it failed: Error: outer: Error: inner (at /app/inner.js:1:1)',
    );
  });

  test('names a package where nothing else is known, and nothing where it is all of the router', () => {
    expect(line(thrownAt('x', [...packages, ...ours]))).toContain('(at file:///app/node_modules/rxjs/');
    expect(line(thrownAt('x', ours))).toBe('postmaster error: it failed: Error: x');
  });

  test('ends for causes in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(line(error).match(/round/g)).toHaveLength(4);
  });

  test.each([
    ['text', 'text'],
    [7, '7'],
    [null, 'null'],
    [{ code: 1 }, '{"code":1}'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), '{}'],
  ])('shows what is thrown and no Error: %s', (thrown, shown) => {
    expect(line(thrown)).toBe(`postmaster error: it failed: ${shown}`);
  });

  test('shows an Error of another context, and where', () => {
    const error = runInNewContext('new TypeError("else")', {}, { filename: '/app/server.js' });
    expect(line(error)).toBe('postmaster error: it failed: TypeError: else (at /app/server.js:1:1)');
  });

  test('takes no time over a long message', () => {
    const error = new Error(`x${'\n    at ('.repeat(200_000)}`);
    const begin = performance.now();
    expect(line(error)).toContain('console-log.test.ts:');
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  test('is one line, commands no terminal, and has an end, whatever a peer has put into it', () => {
    const text = `a\nb\r\u001b[31m\u0085\u2028\u202e${'x'.repeat(10_000)}`;
    const written = line(new Error(text), { topic: text });
    expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(written).toContain('Error: a b\\u{d}\\u{1b}[31m\\u{85}\\u{2028}\\u{202e}xxx');
    expect(written.length).toBeLessThan(1_200);
  });
});

describe('the console logger', () => {
  test.each([
    { toJSON: () => Promise.reject },
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
    Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    }),
    new Proxy(
      {},
      {
        has: () => {
          throw new Error('no');
        },
      },
    ),
  ])('tells of what cannot be shown as well', (thrown) => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    createConsoleLogger('postmaster').error({ err: thrown }, 'it failed');
    expect(error.mock.calls).toEqual([[expect.stringMatching(/^postmaster error: it failed: an? /)]]);
  });

  test('does not throw where the console does', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {
      throw new Error('no console');
    });
    expect(() => createConsoleLogger('postmaster').warn({}, 'x')).not.toThrow();
  });
});

describe('a router without a logger', () => {
  const start = (options = {}): Postmaster =>
    new Postmaster({ realms: [{ name: 'realm1', anonymous: everythingAndMeta }], ...options });
  const here = String.raw`at \S*console-log\.test\.ts:\d+:\d+`;
  const boom = (): never => {
    throw new TypeError('boom');
  };

  test.each<[string, object, RegExp]>([
    ['onAuthenticated', { onAuthenticated: boom }, /a callback failed: TypeError: boom/],
    ['onAuthenticated, later', { onAuthenticated: async () => boom() }, /a callback failed: TypeError: boom/],
    ['messageToPublish', { messageToPublish: boom }, /messageToPublish failed: .* TypeError: boom/],
    [
      'an authorizer',
      { realms: [{ name: 'realm1', anonymous: everythingAndMeta, authorizer: boom }] },
      /the authorizer failed: .* TypeError: boom/,
    ],
  ])('says what %s threw, and where', async (_, options, expected) => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const router = start(options);
    const peer = connectV2InMemory(router);
    await peer.hello();
    await peer.publish('com.topic', [], { acknowledge: true });
    await vi.waitFor(() => expect(error).toHaveBeenCalled());
    expect(error.mock.calls[0]?.[0]).toMatch(expected);
    expect(error.mock.calls[0]?.[0]).toMatch(new RegExp(here));
    await router.close({ drain: 0 });
  });

  test('says what a procedure, an observer and an interceptor threw', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const router = start();
    router.registerUnauthRPC('com.fail', boom);
    router.topic('com.topic').subscribe(boom);
    const peer = connectV2InMemory(router);
    await peer.hello();
    await peer.call('com.fail');
    router.publishEvent('com.topic', 1);
    await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(2));
    for (const [written] of error.mock.calls) expect(written).toMatch(new RegExp(`TypeError: boom \\(${here}`));
    await router.close({ drain: 0 });
  });

  test('says that an interceptor which is over lets nothing pass', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const router = start();
    router.intercept(take(1));
    for (const event of [1, 2, 3]) router.publishEvent('com.topic', event);
    expect(warn.mock.calls).toEqual(
      [2, 3].map(() => [
        'postmaster warn: a publication is dropped: an interceptor on its way has completed (cause interceptor_closed, realm realm1)',
      ]),
    );
    await router.close({ drain: 0 });
  });

  test('says nothing where the logger is false', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const router = start({ logger: false, onAuthenticated: boom });
    await connectV2InMemory(router).hello();
    expect(router.stats().counters.callback_failed).toBe(1);
    expect(error).not.toHaveBeenCalled();
    await router.close({ drain: 0 });
  });

  test.each([true, null, 'pino', {}, { warn: () => {} }])('cannot be given a logger that is none: %j', (logger) => {
    expect(() => start({ logger })).toThrow(
      'logger must be false, or a logger with the methods debug, info, warn, error',
    );
  });
});
