/** A copy of the project in a temporary folder, in which sources may be broken while the project itself stays as it is. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject } from '../support/project-copy.ts';

/** How the tests end: all pass, one fails, or they do not come to an end. */
export type Outcome = 'passed' | 'failed' | 'timed out';

/** The copy. */
export interface Sandbox {
  read(file: string): string;
  write(file: string, text: string): void;
  /** Runs test files whose paths contain one of `filters`, up to the first that fails, for `limit` ms at most. */
  test(filters: readonly string[], limit: number): Promise<Outcome>;
  remove(): void;
}

/** Copies all files of the project at `root` that git knows, as they are now. */
export const createSandbox = (root: string): Sandbox => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-mutate-'));
  copyProject(root, folder);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, text) => writeFileSync(join(folder, file), text),
    test: (filters, limit) => runTests(folder, filters, limit),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const runTests = (folder: string, filters: readonly string[], limit: number): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
    // Properties draw the same cases for every fault.
    const env = { ...process.env, SEED: process.env.SEED ?? '1' };
    const options = { cwd: folder, stdio: 'ignore', detached: true, env } as const;
    const child = spawn(process.execPath, [vitest, 'run', '--bail', '1', ...filters], options);
    let isLate = false;
    // A fault may be a loop without an end: the whole group of processes goes.
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('error', reject);
    child.on('exit', (status) => {
      clearTimeout(timer);
      resolve(isLate ? 'timed out' : status === 0 ? 'passed' : 'failed');
    });
  });
