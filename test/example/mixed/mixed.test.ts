import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../../src/client.ts';
import { useBrowser } from '../../support/browser.ts';
import { connectV1 } from '../../support/v1-client.ts';
import { start, startService } from './main.ts';

const shop = 'http://example.com/shop/';

const startShop = async () => {
  const { url, page, close } = await start(0);
  onTestFinished(close);
  const service = await startService(url);
  onTestFinished(() => service.close());
  return { url, page };
};

const connectPage = async (url: string) => {
  const client = await connectV1(url);
  onTestFinished(() => client.close());
  return client;
};

describe('the shop', () => {
  test('answers calls of WAMP v1 by a service of WAMP v2, and tells all its pages what has changed', async () => {
    const { url } = await startShop();
    const [one, other] = [await connectPage(url), await connectPage(url)];
    for (const client of [one, other]) client.subscribe(`${shop}changed`);
    expect(await other.call(`${shop}stock`)).toEqual({ apples: 3, pears: 5 });
    const changed = other.nextEvent();
    expect(await one.call(`${shop}order`, 'apples')).toBe(2);
    expect(await changed).toEqual([`${shop}changed`, { article: 'apples', left: 2 }]);
    expect(one.events).toEqual([[`${shop}changed`, { article: 'apples', left: 2 }]]);
  });

  test('tells a peer of WAMP v1 by CALLERROR what the service refuses', async () => {
    const { url } = await startShop();
    const client = await connectPage(url);
    await expect(client.call(`${shop}order`, 'plums')).rejects.toMatchObject({
      uri: `${shop}sold-out`,
      description: 'there are no more plums',
    });
  });

  test('serves peers of WAMP v2 as those of v1', async () => {
    const { url } = await startShop();
    const client = await connect({ url, realm: 'shop', reconnect: false });
    onTestFinished(() => client.close());
    expect(await client.call(`${shop}order`, ['pears'])).toMatchObject({ args: [4] });
  });

  test('lets pages neither publish nor register', async () => {
    const { url } = await startShop();
    const client = await connectPage(url);
    client.subscribe(`${shop}changed`);
    client.publish(`${shop}changed`, { article: 'apples', left: 1_000 });
    await client.barrier();
    expect(client.events).toEqual([]);
    const guest = await connect({ url, realm: 'shop', reconnect: false });
    onTestFinished(() => guest.close());
    await expect(guest.register(`${shop}price`, () => 0)).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  });
});

describe('the page of the shop', { timeout: 60_000 }, () => {
  const pageOr = useBrowser('The page of the shop');

  test('is served', async () => {
    const { page } = await startShop();
    const response = await fetch(page);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(await response.text()).toContain("'wamp'");
  });

  test('shows the stock, orders, and says what is sold out', async ({ skip }) => {
    const page = pageOr(skip);
    const { url, page: address } = await startShop();
    const shows = (text: string): Promise<void> =>
      vi.waitFor(async () => expect(await page.evaluate('document.body.innerText')).toContain(text), 20_000);
    const order = (): Promise<unknown> => page.evaluate("document.querySelector('#apples button').click()");

    await page.open(address, { width: 800, height: 600, scheme: 'light' });
    await shows('3 apples');
    await shows('5 pears');
    await order();
    await shows('2 apples');
    const other = await connectPage(url);
    await other.call(`${shop}order`, 'apples');
    await shows('1 apples');
    await order();
    await shows('0 apples');
    await order();
    await shows('there are no more apples');
  });
});
