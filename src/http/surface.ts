/**
 * What the router answers to plain HTTP: whether it lives, whether it is ready, and a page about itself.
 *
 * The two probes say one word to everybody. The page tells who is connected to what, so it is shown to this machine only,
 * and not through a proxy, behind which everybody looks like this machine.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { SurfaceFacts } from './facts.ts';
import { isLoopbackAddress } from './loopback.ts';
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
const pagePolicy = `default-src 'none'; style-src '${pageStyleHash}'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'";

const isHost = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** Where the visitor would find the WebSocket: at the host it asked, if that is one. */
const socketUrl = ({ socket, headers }: IncomingMessage, path: string): string => {
  const { localAddress = '127.0.0.1', localPort } = socket;
  const own = `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  const host = headers.host !== undefined && isHost.test(headers.host) ? headers.host : own;
  return `${(socket as Partial<TLSSocket>).encrypted ? 'wss' : 'ws'}://${host}${path}`;
};

const isFromHere = ({ socket, headers }: IncomingMessage): boolean =>
  isLoopbackAddress(socket.remoteAddress) &&
  headers.forwarded === undefined &&
  headers['x-forwarded-for'] === undefined;

const onlyHere =
  (route: Route): Route =>
  (request) =>
    isFromHere(request) ? route(request) : plain(403, 'This page is shown to visitors from the same machine only.');

const createRoutes = (facts: SurfaceFacts): ReadonlyMap<string, Route> => {
  const { state, chart } = facts;
  const page: Route = (request) => ({
    status: 200,
    type: 'text/html; charset=utf-8',
    body: renderPage(facts, socketUrl(request, facts.path), Date.now()),
    headers: { 'Content-Security-Policy': pagePolicy },
  });
  const picture = (body: Buffer): Route => {
    const headers = { 'Content-Security-Policy': picturePolicy };
    return () => ({ status: 200, type: 'image/svg+xml', body, headers });
  };
  return new Map([
    ['/healthz', () => plain(200, 'ok')],
    ['/readyz', () => (state() === 'listening' ? plain(200, 'ready') : plain(503, state()))],
    ['/', onlyHere(page)],
    ...(chart ? [['/connection.svg', onlyHere(picture(chart))] as const] : []),
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
