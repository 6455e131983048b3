/** The log of `postmaster serve`, with a reader and without one. */

import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../src/cli/log.ts';
import { WampError } from '../../src/index.ts';
import type { Command } from '../support/command.ts';
import { start, urlOf } from '../support/command.ts';
import { connectV1 } from '../support/v1-client.ts';

/** Each call of urn:fail is a line of some 400 KB, more than a pipe holds. */
const config = `import { spawnSync } from 'node:child_process';
  export default { listeners: [{ port: 0 }], drain: 1000, log: { maxWaiting: 100000 },
  realms: [{ name: 'r', anonymous: [{ uri: '', match: 'prefix', call: true }] }],
  v1: { open: true }, procedures: { 'urn:echo': ({ args }) => args[0],
    'urn:spawn': () => spawnSync(process.execPath, ['-e', ''], { stdio: 'inherit' }).status,
    'urn:fail': () => { throw new Error('x'.repeat(200000)); } } };`;

const serve = (options: Parameters<typeof start>[2]): Command => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'postmaster.config.mjs'), config);
  return start(['serve', 'postmaster.config.mjs'], folder, options);
};

/** Has the router write far more than goes into a pipe, and has it serve all the while. */
const provoke = async (url: string): Promise<void> => {
  const client = await connectV1(url);
  // Every child process that inherits a pipe makes its writers wait.
  expect(await client.call('urn:spawn')).toBe(0);
  const failures = Array.from({ length: 5 }, () => client.call('urn:fail'));
  await expect(Promise.any(failures)).rejects.toThrow();
  expect(await client.call('urn:echo', 'still here')).toBe('still here');
  const { status } = await fetch(`${url.replace('ws:', 'http:').replace('/ws', '')}/healthz`);
  expect(status).toBe(200);
};

const end = async (command: Command): Promise<void> => {
  command.child.kill('SIGTERM');
  expect(await command.exit).toBe(0);
};

describe('postmaster serve goes on', () => {
  test('where nobody reads its log, counts the lines that are lost, and tells of them once somebody does', async () => {
    const command = serve({ stderr: 'unread' });
    await provoke(await urlOf(command));
    command.read();
    await vi.waitFor(() => expect(command.output.stderr).toMatch(/[1-4] lines of the log were lost/), {
      timeout: 5000,
    });
    const lines = command.output.stderr.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object).at(-1)).toMatchObject({ level: 50, lost: 3, total: 3 });
    await end(command);
  });

  test('where nobody reads its log, and ends when it is told to', async () => {
    const command = serve({ stderr: 'unread' });
    await provoke(await urlOf(command));
    await end(command);
  });

  test('where whoever read its log has gone', async () => {
    const command = serve({ stderr: 'unread' });
    command.child.stderr?.destroy();
    await provoke(await urlOf(command));
    await end(command);
  });

  test('where whoever would read the first line has gone', async () => {
    const command = serve({});
    command.child.stdout?.destroy();
    const url = await vi.waitFor(() => /ws:[^"]+/.exec(command.output.stderr)?.[0] ?? expect.fail(), {
      timeout: 15_000,
    });
    await provoke(url);
    await end(command);
  });

  // Linux has a file on which no space is ever left.
  test.skipIf(!existsSync('/dev/full'))('where no space is left for its log', async () => {
    const command = serve({ stderr: openSync('/dev/full', 'w') });
    await provoke(await urlOf(command));
    await end(command);
  });
});

describe('a log', () => {
  const write = (isPretty: boolean, facts: object = { realm: 'realm1' }): string => {
    let text = '';
    const { logger } = createLog({
      level: 'info',
      isPretty,
      sink: (piece) => {
        text += piece;
      },
    });
    logger.info(facts, 'a sentence');
    return text;
  };

  const payload = { args: ['octets'], kwargs: { key: 'octets' }, details: { key: 'octets' } };
  const answered = (description: string, cause?: unknown): WampError =>
    new WampError('com.error', { description, ...payload, cause });
  test.each<[string, unknown]>([
    ['an error that a peer answered with', answered('why')],
    ['its cause', new Error('why', { cause: answered('so') })],
    ['one of several', new AggregateError([answered('one'), 'two', new AggregateError([answered('three')])], 'why')],
    ['one that another has', Object.assign(new Error('why'), { inner: answered('so'), list: [payload] })],
    ['what is no error', { message: 5, why: 'why', ...payload }],
  ])('has the words and nothing of the payload of %s', (_, err) => {
    for (const isPretty of [false, true]) {
      const text = write(isPretty, { err });
      expect(text).toContain('why');
      expect(text).not.toContain('octets');
    }
  });

  test('has what an error of the system is known by, and each of several', () => {
    const system = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', port: 1, syscall: 'connect' });
    const { err } = JSON.parse(write(false, { err: new AggregateError([system, 'a text'], 'all') })) as { err: object };
    expect(err).toMatchObject({
      type: 'AggregateError',
      message: 'all',
      aggregateErrors: [{ type: 'Error', code: 'ECONNREFUSED', port: 1, stack: expect.any(String) }, 'a text'],
    });
    expect(JSON.parse(write(false, { err: 'a text' }))).toMatchObject({ err: 'a text' });
    expect(JSON.parse(write(false, { err: null }))).toMatchObject({ err: null });
  });

  test('is a line of JSON for each entry', () => {
    expect(JSON.parse(write(false))).toMatchObject({ level: 30, realm: 'realm1', msg: 'a sentence' });
  });

  test('is text where a person reads along', () => {
    expect(write(true)).toMatch(/^\S*\[\d\d:\d\d:\d\d\].*INFO.*a sentence[\s\S]*realm/);
  });
});
