/** The routers that can be measured. */

import { fileURLToPath } from 'node:url';
import type { Wire } from './wire.ts';

/**
 * A program that opens a WAMP endpoint with the realm `realm1` for anonymous peers, or one with a protocol of its own. It is started in the root of the package
 * and prints `{"url":"ws://..."}` as its first line, or it listens on the port that it was given.
 */
export interface Target {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What it speaks instead of WAMP. */
  readonly wire?: Wire;
  /** Where it listens, if it does not say so itself. */
  readonly url?: string;
}

/** Where the targets run. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** What everything else is compared with. */
export const floor: Target = {
  name: 'floor',
  command: process.execPath,
  args: ['--expose-gc', '--import', 'tsx', 'test/bench/floor.ts'],
};

/** Our router. */
export const postmaster: Target = {
  name: 'postmaster',
  command: process.execPath,
  args: ['--expose-gc', 'dist/src/cli/main.js', 'serve', '--port', '0'],
};

/** What can be compared with the floor; the floor itself tells how exact the method is. */
export const targets: readonly Target[] = [postmaster, { ...floor, name: 'floor-again' }];
