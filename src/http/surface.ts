/**
 * What the router answers to plain HTTP: whether it is alive, whether it is ready, and a page about itself.
 *
 * The two probes answer everybody with one word. The page shows the realms and the connections, so it is given to
 * visitors from this machine only. It is not shown through a proxy that is not trusted, behind which every visitor looks like
 * this machine, nor under a host name that any page could have given this machine.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isLoopbackAddress } from '../net/address.ts';
import type { RequestPeer, RequestReader } from '../net/request.ts';
import { mayLackHeaders } from '../net/request.ts';
import type { SurfaceFacts } from './facts.ts';
import { pageStyleHash, renderPage } from './page.ts';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

type Route = (request: IncomingMessage) => Answer;

const plain = (status: number, sentence: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${sentence}\n`,
  headers,
});

// Nothing is loaded from anywhere and no script runs. `connect-src` lets a visitor try the example in the console.
const pagePolicy =
  `default-src 'none'; style-src '${pageStyleHash}'; img-src 'self'; connect-src 'self'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'";

/** The URL of the WebSocket on a site. */
const socketUrl = ({ protocol, host }: URL, path: string): string =>
  `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`;

const isFromHere = ({ address, isCertain }: RequestPeer): boolean => isCertain && isLoopbackAddress(address);

/** Answers only visitors from this machine that ask for it under one of its own names. */
const onlyHere =
  (requests: RequestReader, answer: (site: URL) => Answer): Route =>
  (request) => {
    // One of the headers that were not read may name a proxy.
    if (mayLackHeaders(request)) return plain(431, 'The request has too many headers.');
    if (!isFromHere(requests.peerOf(request)))
      return plain(403, 'This page is shown to visitors from the same machine only.');
    const site = requests.siteOf(request);
    return site !== undefined && requests.isKnown(request, site)
      ? answer(site)
      : plain(403, 'This page is shown at addresses and loopback names, and at names that the option "hosts" lists.');
  };

const createRoutes = (facts: SurfaceFacts): ReadonlyMap<string, Route> => {
  const { state, chart, requests } = facts;
  const page = (site: URL): Answer => ({
    status: 200,
    type: 'text/html; charset=utf-8',
    body: renderPage(facts, socketUrl(site, facts.path)),
    headers: { 'Content-Security-Policy': pagePolicy },
  });
  const picture = (body: Buffer): Answer => {
    const headers = { 'Content-Security-Policy': picturePolicy };
    return { status: 200, type: 'image/svg+xml', body, headers };
  };
  return new Map([
    ['/healthz', () => plain(200, 'ok')],
    ['/readyz', () => (state() === 'listening' ? plain(200, 'ready') : plain(503, state()))],
    ['/', onlyHere(requests, page)],
    ...(chart ? [['/connection.svg', onlyHere(requests, () => picture(chart))] as const] : []),
  ]);
};

const send = (response: ServerResponse, { status, type, body, headers }: Answer): void => {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  // For a HEAD request Node leaves the body out.
  response.end(body);
};

/** Answers `/healthz`, `/readyz`, `/` and `/connection.svg`. Meant for `onRequest` of `Postmaster.listen`. */
export const createHttpSurface = (facts: SurfaceFacts): RequestListener => {
  const routes = createRoutes(facts);
  const answer = (request: IncomingMessage): Answer => {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const route = routes.get(path);
    if (!route) return plain(404, `There is nothing at this path; try ${[...routes.keys()].join(', ')}.`);
    if (request.method === 'GET' || request.method === 'HEAD') return route(request);
    return plain(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
  };
  return (request, response) => send(response, answer(request));
};
