import { afterEach, describe, expect, test, vi } from 'vitest';
import { createFaults } from '../../src/client/faults.ts';
import type { ClientOptions, WampClient } from '../../src/client.ts';
import { connect } from '../../src/client.ts';
import { startOpenRouter } from '../support/router.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const boom = (): never => {
  throw new TypeError('boom');
};
const later = async (): Promise<never> => boom();

type Deed = (client: WampClient) => Promise<unknown>;

const hearing =
  (handler: () => unknown): Deed =>
  async (client) => {
    await client.subscribe('com.topic', handler as () => void);
    await client.publish('com.topic', [], undefined, { acknowledge: true, exclude_me: false });
  };

const progressing =
  (onProgress: () => unknown): Deed =>
  async (client) => {
    await client.register('com.slow', ({ progress }) => progress([1]));
    await client.call('com.slow', [], undefined, { onProgress: onProgress as () => void });
  };

/** What is done, the name that comes with the fault, and what the line on stderr begins with. */
const deeds: readonly (readonly [string, Deed, string, string])[] = [
  ['a handler of events', hearing(boom), 'com.topic', 'a handler failed'],
  ['a handler of events, later', hearing(later), 'com.topic', 'a handler failed'],
  ['a handler of progressive results', progressing(boom), 'com.slow', 'a handler failed'],
  ['a handler of progressive results, later', progressing(later), 'com.slow', 'a handler failed'],
  [
    'a procedure',
    async (client) => {
      await client.register('com.fail', boom);
      await client.call('com.fail').catch(() => {});
    },
    'com.fail',
    'a procedure failed',
  ],
];

const run = async (deed: Deed, options: Partial<ClientOptions> = {}): Promise<void> => {
  const { url } = await startOpenRouter();
  const client = await connect({ url, realm: 'realm1', ...options });
  await deed(client);
  await client.call('com.nobody').catch(() => {});
  await client.close();
};

describe('what the program throws in', () => {
  test.each(deeds)('%s goes to onError, and the client lives on', async (_, deed, uri) => {
    const onError = vi.fn();
    await run(deed, { onError });
    expect(onError.mock.calls).toEqual([[new TypeError('boom'), uri]]);
  });

  test.each(deeds)('%s is a line on stderr where there is no onError', async (_, deed, uri, what) => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    await run(deed);
    expect(error.mock.calls).toEqual([
      [
        expect.stringMatching(
          new RegExp(
            `^postmaster/client error: ${what}: TypeError: boom \\(at \\S*faults\\.test\\.ts:\\d+:\\d+, uri ${uri}\\)$`,
          ),
        ),
      ],
    ]);
  });

  test.each(['onOpen', 'onEnd'] as const)('%s goes to onError as well', async (name) => {
    const onError = vi.fn();
    await run(async () => {}, { onError, [name]: boom });
    expect(onError.mock.calls).toEqual([[new TypeError('boom'), name]]);
  });

  test('onError itself is a line on stderr', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    await run(hearing(boom), { onError: boom });
    expect(error.mock.calls).toEqual([[expect.stringContaining('onError failed: TypeError: boom (at ')]]);
  });
});

test('a client writes at most five lines a second, and then how many were left out', () => {
  vi.useFakeTimers();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const faults = createFaults(undefined);
  for (let at = 0; at < 12; at += 1) faults.report(new Error('x'), 'com.topic', 'a handler failed');
  expect(error).toHaveBeenCalledTimes(5);
  vi.advanceTimersByTime(1_000);
  expect(error.mock.calls.slice(5)).toEqual([
    ['postmaster/client error: a handler failed: 7 more such lines were left out'],
  ]);
});
