/** Which signals and errors the process of a router survives, and which end it. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Command } from '../support/command.ts';
import { start, urlOf } from '../support/command.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { connectV1 } from '../support/v1-client.ts';
import { connectV2 } from '../support/v2-client.ts';
import { connectV2RawSocket, speakRawSocket } from '../support/v2-rawsocket.ts';
import { code } from '../support/v2-router.ts';

const config = `export default { listeners: [{ port: 0 }],
  realms: [{ name: 'r', anonymous: [{ uri: '', match: 'prefix', call: true }] }],
  v1: { open: true }, procedures: {
    'urn:echo': ({ args }) => args[0],
    'urn:detached': () => { Promise.reject(new Error('detached')); return 'answered'; },
    'urn:throw': () => new Promise(() => setImmediate(() => { throw new Error('thrown'); })) } };`;

const folderWith = (content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'postmaster.config.mjs'), content);
  return folder;
};

const serve = (env: NodeJS.ProcessEnv = {}, content = config): Command =>
  start(['serve', 'postmaster.config.mjs'], folderWith(content), { env });

const lines = ({ output }: Command): readonly object[] =>
  output.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

/** A router that is open to everybody, with more options. */
const openConfig = (options: string): string => `export default { realms: [{ name: 'realm1', anonymous:
  [{ uri: '', match: 'prefix', call: true, subscribe: true }] }], v1: { open: true }, ${options} };`;

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
  expect(lines(command)).toContainEqual(expect.objectContaining({ level: 60, msg: 'an exception was not caught' }));
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

test('a process that stood still for many ping intervals gives up no peer that answers', async () => {
  const command = serve(
    {},
    openConfig(`listeners: [{ port: 0, rawSocket: true }], limits: { pingInterval: 100, maxMissedPings: 2 }`),
  );
  const url = await urlOf(command);
  const port = Number(new URL(url).port);
  const [v1, v2, witness] = [await connectV1(url), await connectV2(url, 'cbor'), await connectRaw(port)];
  const rawSocket = await connectV2RawSocket(port);
  for (const peer of [v2, rawSocket]) await peer.hello();
  witness.socket.on('data', () => witness.socket.write(frame(10)));
  const pings = (): number => witness.frames.filter(({ opcode }) => opcode === 9).length;
  await vi.waitFor(() => expect(pings()).toBeGreaterThan(1), { timeout: 5_000 });
  command.child.kill('SIGSTOP');
  // Time is what is tried here: a machine that was put to sleep, a process that was held up.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = pings();
  command.child.kill('SIGCONT');
  await vi.waitFor(() => expect(pings()).toBeGreaterThan(before + 4), { timeout: 5_000 });
  for (const peer of [v1, v2, rawSocket]) await peer.barrier();
  expect(witness.closing).toBeUndefined();
  await stop(command);
  expect(command.output.stderr).not.toContain('ping_timeout');
});

test('the second signal ends the process at once, though the clock was set back by an hour after the first', async () => {
  const command = serve(
    {},
    `const { now } = Date;
     process.once('SIGTERM', () => setImmediate(() => { Date.now = () => now() - 3_600_000; }));
     ${openConfig(`listeners: [{ port: 0 }], drain: 600_000, procedures: { 'urn:never': () => new Promise(() => {}) }`)}`,
  );
  const client = await connectV1(await urlOf(command));
  client.call('urn:never').catch(() => {});
  await client.barrier();
  command.child.kill('SIGTERM');
  await vi.waitFor(() => expect(command.output.stderr).toContain('shutting down'));
  await vi.waitFor(
    () => {
      command.child.kill('SIGTERM');
      expect(command.child.exitCode).toBe(143);
    },
    { timeout: 5_000 },
  );
});

test('a peer that never takes leave holds the end up no longer than closeTimeout, and it is no failure', async () => {
  const command = serve({}, openConfig('listeners: [{ port: 0 }], drain: 100, limits: { closeTimeout: 200 }'));
  const url = await urlOf(command);
  const peer = await connectV2(url);
  await peer.hello();
  peer.answersShutdown = false;
  const before = performance.now();
  command.child.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(peer.received.at(-1)?.[2]).toBe('wamp.close.system_shutdown');
});

test('after SIGKILL it listens again at the path of its Unix socket', async () => {
  const folder = folderWith(openConfig(`listeners: [{ port: 0 }], rawSockets: [{ path: 'router.sock' }]`));
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const command = start(['serve', 'postmaster.config.mjs'], folder);
    await urlOf(command);
    const peer = await speakRawSocket(connect(join(folder, 'router.sock')), 'connect');
    expect((await peer.hello())[0]).toBe(code.WELCOME);
    command.child.kill(signal);
    await Promise.all([command.exit, peer.closed]);
    expect(existsSync(join(folder, 'router.sock'))).toBe(signal === 'SIGKILL');
  }
});
