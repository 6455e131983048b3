import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { resolve, settings } from './vitest.config.ts';

/** The files of tests whose amounts come from `test/property/settings.ts`, wherever they are: they have a long one. */
const include = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => `test/${file}`)
  .filter((file) => file.endsWith('.test.ts') && /\/settings\.ts'/.test(readFileSync(file, 'utf8')));

export default defineConfig({
  resolve,
  test: {
    include,
    env: { ...settings.env, FUZZ: 'long' },
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
