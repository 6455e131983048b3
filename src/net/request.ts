/**
 * What an HTTP request tells of its peer: whose address it comes from, and which site the peer asked for. Only what the socket
 * says counts, and what a trusted proxy adds; what Node has left out never counts in favour of the peer.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { createNetworkList, isLoopbackAddress, isPrivateAddress } from './address.ts';

/** How requests come here. */
export interface RequestSettings {
  /** Host names under which the router is known on loopback and private sockets. Default: none. */
  readonly hosts?: readonly string[];
  /** Addresses and networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count. Default: none. */
  readonly trustedProxies?: readonly string[];
}

/** Who sent a request. */
export interface RequestPeer {
  /** Undefined on a Unix socket. */
  readonly address: string | undefined;
  /** False where somebody stands between who is not trusted, or does not say for whom. */
  readonly isCertain: boolean;
}

/** Reads requests. */
export interface RequestReader {
  peerOf(request: IncomingMessage): RequestPeer;
  /** The site that the peer asked for, as a URL without a path; undefined without a Host, with several, or with one that is none. */
  siteOf(request: IncomingMessage): URL | undefined;
  /**
   * Whether the router can be meant by the host of `site`. On a loopback or private socket a name must be listed, as any page can
   * give its own name such an address and is its own origin there then (DNS rebinding). Addresses and loopback names nobody can.
   */
  isKnown(request: IncomingMessage, site: URL): boolean;
}

/** Headers of one request that Node keeps unless its server says otherwise. */
const keptHeaders = 1000;

/** Whether Node may have left headers of `request` out, because there are more than its server takes. */
export const mayLackHeaders = ({ rawHeaders, socket }: IncomingMessage): boolean => {
  const { server } = socket as Socket & { readonly server?: { readonly maxHeadersCount?: number | null } };
  const most = server?.maxHeadersCount ?? keptHeaders;
  // Names and values take turns.
  return most > 0 && rawHeaders.length >= 2 * most;
};

/** Whether the host of a URL is a name or an address that is this machine everywhere (RFC 6761, 6.3). */
export const isLoopbackName = (hostname: string): boolean =>
  /(^|\.)localhost$/.test(hostname) || isLoopbackAddress(withoutBrackets(hostname));

/** Whether `text` is a host name as the option `hosts` takes it: in letters of ASCII, without port. */
export const isHostName = (text: string): boolean => /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(text);

const withoutBrackets = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const schemes: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['ws', 'http'],
  ['https', 'https'],
  ['wss', 'https'],
]);

/** The elements of a header that is a list, over all its lines. */
const elementsOf = ({ headers }: IncomingMessage, name: string): readonly string[] => {
  const lines = headers[name];
  return lines === undefined ? [] : [lines].flat().flatMap((line) => line.split(',').map((element) => element.trim()));
};

/** An element of X-Forwarded-For: an address, some proxies add the port. */
const readAddress = (element: string): string | undefined => {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(element) ?? [];
  const address = bracketed ?? plain ?? element;
  return isIP(address) === 0 ? undefined : address;
};

const isHost = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** The Host header. Of several Node keeps the first, and somebody between may have gone by another. */
const hostOf = ({ headers: { host }, rawHeaders }: IncomingMessage): string | undefined => {
  const names = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return names.length === 1 && host !== undefined && isHost.test(host) ? host : undefined;
};

/** A reader of requests that come as `settings` says. */
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
      // Not read: it can say the same in other words.
      const isCertain = headers.forwarded === undefined;
      let address = socket.remoteAddress;
      if (headers['x-forwarded-for'] === undefined) return { address, isCertain };
      const elements = elementsOf(request, 'x-forwarded-for');
      if (!isTrusted(address)) return { address, isCertain: false };
      // Each proxy adds who came to it: what stands before the first that is not trusted, anybody can have written.
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
