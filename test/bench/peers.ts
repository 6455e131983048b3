/** Other routers, where they are installed. */

import type { Target } from './targets.ts';

/** A router of somebody else, and which version it is. */
export interface Peer extends Target {
  readonly version: string;
}

/** Those that are there. */
export const findPeers = async (): Promise<readonly Peer[]> => [];
