/** What the embedding program does during the soak: it opens and ends sessions, observers, procedures and interceptors. */

import { map } from 'rxjs';
import type { Postmaster } from '../../src/index.ts';

/** ms between two rounds. */
const pace = 50;

const round = async (postmaster: Postmaster, number: number): Promise<void> => {
  const uri = `com.soak.program.${number}`;
  const session = postmaster.session({ authid: 'program' });
  const observer = postmaster.topic(uri).subscribe();
  const remove = postmaster.intercept(
    { topic: uri },
    map((publication) => ({ ...publication, args: [number] })),
  );
  postmaster.registerRPC(uri, ({ args }) => args[0]);
  await session.subscribe(uri, () => {});
  await session.publish(uri, [number]);
  postmaster.publishEvent(uri, 'x'.repeat(1_000));
  await session.call(uri, [number]);
  session.leave();
  postmaster.unregisterRPC(uri);
  remove();
  observer.unsubscribe();
};

/** Begins; the function that is returned ends it, and resolves when the last round is over, rejects when one has failed. */
export const runProgram = (postmaster: Postmaster): (() => Promise<void>) => {
  let number = 0;
  let last = Promise.resolve();
  const timer = setInterval(() => {
    number += 1;
    last = last.then(() => round(postmaster, number));
    last.catch(() => {});
  }, pace);
  return () => {
    clearInterval(timer);
    return last;
  };
};
