import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { docstringOf } from './docstrings.ts';
import { anchorsOf, createReference } from './reference.ts';

const config = readFileSync('CONFIG.md', 'utf8');

test('CONFIG.md is what the descriptions of the options say: npm run reference writes it anew', () => {
  expect(config).toBe(createReference());
});

test('every link of CONFIG.md leads to a heading, and every heading has an anchor of its own', () => {
  const titles = [...config.matchAll(/^## `?(.*?)`?$/gm)].map(([, title]) => title!);
  const anchors = anchorsOf(titles);
  const links = [...config.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  expect(new Set(anchors).size).toBe(titles.length);
  expect(anchorsOf(['a[].b', 'a[].B[]', 'a c'])).toEqual(['ab', 'ab-1', 'a-c']);
});

test('a docstring is that of the literal that an object is made of', () => {
  const literals = [
    new Map([
      ['host', 'of a listener'],
      ['rawSocket', ''],
    ]),
    new Map([
      ['host', 'of a socket'],
      ['mode', ''],
    ]),
    new Map([['host', 'of neither']]),
  ];
  expect(docstringOf(literals, 'host', ['host', 'rawSocket', 'port'])).toBe('of a listener');
  expect(docstringOf(literals, 'host', ['host', 'mode', 'port'])).toBe('of a socket');
  expect(docstringOf(literals, 'host', ['host'])).toBe('of neither');
  expect(docstringOf(literals, 'port', ['host', 'port'])).toBeUndefined();
});
