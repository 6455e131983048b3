/**
 * A job queue without a queue of its own: workers register one procedure together, the router hands them the jobs in turn and lets
 * those wait that nobody has time for.
 */

import { setTimeout } from 'node:timers/promises';
import { Postmaster } from 'postmaster';
import { connect } from 'postmaster/client';

const procedure = 'com.jobs.print';
const ticket = 'a secret of the workers';

/** Starts the router. Port 0 picks a free one. */
export const start = async (port: number) => {
  const postmaster = new Postmaster({
    realms: [
      {
        name: 'jobs',
        anonymous: [{ uri: procedure, call: true }],
        roles: { worker: [{ uri: procedure, register: true }] },
        authenticators: { ticket: { ann: { ticket, role: 'worker' }, ben: { ticket, role: 'worker' } } },
      },
    ],
    // No job goes on for longer than this without a sign of life, whatever its caller asks for. Callers may ask for less.
    limits: { callTimeout: 30_000 },
  });
  const { url } = await postmaster.listen({ port });
  return { url, close: () => postmaster.close({ drain: 0 }) };
};

/** Starts a worker, who prints documents: two at a time, `perPage` ms a page. */
export const startWorker = async (url: string, name: 'ann' | 'ben', perPage: number) => {
  const worker = await connect({ url, realm: 'jobs', authid: name, auth: [{ method: 'ticket', ticket }] });
  await worker.register(
    procedure,
    async ({ args: [pages], signal, progress }) => {
      for (let page = 1; page <= Number(pages); page += 1) {
        // The work. It ends when the signal aborts: the caller has cancelled, or left, or the time is over.
        await setTimeout(perPage, undefined, { signal });
        // A sign of life, too: the time that a call may take begins anew.
        progress([page], { worker: name });
      }
      return `${pages} pages by ${name}`;
    },
    // All who register take turns. Who has two jobs already is left out, and where all have, jobs wait at the router.
    { invoke: 'roundrobin', concurrency: 2 },
  );
  return worker;
};

if (process.argv[1] === import.meta.filename) {
  const { url } = await start(Number(process.env.PORT ?? 8080));
  for (const name of ['ann', 'ben'] as const) await startWorker(url, name, 500);
  console.log(`Two workers print, each two documents at a time. Give them some, from other terminals, and end one with Ctrl+C:
  npx tsx src/cli/main.ts call --url ${url} --realm jobs --progress ${procedure} 10`);
}
