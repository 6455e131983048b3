/**
 * Makes every router of the tests run its connections on the second engine: `MACHINES=xstate vitest run ...`.
 *
 * vitest loads this file before each test file. It changes the default of one router option for every router of the process,
 * however a test creates it. A test that names an engine gets the engine that it names.
 */

import { vi } from 'vitest';
import type { Inspect, PostmasterOptions } from '../../src/index.ts';

/** The engine that routers of the tests have when their options name none. */
export const defaultEngine = process.env.MACHINES === 'xstate' ? 'xstate' : 'compiled';

const connectionIds = new Set<string>();

/** How many connections ran as live actors in this process, of the routers that were made with the default engine. */
export const liveConnections = (): number => connectionIds.size;

const inspect: Inspect = ({ type, rootId, actorRef }) => {
  const { logic, sessionId } = actorRef as { readonly logic?: { readonly id?: string }; readonly sessionId?: string };
  if (type === '@xstate.snapshot' && sessionId === rootId && logic?.id === 'connection') connectionIds.add(rootId);
};

const isPlain = (options: unknown): options is PostmasterOptions =>
  typeof options === 'object' && options !== null && (options as PostmasterOptions).machines !== 'compiled';

if (defaultEngine === 'xstate') {
  vi.doMock('../../src/options/router.ts', async (importOriginal) => {
    const original = await importOriginal<typeof import('../../src/options/router.ts')>();
    return {
      ...original,
      checkOptions: (options: PostmasterOptions) =>
        original.checkOptions(isPlain(options) ? { machines: 'xstate', inspect, ...options } : options),
    };
  });
}
