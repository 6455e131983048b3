/**
 * What an HTTP request tells about its peer: its address, and the site that it asked for. Only the socket and the headers
 * of trusted proxies are believed. If Node has left headers out, that never counts in favour of the peer.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { createNetworkList, isLoopbackAddress, isPrivateAddress } from './address.ts';

/** How requests reach the router. */
export interface RequestSettings {
  /** Host names by which the router is known on loopback and private sockets. Default: none. */
  readonly hosts?: readonly string[];
  /** Addresses and networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
}

/** Who sent a request. */
export interface RequestPeer {
  /** Undefined on a Unix socket. */
  readonly address: string | undefined;
  /** False if the request came through a proxy that is not trusted, or that does not say for whom. */
  readonly isCertain: boolean;
}

/** Reads requests. */
export interface RequestReader {
  peerOf(request: IncomingMessage): RequestPeer;
  /**
   * The site that the peer asked for, as a URL without a path; undefined if there is no Host header, more than one, or an
   * invalid one.
   */
  siteOf(request: IncomingMessage): URL | undefined;
  /**
   * Whether the host of `site` may be a name of this router. On a loopback or private socket a host name must be listed:
   * any web page can point its own name at such an address, where it then counts as same-origin (DNS rebinding). This
   * cannot be done with addresses and loopback names, so they always pass.
   */
  isKnown(request: IncomingMessage, site: URL): boolean;
}

/** How many headers of a request Node keeps unless its server says otherwise. */
const keptHeaders = 1000;

/** Whether Node may have left out headers of `request` because there are more than its server accepts. */
export const mayLackHeaders = ({ rawHeaders, socket }: IncomingMessage): boolean => {
  const { server } = socket as Socket & { readonly server?: { readonly maxHeadersCount?: number | null } };
  const most = server?.maxHeadersCount ?? keptHeaders;
  // `rawHeaders` holds names and values alternately.
  return most > 0 && rawHeaders.length >= 2 * most;
};

/** Whether the host of a URL is a name or an address that always means this machine (RFC 6761, 6.3). */
export const isLoopbackName = (hostname: string): boolean =>
  /(^|\.)localhost$/.test(hostname) || isLoopbackAddress(withoutBrackets(hostname));

/** Whether `text` is a host name as the option `hosts` takes it: ASCII, without a port. */
export const isHostName = (text: string): boolean => /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(text);

const withoutBrackets = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const schemes: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['ws', 'http'],
  ['https', 'https'],
  ['wss', 'https'],
]);

/** The elements of a list-valued header, over all its lines. */
const elementsOf = ({ headers }: IncomingMessage, name: string): readonly string[] => {
  const lines = headers[name];
  return lines === undefined ? [] : [lines].flat().flatMap((line) => line.split(',').map((element) => element.trim()));
};

/** Reads an element of X-Forwarded-For: an address, to which some proxies add the port. */
const readAddress = (element: string): string | undefined => {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(element) ?? [];
  const address = bracketed ?? plain ?? element;
  return isIP(address) === 0 ? undefined : address;
};

const isHost = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** The Host header, if there is exactly one. Node keeps the first of several, and a proxy may have used another. */
const hostOf = ({ headers: { host }, rawHeaders }: IncomingMessage): string | undefined => {
  const names = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return names.length === 1 && host !== undefined && isHost.test(host) ? host : undefined;
};

/** A reader of requests that reach the router as `settings` says. */
export const createRequestReader = ({ hosts = [], trustedProxies = [] }: RequestSettings): RequestReader => {
  const isTrusted = createNetworkList(trustedProxies);
  const known = new Set(hosts.map((host) => host.toLowerCase()));

  const schemeOf = (request: IncomingMessage): string => {
    const { encrypted, remoteAddress } = request.socket as Socket & { readonly encrypted?: boolean };
    const said = isTrusted(remoteAddress) ? elementsOf(request, 'x-forwarded-proto').at(-1) : undefined;
    return schemes.get(said?.toLowerCase() ?? '') ?? (encrypted ? 'https' : 'http');
  };
  return {
    peerOf: (request) => {
      const { headers, socket } = request;
      // The content of `Forwarded` is not read, but it may name another peer, so the address is uncertain.
      const isCertain = headers.forwarded === undefined;
      let address = socket.remoteAddress;
      if (headers['x-forwarded-for'] === undefined) return { address, isCertain };
      const elements = elementsOf(request, 'x-forwarded-for');
      if (!isTrusted(address)) return { address, isCertain: false };
      // Each proxy appends the address of its peer. What stands before the first untrusted one may be forged.
      for (const element of elements.toReversed()) {
        if (!isTrusted(address)) break;
        const before = readAddress(element);
        if (before === undefined) return { address, isCertain: false };
        address = before;
      }
      return { address, isCertain };
    },
    siteOf: (request) => {
      const host = hostOf(request);
      const site = `${schemeOf(request)}://${host}`;
      return host !== undefined && URL.canParse(site) ? new URL(site) : undefined;
    },
    isKnown: ({ socket: { localAddress } }, { hostname }) =>
      (localAddress !== undefined && !isPrivateAddress(localAddress)) ||
      isIP(withoutBrackets(hostname)) !== 0 ||
      isLoopbackName(hostname) ||
      known.has(hostname),
  };
};
