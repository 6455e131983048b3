/** Which versions of other packages this one works with, as package.json has them, and how they are tried. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

type Versions = Readonly<Record<string, string>>;

/** What package.json says. */
export const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Versions;
  readonly peerDependencies: Versions;
  readonly devDependencies: Versions;
};

const { dependencies, peerDependencies: peers, devDependencies: tools } = manifest;

export { dependencies, peers, tools };

/** The ends of a range that are tried. */
export const ends = ['oldest', 'newest'] as const;
export type End = (typeof ends)[number];

/** The oldest version of a range: the one that it names. */
const oldestOf = (range: string): string => {
  const version = /^(?:\^|>=)(\d+\.\d+\.\d+)$/.exec(range)?.[1];
  if (version === undefined) throw new Error(`the range ${range} is not a version behind ^ or >=`);
  return version;
};

/** For each package what is to be installed: the oldest version of its range, or the range, of which npm takes the newest. */
export const versionsAt = (end: End, ranges: Versions): Versions =>
  end === 'newest'
    ? ranges
    : Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, oldestOf(range)]));

/** Runs npm in `folder`. Its output is shown only when it fails. */
export const npm = (folder: string, ...args: readonly string[]): string =>
  execFileSync('npm', [...args, '--loglevel=error'], { cwd: folder, encoding: 'utf8' });

/** Installs what `folder`'s package.json asks for, from the registry alone: no package may run anything. */
export const install = (folder: string): void => {
  npm(folder, 'install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund');
};
