import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createSoakRouter, type SoakRouter } from './create-router.ts';
import { runProgram } from './program.ts';
import { moveIn } from './residents.ts';
import { pay } from './visit.ts';
import { kinds } from './visits.ts';

let router: SoakRouter;
let leave = async (): Promise<void> => {};
beforeAll(async () => {
  router = await createSoakRouter(1_000);
  leave = await moveIn(router.place);
});
afterAll(async () => {
  await leave();
  await router.postmaster.close({ drain: 0 });
});

const countsOf = ({ postmaster }: SoakRouter): object => {
  const { counters, ...counts } = postmaster.stats();
  return { ...counts, internalErrors: counters.internal_error };
};

/** Of one kind: enough for each to have come in every way that it has. */
const visits = 12;

test.each(kinds)('of peers of this kind nothing stays: $title', async ({ behave, every }) => {
  const before = countsOf(router);
  const count = every > 1_000 ? 2 : visits;
  await Promise.all(Array.from({ length: count }, (_, number) => pay(behave, router.place, number)));
  await vi.waitFor(() => expect(countsOf(router)).toEqual(before), { timeout: 10_000 });
});

test('of sessions, observers and interceptors of the program nothing stays', async () => {
  const before = countsOf(router);
  const stop = runProgram(router.postmaster);
  await vi.waitFor(() => expect(router.postmaster.stats().sessions).toBeGreaterThan(0), { interval: 1 });
  await stop();
  expect(countsOf(router)).toEqual(before);
});
