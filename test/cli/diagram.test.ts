import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { start } from '../support/command.ts';

const run = async (...args: readonly string[]) => {
  const command = start(['diagram', ...args]);
  return { code: await command.exit, ...command.output };
};

describe('postmaster diagram', () => {
  test.each([
    ['connection', undefined, 'connection.svg'],
    ['call', 'svg', 'call.svg'],
    ['server', 'mermaid', 'server.mmd'],
    ['connection', 'json', 'connection.json'],
  ])('%s --format %s prints %s of the package', async (chart, format, file) => {
    const { code, stdout } = await run(chart, ...(format ? ['--format', format] : []));
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync(`diagrams/${file}`, 'utf8'));
  });

  test('without a chart says which there are', async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['connection', 'call', 'server', '']);
  });

  test.each([
    [['no-chart'], "'no-chart' is invalid for argument 'chart'. Allowed choices are connection, call, server."],
    [['call', '--format', 'png'], "'png' is invalid. Allowed choices are svg, mermaid, json."],
  ])('refuses %j with one line', async (args, words) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});
