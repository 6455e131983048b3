import { defineConfig } from 'vitest/config';
import { resolve, settings } from './vitest.config.ts';

/** Whatever runs connections, on the second engine: each as a live actor of XState. */
export default defineConfig({
  resolve,
  test: {
    ...settings,
    include: [
      'connection',
      'realm',
      'session',
      'broker',
      'dealer',
      'meta',
      'auth',
      'hostile',
      'property',
      'interop',
    ].map((folder) => `test/${folder}/**/*.test.ts`),
    env: { ...settings.env, MACHINES: 'xstate' },
  },
});
