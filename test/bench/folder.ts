/** Folders for config files, gone when the benchmark is. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let home: string | undefined;

const makeHome = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
};

/** A new one. All of them lie in one folder, so that however many there are, one listener waits for the end. */
export const makeFolder = (): string => {
  home ??= makeHome();
  return mkdtempSync(join(home, 'of-'));
};
