import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/property/*.fuzz.test.ts', 'node_modules'],
    testTimeout: 20_000,
    maxWorkers: 2,
    coverage: { include: ['src/**', 'machines/**'], reporter: ['text-summary', 'html'] },
  },
});
