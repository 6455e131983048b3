/**
 * Which room may import which. A room is a folder of `src`, or `machines`. They stand in the order in which they are built on
 * each other: a row names rooms above it only, so no arrow points up and there is no circle. Besides these rooms a file
 * may import its own, and packages in `packages`. test/architecture.test.ts runs this over every file.
 */

/** Where a room is not the folder of its name. A room may also be one part of another, for those who may know no more of it. */
const places = {
  machines: '^machines/',
  client: '^src/client(/|\\.ts$)',
  index: '^src/index\\.ts$',
  link: '^src/transport/link\\.ts$',
  frames: '^src/transport/(rawsocket|websocket)/frame\\.ts$',
};

const rooms = [
  { room: 'base', may: '', packages: [] },
  { room: 'wamp', may: 'base', packages: [] },
  { room: 'net', may: '', packages: ['node:'] },
  { room: 'kind', may: 'base wamp', packages: [] },
  { room: 'machines', may: 'base wamp', packages: ['xstate'] },
  { room: 'chart', may: 'base wamp machines', packages: ['xstate'] },
  { room: 'codec', may: 'base wamp', packages: ['@msgpack/msgpack', 'cborg'] },
  { room: 'auth', may: 'base wamp kind', packages: ['node:', 'hash-wasm'] },
  { room: 'interceptor', may: 'base wamp', packages: ['rxjs'] },
  { room: 'session', may: 'base wamp', packages: [] },
  { room: 'broker', may: 'base wamp interceptor session', packages: ['rxjs'] },
  { room: 'dealer', may: 'base wamp machines chart session', packages: [] },
  { room: 'meta', may: 'base wamp session broker dealer', packages: [] },
  { room: 'realm', may: 'base wamp interceptor session broker dealer meta', packages: ['rxjs'] },
  { room: 'transport', may: 'base wamp net auth', packages: ['node:', 'ws'] },
  { room: 'connection', may: 'base wamp machines chart codec auth session realm link', packages: [] },
  {
    room: 'options',
    may: 'base wamp net kind chart auth interceptor session broker transport connection',
    packages: ['node:'],
  },
  {
    room: 'router',
    may: 'base wamp net machines chart codec auth interceptor session broker dealer realm transport connection options',
    packages: ['node:', 'rxjs', 'xstate'],
  },
  {
    room: 'config',
    may: 'base wamp net kind auth interceptor session broker dealer transport options',
    packages: ['node:', 'yaml'],
  },
  { room: 'client', may: 'base wamp codec auth frames', packages: ['node:', '@types/node', 'ws'] },
  { room: 'http', may: 'base wamp net', packages: ['node:'] },
  {
    room: 'cli',
    may: 'base wamp net codec auth dealer transport options router config client http',
    packages: ['node:', 'commander', 'pino', 'pino-pretty', 'yaml'],
  },
  {
    room: 'index',
    may: 'base wamp machines chart auth interceptor session broker dealer realm transport connection options router',
    packages: ['@types/node'],
  },
];

const placeOf = (room) => places[room] ?? `^src/${room}/`;
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
    ...rooms.map(({ room, may, packages }) => ({
      name: `room ${room}`,
      severity: 'error',
      from: { path: placeOf(room) },
      to: { pathNot: [placeOf(room), ...placesOf(may), ...packages.map(packagePath)] },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
