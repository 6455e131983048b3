import { expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../../src/client.ts';
import { start } from './main.ts';

/** A ticker that passes 20 events a second, and one who hears them. */
const startTicker = async () => {
  const { url, tick, close } = await start(0, 20);
  onTestFinished(close);
  const client = await connect({ url, realm: 'exchange', reconnect: false });
  onTestFinished(() => client.close());
  const heard: [topic: string, price: unknown][] = [];
  const heardOf = (stock: string): unknown[] =>
    heard.filter(([topic]) => topic === `com.ticker.${stock}`).map(([, price]) => price);
  await client.subscribe('com.ticker.', ({ topic, args: [price] }) => heard.push([topic, price]), { match: 'prefix' });
  return { client, tick, heard, heardOf };
};

test('of a burst the first price is heard at once, and the last soon after', async () => {
  const { tick, heardOf } = await startTicker();
  for (let price = 1; price <= 1_000; price += 1) tick('acme', price);
  await vi.waitFor(() => expect(heardOf('acme')).toEqual([1, 1_000]));
});

test('a stock is heard of no more often than it may be, and with rising prices', async () => {
  const { tick, heardOf } = await startTicker();
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    let price = 0;
    const feed = setInterval(() => {
      price += 1;
      tick('acme', price);
      if (heardOf('acme').length < 6) return;
      clearInterval(feed);
      resolve();
    }, 1);
  });
  const passed = performance.now() - begin;
  const heard = heardOf('acme') as number[];
  // Timers may be early by a part of a ms.
  expect(heard.length - 1).toBeLessThanOrEqual(passed / 49);
  expect(heard).toEqual([...heard].sort((one, other) => one - other));
});

test('a busy stock keeps no other from being heard', async () => {
  const { tick, heard } = await startTicker();
  tick('acme', 1);
  tick('acme', 2);
  tick('initech', 50);
  await vi.waitFor(() =>
    expect(heard).toEqual([
      ['com.ticker.acme', 1],
      ['com.ticker.initech', 50],
      ['com.ticker.acme', 2],
    ]),
  );
});

test('subscribers publish no prices', async () => {
  const { client } = await startTicker();
  await expect(client.publish('com.ticker.acme', [0], undefined, { acknowledge: true })).rejects.toMatchObject({
    uri: 'wamp.error.not_authorized',
  });
});
