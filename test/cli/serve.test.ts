import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { serializerNames, subprotocolOf } from '../../src/codec/serializers.ts';
import { beginCall, errorOf, nextInvocation } from '../support/calls.ts';
import { start, urlOf } from '../support/command.ts';
import { connectV1 } from '../support/v1-client.ts';
import { connectV2 } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-serve-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
};

const run = async (args: readonly string[], cwd?: string) => {
  const command = start(args, cwd);
  const code = await command.exit;
  return { code, ...command.output };
};

describe('postmaster', () => {
  test.each<[string[], number, string]>([
    [[], 2, 'Usage: postmaster'],
    [['server'], 2, "postmaster: unknown command 'server' (Did you mean serve?)\n"],
    [['serve', '--prot', '1'], 2, "postmaster: unknown option '--prot' (Did you mean --port?)\n"],
    [['serve', '--port', '99999'], 2, 'postmaster: --port must be a number from 0 to 65535, not "99999"\n'],
    [['serve', '--workers', '4'], 2, "postmaster: unknown option '--workers'\n"],
    [['serve', '--host', '0.0.0.0'], 2, 'postmaster: without a config the router is open to everybody'],
    [['serve', 'missing.yaml'], 2, 'missing.yaml: cannot be read: there is no such file\n'],
  ])('%j exits with %i and one sentence', async (args, code, sentence) => {
    const { stdout, stderr, ...result } = await run(args);
    expect(result.code).toBe(code);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
  });

  test.each<[string[], RegExp]>([
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['help', 'serve'], /--host <host>[\s\S]*--log-level/],
  ])('%j prints to stdout and exits with 0', async (args, expected) => {
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(expected);
  });
});

describe('postmaster serve without a config', () => {
  test('is an open development router that says where it is and drains on SIGTERM', async () => {
    const command = start(['serve', '--port', '0']);
    const url = await urlOf(command);
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
    const client = await connectV1(url);
    expect(await client.call('com.example.add', 2, 3)).toBe(5);
    await expect(client.call('com.example.add', 2, 'x')).rejects.toMatchObject({
      uri: 'wamp.error.invalid_argument',
      description: 'argument 2 must be a number',
    });
    client.subscribe('any.topic');
    client.publish('any.topic', 1);
    await client.barrier();
    expect(client.events).toEqual([['any.topic', 1]]);
    const page = await fetch(url.replace('ws:', 'http:').replace('/ws', '/'));
    expect(page.status).toBe(200);
    const text = await page.text();
    for (const part of [url, ...serializerNames.map(subprotocolOf)]) expect(text).toContain(part);
    command.child.kill('SIGTERM');
    expect(await client.closed).toEqual({ code: 1001, reason: 'wamp.close.system_shutdown' });
    expect(await command.exit).toBe(0);
    expect(command.output.stdout).toBe(`${JSON.stringify({ url })}\n`);
    for (const line of command.output.stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('ends at once on a second signal, with the exit code of that signal', async () => {
    const folder = folderWith({
      'postmaster.config.mjs': `export default { listeners: [{ port: 0 }], drain: 600000,
        realms: [{ name: 'r', anonymous: [{ uri: '', match: 'prefix', call: true }] }],
        v1: { open: true }, procedures: { 'urn:never': () => new Promise(() => {}) } };`,
    });
    const command = start(['serve', 'postmaster.config.mjs'], folder);
    const client = await connectV1(await urlOf(command));
    client.call('urn:never').catch(() => {});
    await client.barrier();
    command.child.kill('SIGINT');
    await vi.waitFor(() => expect(command.output.stderr).toContain('shutting down'));
    await vi.waitFor(
      () => {
        command.child.kill('SIGINT');
        expect(command.child.exitCode).toBe(130);
      },
      { timeout: 5000 },
    );
    expect(command.output.stderr).toContain('stopped at once');
  });

  test('on SIGTERM with a pending call: the call is canceled, everybody is told, and it exits with 0', async () => {
    const folder = folderWith({
      'postmaster.config.mjs': `export default { listeners: [{ port: 0 }], drain: 1000,
        realms: [{ name: 'realm1', anonymous:
          [{ uri: '', match: 'prefix', call: true, register: true, subscribe: true, publish: true }] }] };`,
    });
    const command = start(['serve', 'postmaster.config.mjs'], folder);
    const url = await urlOf(command);
    const peers = [await connectV2(url), await connectV2(url, 'cbor'), await connectV2(url, 'msgpack')] as const;
    for (const peer of peers) await peer.hello();
    const [caller, callee, bystander] = peers;
    await callee.register('com.procedure');
    await callee.subscribe('com.topic');
    const request = beginCall(caller, 'com.procedure');
    await nextInvocation(callee);
    command.child.kill('SIGTERM');
    // The bystander is idle, so it leaves before the window is over; until then publications are delivered.
    await bystander.take(code.GOODBYE);
    await caller.publish('com.topic', ['in the window']);
    const http = url.replace('ws:', 'http:').replace('/ws', '');
    expect([(await fetch(`${http}/readyz`)).status, (await fetch(`${http}/healthz`)).status]).toEqual([503, 200]);
    await expect(connectV2(url)).rejects.toThrow('503');
    expect(errorOf(await caller.call('com.procedure'))).toBe('wamp.error.unavailable');
    expect(errorOf(await caller.answerTo(code.CALL, request))).toBe('wamp.error.canceled');
    await Promise.all(peers.map(({ closed }) => closed));
    expect(caller.received.slice(-2).map(([type]) => type)).toEqual([code.ERROR, code.GOODBYE]);
    expect(callee.received.slice(-3).map(([type]) => type)).toEqual([code.EVENT, code.INTERRUPT, code.GOODBYE]);
    expect(peers.map(({ received }) => received.at(-1)?.[2])).toEqual(peers.map(() => 'wamp.close.system_shutdown'));
    expect(await command.exit).toBe(0);
  });

  test('names the port that is in use and exits with 1', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void blocker.close());
    await new Promise((listening) => blocker.once('listening', listening));
    const { port } = blocker.address() as AddressInfo;
    const { code, stderr } = await run(['serve', '--port', String(port), '--log-level', 'silent']);
    expect(stderr).toBe(`postmaster: port ${port} on 127.0.0.1 is in use\n`);
    expect(code).toBe(1);
  });
});

describe('postmaster serve with a config', () => {
  test('takes procedures, interceptors and callbacks from JavaScript, and shows no secret', async () => {
    const folder = folderWith({
      'postmaster.config.mjs': `
        import { filter } from '${import.meta.resolve('rxjs')}';
        export default async () => ({
          listeners: [{ port: 0, path: '/wamp' }],
          realms: [{ name: 'realm1',
            roles: { member: [{ uri: '', match: 'prefix', publish: true, subscribe: true, call: true }] },
            authenticators: { wampcra: { alice: { secret: 'hunter2hunter2', role: 'member' } } } }, { name: 'realm2' }],
          procedures: { 'urn:open': { open: true, handler: () => 'open' }, 'urn:closed': ({ session }) => session.authid },
          interceptors: [
            { topic: 'urn:t', operator: filter(({ args }) => args[0] !== 'filtered') },
            { realm: '*', topic: 'urn:', match: 'prefix', operator: filter(({ args }) => args[0] !== 'nowhere') },
            { realm: 'realm2', operator: filter(() => false) },
          ],
          messageToPublish: (connection, { args }) => args[0] !== 'vetoed',
          log: { level: 'debug' },
        });`,
    });
    const command = start(['serve', 'postmaster.config.mjs'], folder);
    const url = await urlOf(command);
    expect(url).toMatch(/\/wamp$/);
    const client = await connectV1(url);
    expect(await client.call('urn:open')).toBe('open');
    await expect(client.authenticate('alice', 'wrong')).rejects.toThrow('invalid-signature');
    await client.authenticate('alice', 'hunter2hunter2');
    expect(await client.call('urn:closed')).toBe('alice');
    client.subscribe('urn:t');
    for (const event of ['filtered', 'vetoed', 'nowhere', 'heard']) client.publish('urn:t', event);
    await client.barrier();
    expect(client.events).toEqual([['urn:t', 'heard']]);
    command.child.kill('SIGTERM');
    expect(await command.exit).toBe(0);
    expect(command.output.stderr).toContain('"msg":"authenticated"');
    expect(command.output.stderr).not.toContain('hunter2');
  });

  test.each<[string, string, string]>([
    [
      'typo.yaml',
      'realms: [{ name: a }]\nlimit: {}\n',
      'typo.yaml: the config has no "limit"; did you mean "limits"?\n',
    ],
    [
      'type.json',
      '{"realms":[{"name":"a","anonymous":"guest"}]}',
      'type.json: realms[0].anonymous must be a list of rules, or { pubsub, rpc }, not the name of a role: write the rules of "guest" here\n',
    ],
    ['broken.yaml', 'realms: [', 'broken.yaml: not valid YAML at line 1, column 10'],
    ['throws.mjs', 'throw new Error("no database")', 'throws.mjs: failed: no database\n'],
    ['empty.mjs', 'export const realms = [];', 'empty.mjs: has no default export, which must be the config\n'],
  ])('refuses %s with one sentence and code 2', async (name, content, sentence) => {
    const { code, stderr } = await run(['serve', name], folderWith({ [name]: content }));
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('says what to do about TypeScript where Node cannot load it', async () => {
    const { loadConfig } = await import('../../src/config/file.ts');
    const folder = folderWith({ 'postmaster.config.ts': 'export default {};' });
    const refuse = () =>
      Promise.reject(Object.assign(new Error('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' }));
    await expect(loadConfig(join(folder, 'postmaster.config.ts'), refuse)).rejects.toThrow(
      /cannot load TypeScript: write the config in JavaScript, take Node 22\.18 or newer/,
    );
  });
});
