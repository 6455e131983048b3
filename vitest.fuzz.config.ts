import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/property/*.test.ts'],
    env: { FUZZ: 'long' },
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
