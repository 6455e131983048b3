import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linksIn } from '../support/documents.ts';
import { dependencies, npm, peers, tools, versionsAt } from './versions.ts';

interface Manifest {
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const manifest = readJson('package.json') as Manifest;

/** What would be packed, as far as it is there: nothing is built for it. */
const packed = (): readonly string[] => {
  const [found] = JSON.parse(npm('.', 'pack', '--dry-run', '--json', '--ignore-scripts')) as readonly {
    readonly files: readonly { readonly path: string }[];
  }[];
  return found?.files.map(({ path }) => path) ?? [];
};

const filesOf = (file: string): readonly string[] =>
  linksIn(readFileSync(file, 'utf8'))
    .map((link) => link.replace(/#.*/, ''))
    .filter((path) => path !== '');

describe('the package', () => {
  test('holds every file to which its documents link', () => {
    const files = packed();
    const documents = files.filter((file) => file.endsWith('.md'));
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'test/bench/results/results.md']));
    const needed = documents.flatMap((file) => filesOf(file).map((path) => [file, join(dirname(file), path)] as const));
    expect(needed).toContainEqual(['README.md', 'test/bench/results/results.md']);
    const isPacked = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path}/`));
    expect(needed.filter(([, path]) => !isPacked(path))).toEqual([]);
  });

  test('is built before it is packed', () => {
    expect(manifest.scripts.prepack).toContain('npm run --silent build');
    // With this npm would pack without building, too.
    expect(readFileSync('.npmrc', 'utf8')).not.toContain('ignore-scripts');
  });
});

describe('a dependency', () => {
  test('that an embedding program has as well is a peer: one copy of it, whose types are the same', () => {
    expect(Object.keys(peers)).toEqual(expect.arrayContaining(['rxjs', 'xstate']));
    // What is both would be left out by npm where tools are: `npm ci --omit=dev`.
    for (const name of ['rxjs', 'xstate']) expect({ ...dependencies, ...tools }).not.toHaveProperty(name);
  });

  test('is a range that begins with its oldest version, a tool is one version', () => {
    for (const ranges of [dependencies, peers])
      expect(Object.keys(versionsAt('oldest', ranges))).toEqual(Object.keys(ranges));
    expect(Object.values(tools).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('runs nothing when it is installed', () => {
    const { packages } = readJson('package-lock.json') as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
    };
    const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    const names = scripted.map((path) => path.replace(/^.*node_modules\//, ''));
    expect(names.filter((name) => manifest.allowScripts[name] !== false)).toEqual([]);
  });
});
