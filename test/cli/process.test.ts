/** What the process of a router outlives, and what ends it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Command } from '../support/command.ts';
import { start, urlOf } from '../support/command.ts';
import { connectV1 } from '../support/v1-client.ts';

const config = `export default { listeners: [{ port: 0 }],
  realms: [{ name: 'r', roles: { all: { permissions: [{ uri: '', match: 'prefix', call: true }] } }, anonymous: 'all' }],
  v1: { open: true }, procedures: {
    'urn:echo': ({ args }) => args[0],
    'urn:detached': () => { Promise.reject(new Error('detached')); return 'answered'; },
    'urn:throw': () => new Promise(() => setImmediate(() => { throw new Error('thrown'); })) } };`;

const serve = (env: NodeJS.ProcessEnv = {}): Command => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'postmaster.config.mjs'), config);
  return start(['serve', 'postmaster.config.mjs'], folder, { env });
};

const lines = ({ output }: Command): readonly object[] =>
  output.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

const stop = async (command: Command): Promise<void> => {
  command.child.kill('SIGTERM');
  expect(await command.exit).toBe(0);
};

test('a promise that a procedure lets go of and that is rejected is logged and counted, and ends nothing', async () => {
  const command = serve();
  const client = await connectV1(await urlOf(command));
  for (let call = 0; call < 7; call += 1) expect(await client.call('urn:detached')).toBe('answered');
  expect(await client.call('urn:echo', 'still here')).toBe('still here');
  await stop(command);
  const reports = lines(command).filter((line) => 'cause' in line && line.cause === 'callback_failed');
  expect(reports[0]).toMatchObject({ level: 50, err: { message: 'detached' }, total: 1 });
});

test('it ends the process where Node is told --unhandled-rejections=strict', async () => {
  const command = serve({ NODE_OPTIONS: '--unhandled-rejections=strict' });
  const client = await connectV1(await urlOf(command));
  client.call('urn:detached').catch(() => {});
  expect(await command.exit).toBe(1);
  expect(lines(command)).toContainEqual(expect.objectContaining({ level: 60, msg: 'a fault that nobody handled' }));
});

test('an exception that nobody catches ends the process with 1 and a line in the log', async () => {
  const command = serve();
  const client = await connectV1(await urlOf(command));
  client.call('urn:throw').catch(() => {});
  expect(await command.exit).toBe(1);
  expect(lines(command).at(-1)).toMatchObject({ level: 60, err: { message: 'thrown' } });
});

test('SIGHUP does not end the process, and SIGUSR1 opens no debugger', async () => {
  const command = serve();
  const client = await connectV1(await urlOf(command));
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
    command.child.kill(signal);
    await vi.waitFor(() => expect(command.output.stderr).toMatch(new RegExp(`"signal":"${signal}"|Debugger`)));
    expect(await client.call('urn:echo', signal)).toBe(signal);
  }
  await stop(command);
  expect(command.output.stderr).not.toContain('Debugger');
});
