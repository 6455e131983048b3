/**
 * From which seed the properties run, and how long. `SEED=... npm test` repeats a run, `FUZZ=long` (npm run test:fuzz) makes
 * it long. Every property prints its seed before it starts, and how many messages it sent.
 */

import { afterAll } from 'vitest';

const isLong = process.env.FUZZ === 'long';

/** The seed of this process: from the environment, or the time. */
export const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

/** Chooses between the everyday and the long number. */
export const amount = (everyday: number, long: number): number => (isLong ? long : everyday);

/** Parameters for `fc.assert`. */
export const runs = (everyday: number, long: number) => {
  const numRuns = amount(everyday, long);
  process.stdout.write(`property: SEED=${seed}, ${numRuns} runs\n`);
  return { seed, numRuns, endOnFailure: false, ...(process.env.FC_PATH && { path: process.env.FC_PATH }) };
};

let sent = 0;

/** Counts messages that were sent to a router. */
export const countMessages = (messages = 1): void => {
  sent += messages;
};

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => {
  unhandled.push(error);
};
process.on('unhandledRejection', onUnhandled).on('uncaughtException', onUnhandled);

afterAll(() => {
  if (sent > 0) process.stdout.write(`property: ${sent} messages sent, SEED=${seed}\n`);
  process.off('unhandledRejection', onUnhandled).off('uncaughtException', onUnhandled);
  if (unhandled.length > 0) throw new AggregateError(unhandled, 'something was not handled');
});
