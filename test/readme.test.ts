import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { connect } from '../src/client.ts';
import type { PostmasterOptions } from '../src/index.ts';
import { Postmaster } from '../src/index.ts';
import { everything, startOpenRouter } from './support/router.ts';
import { CallError, connectV1 } from './support/v1-client.ts';

const readme = readFileSync('README.md', 'utf8');

/** The code block behind a comment that begins with `marker`. */
const blockBehind = (marker: string, language: string): string => {
  const [, after = ''] = readme.split(`<!-- ${marker}`);
  const block = after.match(new RegExp(`^[^\\n]*-->\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``));
  if (!block?.[1]) throw new Error(`README.md has no ${language} block behind "${marker}"`);
  return block[1];
};

/** Runs Node on arguments; its lines on stdout as they come. */
const run = (args: readonly string[], cwd: string): { readonly lines: string[]; readonly errors: () => string } => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], { cwd });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.on('data', (data: Buffer) => {
    errors += data;
  });
  return { lines, errors: () => errors };
};

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const waitForLine = async (started: ReturnType<typeof run>, expected: RegExp): Promise<string> =>
  vi.waitFor(
    () => {
      const line = started.lines.find((candidate) => expected.test(candidate));
      if (line === undefined) throw new Error(`no line ${expected} yet; stderr: ${started.errors()}`);
      return line;
    },
    { timeout: 15_000 },
  );

describe('README.md', () => {
  test('has an example that runs as it stands', async () => {
    const code = blockBehind('A test runs this example', 'ts')
      .replace("from 'postmaster'", `from '${pathToFileURL(resolve('src/index.ts'))}'`)
      .replace("from 'rxjs'", `from '${import.meta.resolve('rxjs')}'`)
      .replace('port: 8080', 'port: 0');
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'example.mts'), code);
    const started = run([join(folder, 'example.mts')], folder);
    const url = (await waitForLine(started, /^listening at /)).replace('listening at ', '');
    await waitForLine(started, /^news: the router is up$/);

    const client = await connectV1(url);
    expect(await client.call('http://example.com/hello', 'bob')).toBe('hello bob');
    await expect(client.authenticate('alice', 'wrong')).rejects.toBeInstanceOf(CallError);
    await client.authenticate('alice', 'wonderland');
    expect(await client.call('http://example.com/divide', 42, 6)).toBe(7);
    await expect(client.call('http://example.com/divide', 1, 0)).rejects.toMatchObject({
      description: 'cannot divide by zero',
    });
    client.subscribe('http://example.com/news');
    for (const event of ['', 'spam', 'it works']) client.publish('http://example.com/news', event);
    await client.barrier();
    expect(client.events).toEqual([['http://example.com/news', 'it works']]);
    await client.close();
    await waitForLine(started, /^alice is gone$/);
    expect(started.lines.slice(1)).toEqual([
      'news: the router is up',
      'alice is here',
      'news: it works',
      'alice is gone',
    ]);
  });

  test('has a client that runs as it stands', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'realm1', anonymous: everything }] });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const { url } = await postmaster.listen({ port: 0 });
    const code = blockBehind('A test runs this client', 'ts')
      .replace("from 'postmaster/client'", `from '${pathToFileURL(resolve('src/client.ts'))}'`)
      .replace('ws://127.0.0.1:8080/ws', url);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'client.mts'), code);
    const started = run([join(folder, 'client.mts')], folder);
    await waitForLine(started, /^hello world$/);
    expect(started.lines).toContain("news: [ 'hello' ] { more: true }");
  });

  test('has a config file that a router starts with', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'postmaster.config.yaml'),
      blockBehind('A test starts a router', 'yaml').replace('port: 8080', 'port: 0'),
    );
    const started = run([resolve('src/cli/main.ts'), 'serve', 'postmaster.config.yaml'], folder);
    const { url } = JSON.parse(await waitForLine(started, /^\{/)) as { url: string };
    const client = await connectV1(url);
    await client.authenticate('alice', 'wonderland');
    client.subscribe('http://example.com/x');
    client.publish('http://example.com/x', 1);
    await client.barrier();
    expect(client.events).toEqual([['http://example.com/x', 1]]);
    await client.close();
    const service = await connect({
      url,
      realm: 'realm1',
      authid: 'service',
      auth: [{ method: 'ticket', ticket: 'cheshire' }],
    });
    expect(service.session).toMatchObject({ authid: 'service', authrole: 'member' });
    await service.close();
  });

  test('has a config for a proxy, behind which a page of the site connects under the address of its peer', async () => {
    const settings = parse(blockBehind('A test connects with this config', 'yaml')) as Partial<PostmasterOptions>;
    const { url, postmaster } = await startOpenRouter(settings);
    const headers = {
      Host: 'router.example',
      Origin: 'https://router.example',
      'X-Forwarded-For': '203.0.113.5',
      'X-Forwarded-Proto': 'https',
    };
    await (await connectV1(url, { headers })).barrier();
    expect([...postmaster.connections()][0]).toMatchObject({ remoteAddress: '203.0.113.5' });
  });

  test('mentions commands that exist, and no others', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const mentioned = [...readme.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
    const known = new Set([...Object.keys(scripts), 'ci', 'install']);
    expect(mentioned.filter((name) => !known.has(name))).toEqual([]);
  });
});
