/** Attacks on the code of the program that embeds the router. */

import { setTimeout as delay } from 'node:timers/promises';
import { tap } from 'rxjs';
import { clientFrame } from '../../bench/frame.ts';
import { jsonWire } from '../../bench/wire.ts';
import type { Attack, Target } from './attack.ts';
import { exchange, join, topic } from './peer.ts';

const publish =
  (payload: unknown) =>
  async (target: Target): Promise<void> => {
    const publisher = await join(target);
    for (let id = 1; id <= 100; id += 1) {
      await exchange(publisher, clientFrame(jsonWire, [16, id, { acknowledge: true }, topic, [payload]]));
    }
    await delay(2_000);
  };

/** Attacks on own code. */
export const ownCode: readonly Attack[] = [
  {
    id: 'own-code/observer',
    does: 'publishes `{ "toString": 1 }` to an observer of `topic()` that writes it into a text, which throws',
    before: 'ended the process',
    bound: { growth: 32 },
    embed: (postmaster) => {
      postmaster.topic(topic).subscribe(({ args }) => `${args[0]}`);
    },
    run: publish({ toString: 1 }),
  },
  {
    id: 'own-code/interceptor',
    does: 'publishes to a topic whose interceptor publishes to the same topic',
    before: 'hung for ever',
    bound: { growth: 64 },
    embed: (postmaster) => {
      postmaster.intercept(
        { topic },
        tap(({ args }) => postmaster.publishEvent(topic, args[0])),
      );
    },
    run: publish('again'),
  },
];
