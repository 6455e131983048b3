/** No duration is measured with the time of day, which people and NTP set, and which may go back. */

import { tap, throwError } from 'rxjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectRaw, frame } from '../support/raw-client.ts';
import { startOpenRouter } from '../support/router.ts';
import { askUpgrade } from '../support/upgrade.ts';
import { connectV1 } from '../support/v1-client.ts';

/** The clock of the machine, and nothing else of time, is the test's from now on: it shows another time of day. */
const setClock = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  onTestFinished(() => {
    vi.useRealTimers();
  });
};

const hour = 60 * 60 * 1000;
const shifts = [
  ['back', -hour],
  ['forward', hour],
] as const;

test.each(shifts)(
  'a clock set %s by an hour ends no peer that answers its pings, and keeps none that does not',
  async (_, shift) => {
    const limits = { pingInterval: 64, maxMissedPings: 2, closeTimeout: 50 };
    const { port, url, postmaster } = await startOpenRouter({ limits });
    const [healthy, silent] = [await connectV1(url), await connectRaw(port)];
    const witness = await connectRaw(port);
    witness.socket.on('data', () => witness.socket.write(frame(10)));
    setClock(shift);
    await vi.waitFor(() => expect(silent.closing?.reason).toBe('postmaster.close.ping_timeout'), { timeout: 5_000 });
    const pings = () => witness.frames.filter(({ opcode }) => opcode === 9).length;
    const before = pings();
    await vi.waitFor(() => expect(pings()).toBeGreaterThan(before + 4), { timeout: 5_000 });
    await healthy.barrier();
    expect(postmaster.stats().counters.ping_timeout).toBe(1);
    await healthy.close();
    witness.socket.destroy();
  },
);

test.each(shifts)(
  'a clock set %s by an hour in a drain does not change when peers are told to try again',
  async (_, shift) => {
    const { postmaster, url } = await startOpenRouter();
    postmaster.registerRPC('urn:never', () => new Promise(() => {}));
    const busy = await connectV1(url);
    busy.call('urn:never').catch(() => {});
    await busy.barrier();
    const closed = postmaster.close({ drain: 10_000 });
    setClock(shift);
    const { headers } = await askUpgrade(url);
    expect(headers['retry-after']).toMatch(/^(9|10)$/);
    await busy.close();
    await closed;
  },
);

test('an interceptor that could not be begun anew is tried again, though the clock was set back by an hour', async () => {
  const { postmaster } = await startOpenRouter();
  let isBroken = false;
  postmaster.intercept((source) => {
    if (isBroken) return throwError(() => new Error('not now'));
    return source.pipe(tap(({ args }) => void (args[0] === 'bad' && fail())));
  });
  const fail = (): never => {
    throw new Error('bad');
  };
  const heard: unknown[] = [];
  postmaster.topic('urn:t').subscribe(({ args }) => heard.push(args[0]));
  isBroken = true;
  for (const event of ['bad', 'lost']) postmaster.publishEvent('urn:t', event);
  setClock(-hour);
  isBroken = false;
  await vi.waitFor(
    () => {
      postmaster.publishEvent('urn:t', 'good');
      expect(heard).toEqual(['good']);
    },
    { timeout: 5_000 },
  );
});
