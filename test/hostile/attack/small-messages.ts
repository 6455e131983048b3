/** Attacks by the mere number of messages. */

import { createRing } from '../../bench/frame.ts';
import { jsonWire } from '../../bench/wire.ts';
import type { Attack, Target } from './attack.ts';
import { flood, forget, join, times, topic } from './peer.ts';

const batch = 1_000;

const floodWith =
  (build: (id: number) => unknown, count = 8) =>
  async (target: Target): Promise<void> => {
    // The same ids again and again: a peer that does not count is served by default.
    const messages = createRing(jsonWire, 1, build).take(0, batch, 1);
    const peers = await times(count, () => join(target));
    peers.forEach(forget);
    await Promise.all(peers.map((peer) => flood(peer, messages, 5_000)));
  };

/** Attacks by number. */
export const smallMessages: readonly Attack[] = [
  {
    id: 'small-messages/calls',
    does: 'calls a procedure that nobody has registered from eight peers, as fast as the router reads',
    before: 'not tried',
    bound: { growth: 64 },
    run: floodWith((id) => jsonWire.call(id, 'com.attack.nobody', 1, 2)),
  },
  {
    id: 'small-messages/publications',
    does: 'publishes to a topic without subscribers from eight peers, as fast as the router reads',
    before: 'not tried',
    bound: { growth: 64 },
    run: floodWith((id) => jsonWire.publish(id, topic, 'x')),
  },
  {
    id: 'small-messages/many-peers',
    does: 'calls a procedure that nobody has registered from 200 peers, as fast as the router reads',
    before: 'stalled everybody for 1 s at once',
    bound: {
      growth: 128,
      because: 'Node reads 64 KiB from each of 200 sockets, and the kernel gives them all at once',
    },
    run: floodWith((id) => jsonWire.call(id, 'com.attack.nobody', 1, 2), 200),
  },
];
