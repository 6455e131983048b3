/** Controls: attacks that must break their bounds, and one that must not, to show that the harness notices both. */

import { clientFrame } from '../../bench/frame.ts';
import { jsonWire } from '../../bench/wire.ts';
import type { Attack, Target } from './attack.ts';
import { exchange, join, topic } from './peer.ts';

const publish = async (target: Target): Promise<void> => {
  const publisher = await join(target);
  publisher.write(clientFrame(jsonWire, jsonWire.publish(1, topic, 'now')));
  await exchange(publisher, clientFrame(jsonWire, jsonWire.ask(2)));
};
const publishAndKill = async (target: Target): Promise<void> => {
  await publish(target);
  const killer = await join(target);
  await exchange(killer, clientFrame(jsonWire, [48, 1, {}, 'wamp.session.kill_all']));
  throw new Error('what the attack itself has seen');
};

const stall = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};
const hoard: Buffer[] = [];
const about = { before: 'nothing', does: 'publishes once' };

/** The table. */
export const attacks: readonly Attack[] = [
  { id: 'control/harmless', ...about, bound: { growth: 100, kept: 100, p99: 5_000 }, run: publish },
  {
    id: 'control/ends',
    ...about,
    bound: { growth: 100 },
    embed: (postmaster) => void postmaster.topic(topic).subscribe(() => process.exit(7)),
    run: publish,
  },
  {
    id: 'control/all-but-ends',
    ...about,
    bound: { growth: 100, kept: 100 },
    embed: (postmaster) => {
      postmaster.topic(topic).subscribe(() => {
        hoard.push(Buffer.alloc(200 * 2 ** 20, 1));
        setImmediate(() => {
          stall(1_000);
          for (const each of ['a', 'b', 'c']) postmaster.topic(`com.attack.${each}`).subscribe();
        });
      });
    },
    run: publishAndKill,
  },
];
