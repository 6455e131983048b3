import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ICruiseResult } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { expect, test } from 'vitest';
import { version } from '../src/base/version.ts';

const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`);

const sources = [...files('src'), ...files('machines')];

/** Without the last, which ends the file. */
const linesOf = (file: string): number => readFileSync(file, 'utf8').split('\n').length - 1;
const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

interface Rule {
  readonly name: string;
  readonly from: { readonly path?: string };
  readonly to: { readonly pathNot?: readonly string[] };
}

/** The folders in their order, each with its files and the paths from which it may import. */
const folders = (rules.forbidden as readonly Rule[])
  .filter(({ name }) => name.startsWith('folder '))
  .map(({ name, from: { path = '' }, to: { pathNot: may = [] } }) => ({
    folder: name.slice('folder '.length),
    path,
    may,
    files: sources.filter((file) => new RegExp(path).test(file)),
  }));

test('every folder imports only what it may, without cycles, and no file is left out', async () => {
  const { output } = await cruise(
    ['src', 'machines'],
    { ...rules.options, ruleSet: rules, validate: true },
    undefined,
    {
      tsConfig: extractTSConfig('tsconfig.json'),
    },
  );
  const { modules, summary } = output as ICruiseResult;
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  const cruised = modules.map(({ source }) => source);
  expect(cruised).toEqual(expect.arrayContaining([...sources]));
});

test('every file is in one folder, and every folder holds files', () => {
  expect(folders.flatMap(({ files }) => files).sort()).toEqual([...sources].sort());
  for (const { folder, files } of folders)
    expect({ folder, isEmpty: files.length === 0 }).toEqual({ folder, isEmpty: false });
});

test('a folder may import only from folders before it', () => {
  folders.forEach(({ folder, may }, at) => {
    const above = folders
      .slice(at + 1)
      .filter(({ files }) => may.some((place) => files.some((file) => new RegExp(place).test(file))));
    expect({ folder, above: above.map((other) => other.folder) }).toEqual({ folder, above: [] });
  });
});

test('no folder holds more than 15 % of the lines', () => {
  const all = sum(sources.map(linesOf));
  const large = folders.filter(({ files }) => sum(files.map(linesOf)) > all * 0.15);
  expect(large.map(({ folder }) => folder)).toEqual([]);
});

test('the core asks for no clock, timer, chance or socket by itself', () => {
  const core = sources.filter((file) =>
    /^(src\/(base|wamp|codec|interceptor|session|broker|dealer|meta|realm)|machines)\//.test(file),
  );
  expect(core.length).toBeGreaterThan(20);
  for (const file of core) {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect({
      file,
      uses: code.match(/Date\.now|(?<![\w.])setTimeout\((?!task:)|setImmediate|Math\.random|from 'node:/g),
    }).toEqual({
      file,
      uses: null,
    });
  }
});

test('a file has at most 300 lines, and half of them have at most 110', () => {
  expect(sources.filter((file) => linesOf(file) > 300)).toEqual([]);
  const lengths = sources.map(linesOf).sort((one, other) => one - other);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(110);
});

test('the version in the code is that of the package', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(version);
});
