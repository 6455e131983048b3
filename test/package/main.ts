/**
 * `npm run package:install`: the package as who installs it gets it. It is built and packed as it would be published, and installed into
 * an empty folder, once with the oldest and once with the newest version of each package that it works with. There the examples of
 * the README are compiled with everything that TypeScript can be strict about, declarations of all packages included, and run.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { blockBehind, blocksIn, onFreePort } from '../support/documents.ts';
import { copyToPack } from './copy.ts';
import { startProcess } from './process.ts';
import { dependencies, type End, ends, install, manifest, npm, peers, versionsAt } from './versions.ts';

const root = resolve(import.meta.dirname, '../..');

/** The TypeScript examples of the README, and the line by which each of them tells that it works. */
const examples = [
  { name: 'client', marker: 'A test runs this client', line: /^hello world$/ },
  { name: 'embedding', marker: 'A test runs this example as it stands', line: /^news: the shop is open$/ },
  { name: 'gateway', marker: 'A test runs this gateway', line: /^\[ 42 \]$/ },
  { name: 'test', marker: 'A test runs this test', line: /\bpass 1$/ },
  { name: 'v1', marker: 'A test runs this example for WAMP v1', line: /^listening at / },
].map((example) => ({ ...example, code: onFreePort(blockBehind('README.md', example.marker, 'ts')) }));

/** Whatever a strict program may set. */
const strictest = {
  target: 'es2023',
  // No DOM, and no types but those that are imported: what the package needs it brings.
  lib: ['es2023'],
  types: [],
  module: 'nodenext',
  rootDir: '.',
  outDir: 'dist',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedSideEffectImports: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnreachableCode: false,
  allowUnusedLabels: false,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  skipLibCheck: false,
};

/** A strict program that a bundler makes a page of. */
const bundled = { ...strictest, lib: ['es2023', 'dom'], module: 'esnext', moduleResolution: 'bundler' };

/** A page. */
const page = `import { connect } from 'postmaster/client';

const client = await connect({ url: 'ws://127.0.0.1/ws', realm: 'realm1', serializers: ['cbor'] });
await client.subscribe('com.example.news', ({ args }) => document.body.append(String(args[0])));
`;
/** The same where TypeScript is told of browsers: it has the types of theirs and none of Node. */
const pageOfBrowsers = `${page}
const timer: number = setTimeout(() => {}, 1);
clearTimeout(timer);
// @ts-expect-error Browsers have certificates of their own.
await connect({ url: 'wss://127.0.0.1/ws', realm: 'realm1', tls: {} });
`;

/**
 * The programs that are compiled, by the name of their folder. The declarations of XState are not made for
 * `exactOptionalPropertyTypes`, and name types of Node that they do not import: who imports machines minds both.
 */
const programs = {
  examples: { sources: examples, options: strictest },
  charts: {
    sources: [{ name: 'machines', code: "export * from 'postmaster/machines';" }],
    options: { ...strictest, exactOptionalPropertyTypes: false, types: ['node'] },
  },
  page: { sources: [{ name: 'page', code: page }], options: bundled },
  browser: {
    sources: [{ name: 'page', code: pageOfBrowsers }],
    options: { ...bundled, customConditions: ['browser'] },
  },
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** An empty project with the package and what it works with. Peers are the program's own, the rest comes with the package. */
const createProject = (folder: string, tarball: string, end: End): void => {
  mkdirSync(folder);
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { postmaster: `file:${tarball}`, ...versionsAt(end, peers) },
    overrides: end === 'oldest' ? versionsAt(end, dependencies) : {},
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  install(folder);
};

const compilePrograms = (folder: string): void => {
  for (const [name, { sources, options }] of Object.entries(programs)) {
    const program = join(folder, name);
    mkdirSync(program);
    for (const source of sources) writeFileSync(join(program, `${source.name}.ts`), source.code);
    writeFileSync(join(program, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], { cwd: program, stdio: 'inherit' });
  }
};

/** Bundles the page: esbuild fails where something of Node would be left in it. */
const bundlePage = async (folder: string): Promise<void> => {
  const { metafile } = await build({
    entryPoints: [join(folder, 'page/page.ts')],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
  });
  const packages = Object.keys(metafile.inputs).filter((path) => /node_modules\/(?!postmaster\/)/.test(path));
  if (packages.length > 0) throw new Error(`a page would load ${packages.join(', ')}`);
};

const runExamples = async (folder: string): Promise<void> => {
  const server = startProcess(folder, 'node_modules/.bin/postmaster', ['serve', '--port', '0', '--log-level', 'warn']);
  try {
    const { url } = JSON.parse(await server.line(/^\{/)) as { readonly url: string };
    for (const { name, line } of examples) {
      const program = join(folder, `examples/dist/${name}.js`);
      writeFileSync(program, readFileSync(program, 'utf8').replace('ws://127.0.0.1:8080/ws', url));
      const example = startProcess(folder, process.execPath, [program]);
      await example.line(line).finally(example.stop);
    }
  } finally {
    server.stop();
  }
};

const installed = (folder: string): string =>
  Object.keys({ ...peers, ...dependencies })
    .map((name) => {
      const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
        readonly version: string;
      };
      return `${name} ${version}`;
    })
    .join(', ');

const main = async (): Promise<void> => {
  const known = blocksIn(readFileSync('README.md', 'utf8')).filter(({ language }) => language === 'ts');
  if (known.length !== examples.length) throw new Error(`README.md has ${known.length} examples in TypeScript`);
  const home = mkdtempSync(join(tmpdir(), 'postmaster-package-'));
  try {
    const copy = join(home, 'project');
    copyToPack(copy);
    npm(copy, 'pack', '--pack-destination', home);
    const tarball = join(home, `${manifest.name}-${manifest.version}.tgz`);
    for (const end of ends) {
      const folder = join(home, end);
      createProject(folder, tarball, end);
      say(`With the ${end} versions: ${installed(folder)}`);
      compilePrograms(folder);
      await bundlePage(folder);
      say('The examples of the README compile, and a page can be bundled.');
      await runExamples(folder);
      say('They run.');
    }
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
};

await main();
