import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../src/client.ts';
import { Postmaster } from '../src/index.ts';
import { blockBehind, blocksIn, runnable, sourcesByName } from './support/documents.ts';
import { everything } from './support/router.ts';
import { CallError, connectV1 } from './support/v1-client.ts';

const readme = readFileSync('README.md', 'utf8');
const blockOf = (marker: string, language: string): string => blockBehind('README.md', marker, language);

/** Runs Node on arguments; its lines on stdout as they come, and its exit code. */
const run = (args: readonly string[], cwd: string) => {
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
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { lines, errors: () => errors, exit };
};

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** Runs an example of the README as a program. */
const runExample = (code: string): ReturnType<typeof run> => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'example.mts'), runnable(code));
  return run([join(folder, 'example.mts')], folder);
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

const urlOf = async (started: ReturnType<typeof run>): Promise<string> =>
  (await waitForLine(started, /^listening at /)).replace('listening at ', '');

/** What the compiler says against each of some programs, with the options of this project. */
const faultsOf = (programs: readonly string[]): readonly (readonly string[])[] => {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: ['src/index.ts'] }, ts.sys, process.cwd());
  const sources = [...sourcesByName].map(([name, source]): [string, string[]] => [name, [source]]);
  const paths = { ...options.paths, ...Object.fromEntries(sources) };
  const host = ts.createCompilerHost({ ...options, paths });
  const files = new Map(programs.map((code, at) => [resolve(`example-${at}.ts`), code]));
  const fromDisk = host.readFile.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (file) => files.has(file) || ts.sys.fileExists(file);
  host.readFile = (file) => files.get(file) ?? fromDisk(file);
  host.getSourceFile = (file, version, ...rest) => {
    const code = files.get(file);
    return code === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, code, version);
  };
  const program = ts.createProgram([...files.keys()], { ...options, paths }, host);
  return [...files.keys()].map((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  });
};

describe('README.md', () => {
  test('has an example that runs as it stands', async () => {
    const started = runExample(blockOf('A test runs this example as it stands', 'ts'));
    const url = await urlOf(started);
    await waitForLine(started, /^news: the shop is open$/);

    const join = (auth: object) => connect({ url, realm: 'realm1', reconnect: false, ...auth });
    const stock = await join({ authid: 'stock', auth: [{ method: 'ticket', ticket: 'cheshire' }] });
    const alice = await join({ authid: 'alice', auth: [{ method: 'wampcra', secret: 'wonderland' }] });
    const guest = await join({});
    onTestFinished(async () => void (await Promise.all([stock.close(), alice.close(), guest.close()])));
    expect([stock.session, alice.session, guest.session]).toMatchObject([
      { authid: 'stock', authrole: 'backend' },
      { authid: 'alice', authrole: 'frontend' },
      { authrole: 'anonymous' },
    ]);
    await expect(join({ authid: 'alice', auth: [{ method: 'wampcra', secret: 'wrong' }] })).rejects.toMatchObject({
      uri: 'wamp.error.authentication_denied',
    });

    expect((await alice.call('com.shop.divide', [42, 6])).args).toEqual([7]);
    await expect(alice.call('com.shop.divide', [1, 0])).rejects.toMatchObject({
      uri: 'com.shop.error.zero',
      args: ['cannot divide by zero'],
    });
    await expect(guest.call('com.shop.divide', [42, 6])).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });

    const heard: unknown[] = [];
    await guest.subscribe('com.shop.news', ({ args }) => heard.push(args[0]));
    await expect(stock.publish('com.shop.news', ['spam'], {}, { acknowledge: true })).rejects.toBeInstanceOf(Error);
    for (const event of ['', 'it works']) await stock.publish('com.shop.news', [event], {}, { acknowledge: true });
    await waitForLine(started, /^news: it works$/);
    await vi.waitFor(() => expect(heard).toEqual(['it works']));
    expect(started.lines.slice(1)).toEqual(['news: the shop is open', 'news: it works']);
  });

  test('has an example for WAMP v1 that runs as it stands', async () => {
    const started = runExample(blockOf('A test runs this example for WAMP v1', 'ts'));
    const client = await connectV1(await urlOf(started));
    expect(await client.call('http://example.com/hello', 'bob')).toBe('hello bob');
    await expect(client.authenticate('alice', 'wrong')).rejects.toBeInstanceOf(CallError);
    await client.authenticate('alice', 'wonderland');
    expect(await client.call('http://example.com/divide', 42, 6)).toBe(7);
    client.subscribe('http://example.com/news');
    client.publish('http://example.com/news', 'it works');
    await client.barrier();
    expect(client.events).toEqual([['http://example.com/news', 'it works']]);
    await client.close();
    await waitForLine(started, /^alice is gone$/);
    expect(started.lines.slice(1)).toEqual(['alice is here', 'alice is gone']);
  });

  test('has a client that runs as it stands', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'realm1', anonymous: everything }] });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    const { url } = await postmaster.listen({ port: 0 });
    const started = runExample(blockOf('A test runs this client', 'ts').replace('ws://127.0.0.1:8080/ws', url));
    await waitForLine(started, /^hello world$/);
    expect(started.lines).toContain("news: [ 'hello' ] { more: true }");
  });

  test('has a test of an application that runs as it stands', async () => {
    const started = runExample(blockOf('A test runs this test', 'ts'));
    expect(await started.exit, started.errors()).toBe(0);
    expect(started.lines.join('\n')).toMatch(/pass 1\b/);
  });

  test('has a gateway that runs as it stands', async () => {
    const started = runExample(blockOf('A test runs this gateway', 'ts'));
    expect(await started.exit, started.errors()).toBe(0);
    expect(started.lines).toEqual(['21.5 1970-01-01T00:00:00.000Z', '[ 42 ]']);
  });

  test('has examples that compile', () => {
    const examples = blocksIn(readme).flatMap(({ language, code }) => (language === 'ts' ? [code] : []));
    expect(examples).toHaveLength(5);
    const misspelt = examples.map((code) => code.replaceAll('realm', 'relam'));
    const faults = faultsOf([...examples, ...misspelt]);
    expect(faults.slice(0, 5)).toEqual([[], [], [], [], []]);
    expect(faults.slice(5).filter(({ length }) => length === 0)).toEqual([]);
  }, 60_000);

  test('has a config file that a router starts with', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'postmaster.config.yaml'),
      blockOf('A test starts a router', 'yaml').replace('port: 8080', 'port: 0'),
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
});
