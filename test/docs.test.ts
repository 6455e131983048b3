import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultLimits, errorCode } from '../src/index.ts';
import { counterNames } from '../src/wamp/report.ts';

const protocol = readFileSync('PROTOCOL.md', 'utf8');

/** The cells of the first table below a heading, without its head. */
const tableBelow = (heading: string): readonly (readonly string[])[] => {
  const [, section = ''] = protocol.split(`## ${heading}\n`);
  const lines = section.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| ---'));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 1, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};
const namesIn = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);

describe('PROTOCOL.md', () => {
  test('lists every limit with its default', () => {
    const listed = tableBelow('Limits').map(([name, value]) => [namesIn(name)[0], Number(value)]);
    expect(Object.fromEntries(listed)).toEqual(defaultLimits);
  });

  test('lists every error code', () => {
    const listed = tableBelow('Errors of the library').flatMap(([, code]) => namesIn(code));
    expect(listed).toEqual(Object.values(errorCode));
  });

  test('lists every counter', () => {
    const listed = tableBelow('Counters').flatMap(([names]) => namesIn(names));
    expect([...listed].sort()).toEqual([...counterNames].sort());
  });
});
