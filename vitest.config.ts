import { defineConfig } from 'vitest/config';

/** What every run of the tests has in common. */
export const settings = {
  include: ['test/**/*.test.ts'],
  exclude: ['test/property/*.fuzz.test.ts', 'node_modules'],
  setupFiles: ['test/support/engine.ts'],
  testTimeout: 20_000,
  maxWorkers: 2,
  // What routers and clients without a logger say of the faults that tests make on purpose.
  onConsoleLog: (line: string) => !/^postmaster(\/client)? (warn|error): /.test(line),
};

export default defineConfig({
  // Examples import the package by its name, as programs do; `paths` says where its sources are.
  resolve: { tsconfigPaths: true },
  test: { ...settings, coverage: { include: ['src/**', 'machines/**'], reporter: ['text-summary', 'html'] } },
});
