/** A script: clients that connect, subscribe to a topic each, and then say nothing until they are asked to. */

import type { Client } from './client.ts';
import { createCrew, inParallel } from './crew.ts';
import { answerWith } from './helper.ts';
import { jsonWire } from './wire.ts';
import { patience } from './workload.ts';

/** What the clients are to do: come, or say that they are there. */
export interface IdleQuestion {
  readonly order: 'come' | 'answer';
  readonly url: string;
  readonly count: number;
  /** So that no two processes have the same topics. */
  readonly first: number;
}

let settle = (): Promise<void> => Promise.reject(new Error('nobody has come yet'));

const come = async ({ url, count, first }: IdleQuestion): Promise<void> => {
  const crew = createCrew(new URL(url), jsonWire);
  const longer = patience * 3;
  const clients = await crew.watch(crew.open(count), longer);
  const subscribed = inParallel(count, 32, (index) =>
    (clients[index] as Client).subscribe(`com.example.session.${first + index}`),
  );
  await crew.watch(subscribed, longer);
  settle = () => crew.watch(crew.settle(clients, 0), longer);
};

answerWith((question) => {
  const asked = question as IdleQuestion;
  return asked.order === 'come' ? come(asked) : settle();
});
