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

test('every layer imports what it may, without cycles, and no file is left out', async () => {
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

test('the core asks for no clock, timer, chance or socket by itself', () => {
  const core = sources.filter((file) => /^(src\/(wamp|codec|interceptor|realm)|machines)\//.test(file));
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

test('no file of the sources is longer than one can read', () => {
  const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 400);
  expect(long).toEqual([]);
});

test('the version in the code is that of the package', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).version).toBe(version);
});
