import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import long from '../../vitest.fuzz.config.ts';

const isProperty = (file: string): boolean => /\b(?:runs|amount)\(\s*[\d_]+,/.test(readFileSync(file, 'utf8'));

test('the long run has every file with a long amount', () => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `test/${file}`)
    .filter(isProperty);
  expect(files).toEqual(expect.arrayContaining(['test/property/v2-model.test.ts', 'test/connection/chart.test.ts']));
  expect([...(long.test?.include ?? [])].sort()).toEqual(files.sort());
});
