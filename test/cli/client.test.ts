import { existsSync, openSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Postmaster } from '../../src/index.ts';
import type { Command } from '../support/command.ts';
import { start } from '../support/command.ts';
import { everythingAndMeta } from '../support/v2-router.ts';

const startRouter = async (): Promise<{ readonly postmaster: Postmaster; readonly url: string }> => {
  const postmaster = new Postmaster({
    realms: [
      {
        name: 'realm1',
        anonymous: everythingAndMeta,
        roles: { user: everythingAndMeta },
        authenticators: { ticket: { joe: { ticket: 'secret', role: 'user' } } },
      },
    ],
  });
  const { url } = await postmaster.listen({ port: 0 });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return { postmaster, url };
};

const linesOf = ({ output }: Command): unknown[] =>
  output.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

/** Waits until a command has said something on stderr. */
const said = (command: Command, text: string): Promise<void> =>
  vi.waitFor(() => expect(command.output.stderr).toContain(text), { timeout: 15_000 });

describe('postmaster call', () => {
  test('prints the result as JSON', async () => {
    const { postmaster, url } = await startRouter();
    postmaster.registerRPC('com.add', ({ args }) => Number(args[0]) + Number(args[1]));
    const command = start(['call', 'com.add', '2', '3', '--url', url]);
    expect(await command.exit).toBe(0);
    expect(linesOf(command)).toEqual([{ args: [5] }]);
  });

  test('ends with 1 and the error of the procedure on stderr', async () => {
    const { url } = await startRouter();
    const command = start(['call', 'com.nope', '--url', url]);
    expect(await command.exit).toBe(1);
    expect(command.output.stderr).toBe('postmaster: wamp.error.no_such_procedure: no procedure "com.nope"\n');
  });

  test('authenticates with what the command line says', async () => {
    const { postmaster, url } = await startRouter();
    postmaster.registerRPC('com.who', ({ session }) => session.authid);
    const right = start(['call', 'com.who', '--url', url, '--authid', 'joe', '--ticket', 'secret']);
    expect(await right.exit).toBe(0);
    expect(linesOf(right)).toEqual([{ args: ['joe'] }]);
    const wrong = start(['call', 'com.who', '--url', url, '--authid', 'joe', '--ticket', 'nonsense']);
    expect(await wrong.exit).toBe(1);
    expect(wrong.output.stderr).toContain('wamp.error.authentication_denied');
    expect(wrong.output.stderr).not.toContain('nonsense');
  });
});

describe('postmaster subscribe, publish and register', () => {
  test('hear and answer each other', async () => {
    const { url } = await startRouter();
    const subscriber = start(['subscribe', 'com.', '--match', 'prefix', '--count', '1', '--url', url]);
    const callee = start(['register', 'com.upper', '--exec', 'tr a-z A-Z', '--url', url]);
    await said(subscriber, 'subscribed to com.');
    await said(callee, 'registered com.upper');
    const publisher = start(['publish', 'com.topic', '{"a":1}', 'text', '--kwargs', '{"k":2}', '--url', url]);
    expect(await publisher.exit).toBe(0);
    expect(await subscriber.exit).toBe(0);
    expect(linesOf(subscriber)).toMatchObject([{ topic: 'com.topic', args: [{ a: 1 }, 'text'], kwargs: { k: 2 } }]);
    expect(linesOf(publisher)).toEqual([{ publication: expect.any(Number) }]);
    const caller = start(['call', 'com.upper', 'abc', '--url', url]);
    expect(await caller.exit).toBe(0);
    expect(linesOf(caller)).toEqual([{ args: [{ ARGS: ['ABC'] }] }]);
    callee.child.kill('SIGINT');
    expect(await callee.exit).toBe(0);
  });
});

describe('a client command', () => {
  const provocations: readonly [string, (router: Postmaster) => unknown][] = [
    ['subscribe', (router) => router.publishEvent('com.uri', 1)],
    ['register', (router) => router.session().call('com.uri')],
  ];
  test.each(provocations)('%s ends without a word, with 141, when its reader has gone', async (name, provoke) => {
    const { postmaster, url } = await startRouter();
    const command = start([name, 'com.uri', '--url', url]);
    await said(command, 'com.uri');
    command.child.stdout?.destroy();
    void Promise.resolve(provoke(postmaster)).catch(() => {});
    expect(await command.exit).toBe(141);
    expect(command.output.stderr.trimEnd().split('\n')).toHaveLength(1);
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
  });

  test.each(['stdout', 'stderr'] as const)('ends with 141 when its %s is closed before the answer', async (stream) => {
    const { postmaster, url } = await startRouter();
    const command = start(['call', 'com.procedure', '--url', url], undefined, { stderr: 'unread' });
    postmaster.registerRPC('com.procedure', () => {
      command.child[stream]?.destroy();
      if (stream === 'stderr') throw new Error('is told on stderr');
    });
    expect(await command.exit).toBe(141);
  });

  // Linux has a file on which no space is ever left.
  test.skipIf(!existsSync('/dev/full'))('ends with 1 and a sentence when its output cannot be written', async () => {
    const { postmaster, url } = await startRouter();
    postmaster.registerRPC('com.procedure', () => 1);
    const command = start(['call', 'com.procedure', '--url', url], undefined, { stdout: openSync('/dev/full', 'w') });
    expect(await command.exit).toBe(1);
    expect(command.output.stderr).toMatch(/^postmaster: the output cannot be written: .*no space left.*\n$/);
  });

  test.each([
    [['call'], "missing required argument 'procedure'"],
    [['call', 'x', '--url', 'http://joe:secret@x'], 'the URL must begin with ws, wss, rs, rss or unix and ://'],
    [['call', 'x', '--url', 'ws://joe:secret@:x'], 'the URL cannot be read'],
    [['call', 'x', '--url', 'ws://joe:secret@x#part'], 'the URL must have no fragment'],
    [['call', 'x', '--timeout', '0'], '--timeout must be a whole number of at least 1'],
    [['call', 'x', '--private-key', 'zz'], '--private-key must have 64 hexadecimal digits'],
    [['publish', 'x', '--kwargs', '[1]'], '--kwargs must be a JSON object'],
    [['subscribe', 'x', '--match', 'most'], 'Allowed choices are exact, prefix, wildcard'],
    [['register', 'x', '--result', '1', '--exec', 'true'], '--result and --exec cannot be given together'],
  ])('%j ends with 2 and one sentence', async (args, sentence) => {
    const command = start(args);
    expect(await command.exit).toBe(2);
    expect(command.output.stdout).toBe('');
    expect(command.output.stderr).toContain(sentence);
    expect(command.output.stderr).not.toContain('secret');
    expect(command.output.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('ends with 1 when nobody listens', async () => {
    const command = start(['call', 'x', '--url', 'ws://joe:secret@127.0.0.1:1/ws?token=secret']);
    expect(await command.exit).toBe(1);
    expect(command.output.stderr).toMatch(/^postmaster: cannot connect to ws:\/\/127\.0\.0\.1:1\/ws: .*\n$/);
  });
});
