/** Which pages may connect: those of the router's own site, and those of listed origins. Peers that are no pages send no Origin. */

import type { IncomingMessage } from 'node:http';
import type { RequestReader } from '../../net/request.ts';
import { isLoopbackName } from '../../net/request.ts';

/** What the rule goes by. */
export interface OriginSettings {
  /** Origins that may connect besides the router's own; `*` is all, `loopback` is any page of this machine. */
  readonly origins: readonly string[];
  readonly requests: RequestReader;
}

const readUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** An origin in the one way of writing it that browsers have: lower case, no default port. */
const normalOf = (origin: string): string => {
  const normal = readUrl(origin)?.origin ?? 'null';
  return normal === 'null' ? origin.toLowerCase() : normal;
};

/** Whether `text` is an origin as the option `origins` takes it: any case of letters, with or without a default port, and no path. */
export const isOrigin = (text: string): boolean =>
  ['*', 'loopback', 'null'].includes(text) ||
  (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s@*]+$/i.test(text) && readUrl(text) !== undefined);

/** What browsers sent up to version 8 of the protocol. */
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

/** An origin as an answer and a log can show it: browsers write ASCII, others may send whatever a terminal obeys. */
const shown = (origin: string): string => origin.slice(0, mostShown).replace(/[^ -~]/g, '?');

/** Says why the page that a request comes from may not connect; undefined when it may, and when it is no page. */
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
