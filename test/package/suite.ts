/**
 * `npm run test:versions -- oldest|newest [filters]`: the tests whose paths contain one of the filters, or all, with the oldest or the
 * newest version of each package that this one works with. They run in a copy of the project: those packages are installed there,
 * the tools are those of the project.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { copyProject } from '../support/project-copy.ts';
import { dependencies, ends, install, peers, versionsAt } from './versions.ts';

const root = resolve(import.meta.dirname, '../..');

/** Lets `to` have what `from` has and `to` has not; in a folder of a scope (`@types`) package by package. */
const linkMissing = (from: string, to: string): void => {
  // What begins with a dot is kept by tools for themselves.
  for (const name of readdirSync(from).filter((each) => !each.startsWith('.'))) {
    const [source, target] = [join(from, name), join(to, name)];
    if (name.startsWith('@')) {
      mkdirSync(target, { recursive: true });
      linkMissing(source, target);
    } else if (!existsSync(target)) symlinkSync(source, target);
  }
};

const main = (): number => {
  const [named, ...filters] = process.argv.slice(2);
  const end = ends.find((each) => each === named);
  if (end === undefined) throw new Error('Usage: npm run test:versions -- oldest|newest [filters]');
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-versions-'));
  try {
    const chosen = versionsAt(end, { ...dependencies, ...peers });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: chosen }));
    install(folder);
    copyProject(root, folder);
    linkMissing(join(root, 'node_modules'), join(folder, 'node_modules'));
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    return spawnSync(process.execPath, [vitest, 'run', ...filters], { cwd: folder, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
};

process.exitCode = main();
