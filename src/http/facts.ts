/** What the HTTP surface knows of the router. The program that starts the surface fills it in. */

import type { RequestReader } from '../net/request.ts';

/** Counts of what the router holds right now. */
export interface SurfaceCounts {
  readonly connections: number;
  readonly sessions: number;
  readonly topics: number;
  readonly procedures: number;
}

/** What the surface knows of the router. The functions are called for each request. */
export interface SurfaceFacts {
  readonly version: string;
  /** Path of the WebSocket on the same port. */
  readonly path: string;
  /** ms since the router was started. */
  uptime(): number;
  readonly realms: readonly string[];
  /** The subprotocols of WAMP v2, one for each serializer. */
  readonly subprotocols: readonly string[];
  /** Whether peers may publish and subscribe without authenticating. */
  readonly isOpen: boolean;
  /** A call that a visitor can try, and its result. */
  readonly example:
    | { readonly procedure: string; readonly args: readonly unknown[]; readonly result: unknown }
    | undefined;
  /** The picture of the connection chart, SVG. */
  readonly chart: Buffer | undefined;
  /** Tells who sent a request, and for which site. */
  readonly requests: RequestReader;
  readonly state: () => string;
  readonly counts: () => SurfaceCounts;
}
