import { defineConfig } from 'vitest/config';

/** What every run of the tests has in common. */
export const settings = {
  include: ['test/**/*.test.ts'],
  exclude: ['test/property/*.fuzz.test.ts', 'node_modules'],
  setupFiles: ['test/support/engine.ts'],
  testTimeout: 20_000,
  maxWorkers: 2,
};

export default defineConfig({
  test: { ...settings, coverage: { include: ['src/**', 'machines/**'], reporter: ['text-summary', 'html'] } },
});
