/** Which web pages may connect: those of the router's own site, and those of listed origins. Other clients send no Origin. */

import type { IncomingMessage } from 'node:http';
import type { RequestReader } from '../../net/request.ts';
import { isLoopbackName } from '../../net/request.ts';

/** Options of the rule. */
export interface OriginSettings {
  /** Origins that may connect besides the router's own; `*` is all, `loopback` is any page of this machine. */
  readonly origins: readonly string[];
  readonly requests: RequestReader;
}

const readUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** An origin as browsers write it: lower case, no default port. */
const normalOf = (origin: string): string => {
  const normal = readUrl(origin)?.origin ?? 'null';
  return normal === 'null' ? origin.toLowerCase() : normal;
};

/**
 * Whether `text` is an origin as the option `origins` accepts it: in any case, with or without a default port, without a
 * path.
 */
export const isOrigin = (text: string): boolean =>
  ['*', 'loopback', 'null'].includes(text) ||
  (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@*]+$/i.test(text) && readUrl(text) !== undefined);

/** The origin as browsers sent it up to version 8 of the protocol. */
const old = ({ headers }: IncomingMessage): string | undefined => {
  const origin = headers['sec-websocket-origin'];
  return Array.isArray(origin) ? origin[0] : origin;
};

const otherSite = 'the option "origins" allows them';
const otherScheme =
  'their scheme is not that of this connection; behind a proxy that ends TLS the option "trustedProxies" lists the proxy, or ' +
  '"origins" allows them';
const unknownHost =
  'the Host of this request is a name that this router does not know as its own; the option "hosts" lists it, behind a proxy ' +
  'too, or "origins" allows them';

const mostShown = 200;

/**
 * An origin that can safely be shown in an answer and a log: browsers send ASCII, other clients may send what controls a
 * terminal.
 */
const shown = (origin: string): string => origin.slice(0, mostShown).replace(/[^ -~]/g, '?');

/**
 * Creates a function that says why the page that sent a request may not connect. It returns undefined when the page may
 * connect, and when the request is not from a page.
 */
export const createOriginRule = ({
  origins,
  requests,
}: OriginSettings): ((request: IncomingMessage) => string | undefined) => {
  const allowed = new Set(origins.map(normalOf));
  const whyNot = (request: IncomingMessage, page: URL | undefined): string | undefined => {
    if (page === undefined) return otherSite;
    if (allowed.has('loopback') && isLoopbackName(page.hostname)) return undefined;
    const site = requests.siteOf(request);
    if (site === undefined || page.hostname !== site.hostname) return otherSite;
    if (page.origin !== site.origin) return page.protocol === site.protocol ? otherSite : otherScheme;
    return requests.isKnown(request, site) ? undefined : unknownHost;
  };
  return (request) => {
    const { origin = old(request) } = request.headers;
    if (origin === undefined || allowed.has('*') || allowed.has(normalOf(origin))) return undefined;
    const reason = whyNot(request, readUrl(origin));
    return reason === undefined ? undefined : `Pages of ${shown(origin)} may not connect: ${reason}.`;
  };
};
