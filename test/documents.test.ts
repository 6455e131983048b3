/**
 * The links of the documents in the root of the repository lead somewhere, and the documents keep the order that they
 * promise.
 */

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

/** What a version of CHANGELOG.md may have, in this order. */
const kinds = ['Breaking', 'Security', 'Added', 'Changed', 'Fixed'];

/** What is out of order in a changelog: sections, and entries that are no list entry or stand there twice. */
const changelogFaults = (text: string): readonly string[] => {
  const [, ...versions] = text.split(/^## /m);
  const faults = versions.flatMap((version) => {
    const [head = '', ...sections] = version.split(/^### /m);
    const found = sections.map((section) => section.split('\n', 1)[0] ?? '');
    const expected = kinds.filter((kind) => found.includes(kind));
    return [
      ...(/^- /m.test(head) ? ['an entry without a section'] : []),
      ...(found.join() === expected.join() ? [] : [`sections ${found.join(', ')}`]),
      ...sections.flatMap((section) => section.split('\n').slice(1)).filter((line) => /^(?!- | {2}\S|$)/.test(line)),
    ];
  });
  const entries = text.split(/^(?=- |#)/m).map((entry) => entry.trim());
  return [...faults, ...entries.filter((entry, at) => entry.startsWith('- ') && entries.indexOf(entry) !== at)];
};

describe('CHANGELOG.md', () => {
  test('has each entry once, in a section of its version', () => {
    expect(changelogFaults(read('CHANGELOG.md'))).toEqual([]);
  });

  test.each([
    ['an entry without a section', '## 1.0.0\n\n- Something.\n'],
    ['sections Fixed, Added', '## 1.0.0\n\n### Fixed\n\n- This.\n\n### Added\n\n- That.\n'],
    ['sections Improved', '## 1.0.0\n\n### Improved\n\n- This.\n'],
    ['Something is better.', '## 1.0.0\n\n### Fixed\n\nSomething is better.\n'],
    ['- This.', '## 1.0.0\n\n### Added\n\n- This.\n\n### Fixed\n\n- This.\n'],
  ])('would be found with %s', (fault, text) => {
    expect(changelogFaults(`# Changelog\n\n${text}`)).toEqual([fault]);
  });
});

const status = /^\d{4}-\d\d-\d\d · (?:in force|(?:in force, in part )?superseded by (\d+))$/;

/** What is out of order in a list of decisions: numbers, the status of each, and the index of them all. */
const decisionFaults = (text: string): readonly string[] => {
  const sections = [...text.matchAll(/^## (\d+)\. (.+)\n(.*)$/gm)].map(([, number = '', title = '', line = '']) => ({
    number: Number(number),
    title,
    line,
  }));
  const numbers = sections.map(({ number }) => number);
  const index = [...text.matchAll(/^\| (\d+) \| \[(.+)\]\(#.+\) \| (.+) \|$/gm)].map(([, ...cells]) =>
    cells.join(' | '),
  );
  const expected = sections.map(({ number, title, line }) => `${number} | ${title} | ${line}`);
  return [
    ...sections.flatMap(({ number, line }, at) => {
      const found = status.exec(line);
      const by = Number(found?.[1] ?? number + 1);
      return [
        ...(at > 0 && number <= (numbers[at - 1] ?? 0) ? [`${number} comes too late, or twice`] : []),
        ...(found ? [] : [`${number} has no status`]),
        ...(by > number && (found?.[1] === undefined || numbers.includes(by)) ? [] : [`${number} has no successor`]),
      ];
    }),
    ...expected.filter((row) => !index.includes(row)).map((row) => `not in the index: ${row}`),
    ...index.filter((row, at) => row !== expected[at]).map((row) => `wrong in the index: ${row}`),
  ];
};

describe('DECISIONS.md', () => {
  test('has each decision once, in order, with a status, and an index of them all', () => {
    const text = read('DECISIONS.md');
    expect(text.match(/^## /gm)?.length).toBeGreaterThan(90);
    expect(decisionFaults(text)).toEqual([]);
  });

  const inForce = '2026-01-01 · in force';
  const rows = `| 1 | [A](#1-a) | ${inForce} |\n| 2 | [B](#2-b) | ${inForce} |\n\n`;
  test.each([
    ['2 has no status', `${rows}## 1. A\n${inForce}\n\n## 2. B\nSomething.\n`],
    ['1 comes too late, or twice', `${rows}## 2. B\n${inForce}\n\n## 1. A\n${inForce}\n`],
    ['2 comes too late, or twice', `${rows}## 1. A\n${inForce}\n\n## 2. B\n${inForce}\n\n## 2. B\n${inForce}\n`],
    ['1 has no successor', `${rows}## 1. A\n2026-01-01 · superseded by 3\n\n## 2. B\n${inForce}\n`],
    ['2 has no successor', `${rows}## 1. A\n${inForce}\n\n## 2. B\n2026-01-01 · superseded by 1\n`],
    [`not in the index: 2 | C | ${inForce}`, `${rows}## 1. A\n${inForce}\n\n## 2. C\n${inForce}\n`],
    [`wrong in the index: 2 | B | ${inForce}`, `${rows}## 1. A\n${inForce}\n`],
  ])('would be found where %s', (fault, text) => {
    expect(decisionFaults(text)).toContain(fault);
  });

  test('is right with all of it in its place', () => {
    expect(decisionFaults(`${rows}## 1. A\n${inForce}\n\n## 2. B\n${inForce}\n`)).toEqual([]);
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
