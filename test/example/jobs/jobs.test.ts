import { expect, onTestFinished, test, vi } from 'vitest';
import type { ClientCallOptions, WampClient } from '../../../src/client.ts';
import { connect } from '../../../src/client.ts';
import { start, startWorker } from './main.ts';

const procedure = 'com.jobs.print';

const startJobs = async (
  perPage: number,
): Promise<{ readonly customer: WampClient; readonly workers: WampClient[] }> => {
  const { url, close } = await start(0);
  onTestFinished(close);
  const workers = [await startWorker(url, 'ann', perPage), await startWorker(url, 'ben', perPage)];
  const customer = await connect({ url, realm: 'jobs', reconnect: false });
  onTestFinished(async () => {
    for (const client of [customer, ...workers]) await client.close();
  });
  return { customer, workers };
};

/** Gives a document to the workers: what comes of it, the pages so far, who prints it, and the way to cancel it. */
const print = (customer: WampClient, pages: number, options: ClientCallOptions = {}) => {
  const controller = new AbortController();
  const printed: unknown[] = [];
  let worker: unknown;
  const result = customer
    .call(procedure, [pages], undefined, {
      signal: controller.signal,
      onProgress: ({ args: [page], kwargs }) => {
        printed.push(page);
        worker = kwargs?.worker;
      },
      ...options,
    })
    .then(
      ({ args }) => args[0],
      (error: unknown) => error,
    );
  const begun = (): Promise<void> => vi.waitFor(() => expect(printed.length).toBeGreaterThan(0));
  return { result, printed, begun, worker: () => worker, cancel: () => controller.abort() };
};

test('jobs go to the workers in turn, and tell of each page', async () => {
  const { customer } = await startJobs(1);
  const jobs = [3, 2].map((pages) => print(customer, pages));
  expect(await Promise.all(jobs.map(({ result }) => result))).toEqual(['3 pages by ann', '2 pages by ben']);
  expect(jobs.map(({ printed }) => printed)).toEqual([
    [1, 2, 3],
    [1, 2],
  ]);
});

test('a job that nobody has time for waits until a worker has ended one that is cancelled', async () => {
  const { customer } = await startJobs(5);
  // `kill` has the caller wait for the word of the worker.
  const options = { cancelMode: 'kill' } as const;
  const running = Array.from({ length: 4 }, () => print(customer, Number.MAX_SAFE_INTEGER, options));
  const waiting = print(customer, 2);
  for (const job of running) await job.begun();
  expect(running.map(({ worker }) => worker())).toEqual(['ann', 'ben', 'ann', 'ben']);
  expect(waiting.printed).toEqual([]);

  running[1]?.cancel();
  expect(await running[1]?.result).toMatchObject({ uri: 'wamp.error.canceled' });
  expect(await waiting.result).toBe('2 pages by ben');
  for (const { cancel } of running) cancel();
});

test('a job without a sign of life ends after the time that its caller gave it, and not before', async () => {
  const { customer } = await startJobs(100);
  expect(await print(customer, 1, { timeout: 50 }).result).toMatchObject({ uri: 'wamp.error.timeout' });
  const patient = print(customer, 4, { timeout: 390 });
  expect(await patient.result).toMatch(/^4 pages by/);
});

test('the jobs of a worker who leaves fail, and later ones go to the other', async () => {
  const { customer, workers } = await startJobs(5);
  const [first, second] = [print(customer, Number.MAX_SAFE_INTEGER), print(customer, Number.MAX_SAFE_INTEGER)];
  await first.begun();
  await workers[0]?.close();
  expect(await first.result).toMatchObject({ uri: 'wamp.error.canceled' });
  expect(await print(customer, 2).result).toBe('2 pages by ben');
  second.cancel();
});

test('customers register nothing', async () => {
  const { customer } = await startJobs(1);
  await expect(customer.register(procedure, () => 'mine')).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
});
