/** The routers that can be measured. A peer of ours is one more entry here. */

import { fileURLToPath } from 'node:url';

/**
 * A program that opens a WAMP v1 endpoint without authentication, answers `com.example.add`, and prints
 * `{"url":"ws://..."}` as its first line. It is started in the root of the package.
 */
export interface Target {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Where the targets run. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** What everything else is compared with. */
export const floor: Target = {
  name: 'floor',
  command: process.execPath,
  args: ['--expose-gc', '--import', 'tsx', 'test/bench/floor.ts'],
};

/** What can be compared with the floor; the first one is the default. The floor itself tells how exact the method is. */
export const targets: readonly Target[] = [
  {
    name: 'postmaster',
    command: process.execPath,
    args: ['--expose-gc', 'dist/src/cli/main.js', 'serve', '--port', '0'],
  },
  { ...floor, name: 'floor-again' },
];
