/**
 * A page of WAMP v1 beside a service of WAMP v2: both connect to one port, and share topics and procedures. The page is of 2013
 * and stays as it is, while what is behind it is written anew.
 */

import { readFile } from 'node:fs/promises';
import { Postmaster, WampError } from 'postmaster';
import { connect } from 'postmaster/client';

/** URIs of v1 are those of the web; v2 takes them as they are. */
const shop = 'http://example.com/shop/';
const ticket = 'a secret of the service';

/** Starts the router, and a web server for the page on the same port. Port 0 picks a free one. */
export const start = async (port: number) => {
  const postmaster = new Postmaster({
    realms: [
      {
        name: 'shop',
        anonymous: [{ uri: shop, match: 'prefix', call: true, subscribe: true }],
        roles: { service: [{ uri: shop, match: 'prefix', register: true, publish: true }] },
        authenticators: { ticket: { stock: { ticket, role: 'service' } } },
      },
    ],
    // v1 has no realms: its peers join the first. `open` has them join as anonymous, without WAMP-CRA.
    v1: { open: true },
  });
  const page = await readFile(new URL('page.html', import.meta.url));
  const { url } = await postmaster.listen({
    port,
    onRequest: (_, response) => void response.setHeader('content-type', 'text/html').end(page),
  });
  return { url, page: new URL('/', url.replace('ws', 'http')).href, close: () => postmaster.close({ drain: 0 }) };
};

/** Starts the service, a peer of WAMP v2 that could run on any other machine. */
export const startService = async (url: string) => {
  const stock = new Map([
    ['apples', 3],
    ['pears', 5],
  ]);
  const service = await connect({ url, realm: 'shop', authid: 'stock', auth: [{ method: 'ticket', ticket }] });
  await service.register(`${shop}stock`, () => Object.fromEntries(stock));
  await service.register(`${shop}order`, async ({ args: [article] }) => {
    const left = stock.get(String(article)) ?? 0;
    // To v1 this is a CALLERROR with the same URI.
    if (left === 0) throw new WampError(`${shop}sold-out`, { description: `there are no more ${article}` });
    stock.set(String(article), left - 1);
    // A single argument is the event of v1.
    await service.publish(`${shop}changed`, [{ article, left: left - 1 }]);
    return left - 1;
  });
  return service;
};

if (process.argv[1] === import.meta.filename) {
  const { url, page } = await start(Number(process.env.PORT ?? 8080));
  await startService(url);
  console.log(`Open ${page} in two browsers, and order something in one.`);
}
