/** How much memory this process holds, for tests that memory stays flat. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collects garbage; returns the resident size in MiB. */
export const collectGarbage = (): number => {
  gc();
  gc();
  return process.memoryUsage.rss() / 1024 / 1024;
};
