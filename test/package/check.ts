/**
 * `npm run package:check`: what is wrong with the package before anybody installs it. It is built and packed once; `publint` looks at
 * its manifest and `attw` at its types, as they are in the tarball, while `knip` looks for code and packages that nobody uses.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyToPack } from './copy.ts';
import { manifest } from './versions.ts';

const elapsed = (): string => `${(performance.now() / 1000).toFixed(0)} s`;

/** Runs a program in `cwd`. What it says is shown when it has failed, and then this rejects. */
const run = (cwd: string, program: string, ...args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const name = [program, ...args].join(' ');
      const isGood = code === 0;
      if (!isGood) process.stdout.write(Buffer.concat(said));
      process.stdout.write(`${name}: ${isGood ? 'good' : `failed with ${signal ?? code}`}, after ${elapsed()}\n`);
      if (isGood) resolve();
      else reject(new Error(`${name} failed`));
    });
  });

const tool = (name: string, ...args: readonly string[]): Promise<void> =>
  run('.', join('node_modules/.bin', name), ...args);

const checkTarball = async (folder: string): Promise<void> => {
  const copy = join(folder, 'project');
  copyToPack(copy);
  await run(copy, 'npm', 'pack', '--pack-destination', folder);
  const tarball = join(folder, `${manifest.name}-${manifest.version}.tgz`);
  await Promise.all([tool('publint', 'run', tarball, '--strict'), tool('attw', tarball, '--profile', 'esm-only')]);
};

const folder = mkdtempSync(join(tmpdir(), 'postmaster-check-'));
const results = await Promise.allSettled([checkTarball(folder), tool('knip')]);
rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
if (results.some(({ status }) => status === 'rejected')) process.exitCode = 1;
