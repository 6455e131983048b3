/**
 * A ticker: prices change a thousand times a second, and subscribers hear of each stock at most a few times. An interceptor, which
 * is an RxJS operator, stands between the publications and the subscribers.
 */

import type { Interceptor } from 'postmaster';
import { Postmaster } from 'postmaster';
import { asyncScheduler, debounceTime, groupBy, mergeMap, throttleTime } from 'rxjs';

/**
 * Lets at most one event of each topic pass in `interval` ms: the first at once, and then the newest. `trailing` is what
 * brings the last price out when trade comes to rest; without it subscribers are left with an old one.
 */
const atMostOneIn =
  (interval: number): Interceptor =>
  (publications) =>
    publications.pipe(
      // Each topic has a throttle of its own, or a busy stock would keep the others from being heard. One that has been silent
      // for so long holds nothing back any more, and is forgotten.
      groupBy(({ topic }) => topic, { duration: (ofOne) => ofOne.pipe(debounceTime(3 * interval)) }),
      mergeMap((ofOne) => ofOne.pipe(throttleTime(interval, asyncScheduler, { leading: true, trailing: true }))),
    );

/** Starts a router whose subscribers hear `perSecond` events of each stock in a second. Port 0 picks a free one. */
export const start = async (port: number, perSecond: number) => {
  const postmaster = new Postmaster({
    realms: [{ name: 'exchange', anonymous: [{ uri: 'com.ticker.', match: 'prefix', subscribe: true }] }],
  });
  postmaster.intercept({ topic: 'com.ticker.', match: 'prefix' }, atMostOneIn(1000 / perSecond));
  const { url } = await postmaster.listen({ port });
  return {
    url,
    /** Tells of a price, however often. */
    tick: (stock: string, price: number) => postmaster.publishEvent(`com.ticker.${stock}`, price),
    close: () => postmaster.close({ drain: 0 }),
  };
};

if (process.argv[1] === import.meta.filename) {
  const { url, tick } = await start(Number(process.env.PORT ?? 8080), 4);
  const prices = new Map([
    ['acme', 100],
    ['initech', 50],
  ]);
  setInterval(() => {
    for (const [stock, price] of prices) {
      const next = price * (1 + (Math.random() - 0.5) / 1000);
      prices.set(stock, next);
      tick(stock, next);
    }
  }, 1);
  console.log(`Two prices change a thousand times a second. Hear four of each, from another terminal:
  npx tsx src/cli/main.ts subscribe --url ${url} --realm exchange --match prefix com.ticker.`);
}
