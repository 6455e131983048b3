/** Folders for config files, gone when the benchmark is. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new one. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
};
