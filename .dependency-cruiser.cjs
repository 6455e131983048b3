/**
 * Who may import whom. One row a layer: a file of `from` may import its own folder, the layers in `may`, and packages in
 * `packages`. test/architecture.test.ts runs this over every file.
 */

const layers = [
  { from: '^src/wamp/', may: [], packages: [] },
  { from: '^machines/', may: ['^src/wamp/'], packages: ['xstate'] },
  { from: '^src/chart/', may: ['^src/wamp/', '^machines/'], packages: ['xstate'] },
  { from: '^src/codec/', may: ['^src/wamp/'], packages: ['@msgpack/msgpack', 'cborg'] },
  { from: '^src/kind/', may: ['^src/wamp/'], packages: [] },
  { from: '^src/auth/', may: ['^src/(wamp|kind)/'], packages: ['node:', 'hash-wasm'] },
  { from: '^src/interceptor/', may: ['^src/wamp/'], packages: ['rxjs'] },
  { from: '^src/realm/', may: ['^src/wamp/', '^machines/', '^src/chart/', '^src/interceptor/'], packages: ['rxjs'] },
  {
    from: '^src/connection/',
    may: ['^src/wamp/', '^machines/', '^src/chart/', '^src/codec/', '^src/auth/', '^src/realm/'],
    packages: ['xstate'],
  },
  { from: '^src/net/', may: [], packages: ['node:'] },
  {
    from: '^src/transport/',
    may: ['^src/wamp/', '^src/net/', '^src/connection/link\\.ts$', '^src/auth/channel-id\\.ts$'],
    packages: ['node:', 'ws'],
  },
  {
    from: '^src/client(/|\\.ts$)',
    may: [
      '^src/client(/|\\.ts$)',
      '^src/(wamp|codec|auth)/',
      '^src/transport/(rawsocket-)?frame\\.ts$',
      '^src/version\\.ts$',
    ],
    packages: ['node:', 'ws'],
  },
  { from: '^src/http/', may: ['^src/wamp/', '^src/net/'], packages: ['node:'] },
  {
    from: '^src/options/',
    may: ['^src/(wamp|kind|chart|auth|interceptor|realm|connection|net|transport)/'],
    packages: ['node:'],
  },
  {
    from: '^src/(postmaster|composition|access|version)\\.ts$',
    may: [
      '^src/(composition|access|version)\\.ts$',
      '^src/(wamp|chart|codec|auth|interceptor|realm|connection|net|transport|options)/',
      '^machines/',
    ],
    packages: ['node:', 'rxjs'],
  },
  {
    from: '^src/config/',
    may: ['^src/(wamp|kind|auth|interceptor|realm|net|transport|options)/'],
    packages: ['node:', 'yaml'],
  },
];

const ownFolder = (from) => (from.endsWith('/') ? [from] : []);
const packagePath = (name) =>
  name === 'node:'
    ? '^(node:|(assert|buffer|crypto|events|fs|http|https|net|os|path|process|stream|timers|tls|url|util|zlib)(/|$))'
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
        pathNot: '^src/(auth/methods\\.ts|client/authenticator\\.ts|(auth|client)/method/|(index|client)\\.ts$)',
      },
      to: { path: '^src/(auth|client)/method/' },
    },
    ...layers.map(({ from, may, packages }) => ({
      name: `layer ${from}`,
      severity: 'error',
      from: { path: from },
      to: { pathNot: [...ownFolder(from), ...may, ...packages.map(packagePath)] },
    })),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
