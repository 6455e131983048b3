/** Where, when and with what a run was made. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Options } from './options.ts';
import type { Peer } from './peers.ts';
import type { Run } from './result.ts';
import { packageRoot } from './targets.ts';

const { resolve } = createRequire(import.meta.url);

const versionAt = (path: string): string =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;

/** The commit that is measured, marked when the sources are not as it has them; nothing outside of a clone. */
const commit = (): string => {
  const git = (...args: readonly string[]): string => {
    const { status, stdout } = spawnSync('git', args, { cwd: packageRoot, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : '';
  };
  const id = git('rev-parse', '--short', 'HEAD');
  const isChanged = git('status', '--porcelain', '--', 'src', 'machines', 'package.json') !== '';
  return id === '' ? '' : ` (${id}${isChanged ? ', changed' : ''})`;
};

/** When and with what something is measured; `others` are versions beside our own. */
export const circumstances = (others: Run['versions'] = {}): Pick<Run, 'date' | 'versions' | 'machine'> => ({
  date: new Date().toISOString(),
  versions: {
    postmaster: `${versionAt(join(packageRoot, 'package.json'))}${commit()}`,
    ws: versionAt(resolve('ws/package.json')),
    // Takes the mask of clients off for ws.
    bufferutil: versionAt(resolve('bufferutil/package.json')),
    node: process.versions.node,
    ...others,
  },
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
  },
});

/** A run with its circumstances. */
export const describeRun = (
  options: Options,
  argv: readonly string[],
  { results, pinned, peers }: Pick<Run, 'results' | 'pinned'> & { readonly peers: readonly Peer[] },
): Run => ({
  ...circumstances(Object.fromEntries(peers.map(({ name, version }) => [name, version]))),
  command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
  target: options.target.name,
  peers: peers.map(({ name }) => name),
  rounds: options.rounds,
  quick: options.quick,
  pinned,
  results,
});
