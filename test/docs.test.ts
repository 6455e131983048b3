import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { counterNames } from '../src/base/report.ts';
import { defaultLimits, errorCode, Postmaster } from '../src/index.ts';
import { titlesOfOthers } from './support/test-titles.ts';

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

describe('a departure from the text', () => {
  const rows = tableBelow('Departures from the text').map((cells) => [cells[0]!, cells] as const);
  const running = titlesOfOthers('docs.test.ts');
  /** A router with the option of a realm, or of v1, that `text` sets: its name, a colon and its value. */
  const createWith = (text: string): Postmaster => {
    const [, group, name = '', value = ''] = /^(v1\.)?(\w+): '?(\w+)'?$/.exec(text) ?? [];
    const option = { [name]: value === 'true' || value };
    return new Postmaster({ realms: [group ? 'realm1' : { name: 'realm1', ...option }], ...(group && { v1: option }) });
  };

  test.each(rows)('has its tests: %s', (_, cells) => {
    expect(cells).toHaveLength(5);
    const named = [...cells[4]!.matchAll(/"([^"]+)"/g)].map(([, title]) => title!);
    expect(named).not.toEqual([]);
    for (const piece of named) {
      expect(
        running.filter((title) => title.includes(piece)),
        piece,
      ).toHaveLength(1);
    }
  });

  test.each(rows)('names an option that exists, or none: %s', async (_, cells) => {
    const options = namesIn(cells[3]);
    expect(options).toHaveLength(cells[3] === 'none' ? 0 : 1);
    for (const option of options) await createWith(option).close();
  });

  test('would be found with an option that does not exist', () => {
    expect(() => createWith('requestIds: strictly')).toThrow('requestIds');
    expect(() => createWith('v1.discloseAll: true')).toThrow('discloseAll');
  });
});
