/** The documents in the root of the repository lead somewhere and keep the order that they promise. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../src/config/schema.ts';
import { blocksIn, brokenLinks, documents } from './support/documents.ts';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('a link', () => {
  test.each(documents)('leads to a file or heading that is there: %s', (file) => {
    expect(brokenLinks(file, read(file))).toEqual([]);
  });

  test.each([
    ['NOWHERE.md', '[this](NOWHERE.md)'],
    ['#nothing', '# Something\n[this](#nothing)'],
    ['#example-1', '# Example\n[this](#example-1)'],
    ['PROTOCOL.md#nothing', '[this](PROTOCOL.md#nothing)'],
  ])('that leads nowhere is found: %s', (target, text) => {
    expect(brokenLinks('README.md', text)).toEqual([target]);
  });

  test('in code, and one that leaves the repository, is none', () => {
    expect(brokenLinks('README.md', '```md\n[this](NOWHERE.md)\n```\n[that](https://example.com/x)')).toEqual([]);
  });

  test('to the second of two equal headings is told from the first', () => {
    expect(brokenLinks('README.md', '# A `b`\n# A b\n[first](#a-b) [second](#a-b-1)')).toEqual([]);
  });
});

describe('what a document names', () => {
  const configs = documents.flatMap((file) =>
    blocksIn(read(file)).flatMap(({ language, code }, at) =>
      language === 'yaml' ? [[`block ${at + 1} of ${file}`, code] as const] : [],
    ),
  );

  test.each(configs)('as a config, or a part of one, is a config: %s', (file, code) => {
    const config = { realms: ['realm1'], ...(parse(code) as object) };
    expect(() => checkConfig(config, file, { isData: true })).not.toThrow();
  });

  test('as a command is a script of the package, or one of npm', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const known = new Set([...Object.keys(scripts), 'ci', 'install', 'pack', 'cache']);
    const named = documents.flatMap((file) =>
      [...read(file).matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map(([, name]) => `${file}: ${name}`),
    );
    expect(named.filter((name) => !known.has(name.split(': ')[1]!))).toEqual([]);
  });

  const names = [...read('CONTRIBUTING.md').matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);

  test('of the repository in CONTRIBUTING.md is there', () => {
    const paths = names.filter((name) => /^(src|test|machines)\//.test(name) && !name.includes('<'));
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('of the sources in CONTRIBUTING.md is there', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const sources = files.map((file) => read(`src/${file}`)).join('\n');
    const identifiers = names.filter((name) => /^[a-z]+[A-Z]\w*$|^[A-Z][a-z]+[A-Z]\w+$/.test(name));
    expect(identifiers.length).toBeGreaterThan(10);
    expect(identifiers.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
  });
});
