/**
 * What an HTTP request tells of the site that its peer asked for. What Node has left out never counts in favour of the peer.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { isLoopbackAddress, isPrivateAddress } from './address.ts';

/** How requests come here. */
export interface RequestSettings {
  /** Host names under which the router is known on loopback and private sockets. Default: none. */
  readonly hosts?: readonly string[];
}

/** Reads requests. */
export interface RequestReader {
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

const isHost = /^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** The Host header. Of several Node keeps the first, and somebody between may have gone by another. */
const hostOf = ({ headers: { host }, rawHeaders }: IncomingMessage): string | undefined => {
  const names = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return names.length === 1 && host !== undefined && isHost.test(host) ? host : undefined;
};

/** A reader of requests that come as `settings` says. */
export const createRequestReader = ({ hosts = [] }: RequestSettings): RequestReader => {
  const known = new Set(hosts.map((host) => host.toLowerCase()));
  return {
    siteOf: (request) => {
      const host = hostOf(request);
      const { encrypted } = request.socket as Socket & { readonly encrypted?: boolean };
      const site = `${encrypted ? 'https' : 'http'}://${host}`;
      return host !== undefined && URL.canParse(site) ? new URL(site) : undefined;
    },
    isKnown: ({ socket: { localAddress } }, { hostname }) =>
      (localAddress !== undefined && !isPrivateAddress(localAddress)) ||
      isIP(withoutBrackets(hostname)) !== 0 ||
      isLoopbackName(hostname) ||
      known.has(hostname),
  };
};
