/**
 * Which folder may import which: the folders of `src`, and `machines`. They stand in the order in which they are built on each
 * other: a row names only folders above it, so no import points up and there is no cycle. Besides these folders a file may
 * import from its own, and the packages in `packages`. test/architecture.test.ts runs this over every file.
 */

/** Names that stand for something else than `src/<name>`: another path, or the part of a folder that others may import. */
const places = {
  machines: '^machines/',
  octets: '^src/platform/\\w+/octets\\.ts$',
  codec: '^src/(codec|platform/\\w+/(cbor|msgpack)\\.ts$)',
  client: '^src/(client(/|\\.ts$)|platform/\\w+/(proof|report|wire)\\.ts$)',
  index: '^src/index\\.ts$',
  link: '^src/transport/link\\.ts$',
  frames: '^src/transport/(rawsocket|websocket)/frame\\.ts$',
};

const folders = [
  { folder: 'octets', may: '', packages: ['buffer'] },
  { folder: 'base', may: 'octets', packages: [] },
  { folder: 'wamp', may: 'octets base', packages: [] },
  { folder: 'net', may: '', packages: ['node:'] },
  { folder: 'kind', may: 'base wamp', packages: [] },
  { folder: 'machines', may: 'base wamp', packages: ['xstate'] },
  { folder: 'chart', may: 'base wamp machines', packages: ['xstate'] },
  { folder: 'codec', may: 'octets base wamp', packages: ['@msgpack/msgpack', 'cborg'] },
  { folder: 'auth', may: 'octets base wamp kind', packages: ['node:', 'hash-wasm'] },
  { folder: 'interceptor', may: 'base wamp', packages: ['rxjs'] },
  { folder: 'inspect', may: '', packages: ['rxjs'] },
  { folder: 'session', may: 'base wamp', packages: [] },
  { folder: 'broker', may: 'base wamp interceptor session', packages: ['rxjs'] },
  { folder: 'dealer', may: 'base wamp machines chart session', packages: [] },
  { folder: 'meta', may: 'base wamp session broker dealer', packages: [] },
  { folder: 'realm', may: 'base wamp interceptor session broker dealer meta', packages: ['rxjs'] },
  { folder: 'transport', may: 'base wamp net auth', packages: ['node:', 'ws'] },
  { folder: 'connection', may: 'base wamp machines chart codec auth session realm inspect link', packages: [] },
  {
    folder: 'options',
    may: 'base wamp net kind chart auth interceptor session broker transport connection',
    packages: ['node:'],
  },
  {
    folder: 'router',
    may: 'base wamp net machines chart codec auth interceptor session broker dealer realm transport connection inspect options',
    packages: ['node:', 'rxjs', 'xstate'],
  },
  {
    folder: 'config',
    may: 'base wamp net kind auth interceptor session broker dealer transport options',
    packages: ['node:', 'yaml'],
  },
  { folder: 'client', may: 'octets base wamp codec auth frames', packages: ['node:', '@types/node', 'ws'] },
  { folder: 'http', may: 'base wamp net', packages: ['node:'] },
  {
    folder: 'cli',
    may: 'base wamp net codec auth dealer transport options router config client http',
    packages: ['node:', 'commander', 'pino', 'pino-pretty', 'yaml'],
  },
  {
    folder: 'index',
    may: 'base wamp machines chart auth interceptor session broker dealer realm transport connection inspect options router',
    packages: ['@types/node'],
  },
];

const placeOf = (folder) => places[folder] ?? `^src/${folder}/`;
const placesOf = (may) => may.split(' ').filter(Boolean).map(placeOf);
const packagePath = (name) =>
  name === 'node:'
    ? '^(node:|(assert|buffer|child_process|crypto|events|fs|http|https|net|os|path|process|readline|stream|timers|tls|url|util|zlib)(/|$))'
    : `(^|node_modules/)(@types/)?${name}(/|$)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'hash-wasm-in-one-file',
      severity: 'error',
      from: { pathNot: '^src/auth/argon2\\.ts$' },
      to: { path: packagePath('hash-wasm') },
    },
    {
      name: 'methods-by-their-table',
      comment: 'A new authentication method is one file and one line of a table: nobody else may know it by name.',
      severity: 'error',
      from: {
        pathNot: '^src/(auth/methods|client/(authenticator|client)|(auth|client)/method/[^/]+|index|client)\\.ts$',
      },
      to: { path: '^src/(auth|client)/method/' },
    },
    {
      name: 'browsers',
      comment:
        'What is for browsers needs neither Node nor a package. By the name of the octets Node has its own here.',
      severity: 'error',
      from: { path: '^src/platform/browser/' },
      to: { path: [packagePath('node:'), 'node_modules', '^src/platform/node/(?!octets)', '^src/transport/'] },
    },
    ...folders.map(({ folder, may, packages }) => ({
      name: `folder ${folder}`,
      severity: 'error',
      from: { path: placeOf(folder) },
      to: { pathNot: [placeOf(folder), ...placesOf(may), ...packages.map(packagePath)] },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
