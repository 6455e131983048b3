import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;

/** Where names lead that begin no path: in examples that of this package, as `paths` says; in its sources that of the platform. */
export const resolve = {
  tsconfigPaths: true,
  // Vite asks package.json for names with a number sign, and that knows only what is built.
  alias: [{ find: /^#platform\/(.+)$/, replacement: join(root, 'src/platform/node/$1.ts') }],
};

/** What every run of the tests has in common. */
export const settings = {
  include: ['test/**/*.test.ts'],
  exclude: ['test/property/*.fuzz.test.ts', 'node_modules'],
  setupFiles: ['test/support/engine.ts'],
  // Programs that tests start in other folders find the platform as well.
  env: { TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
  testTimeout: 20_000,
  maxWorkers: 2,
  // What routers and clients without a logger say of the faults that tests make on purpose.
  onConsoleLog: (line: string) => !/^postmaster(\/client)? (warn|error): /.test(line),
};

export default defineConfig({
  resolve,
  test: { ...settings, coverage: { include: ['src/**', 'machines/**'], reporter: ['text-summary', 'html'] } },
});
