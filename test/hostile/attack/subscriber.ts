/** Attacks by a subscriber that does not read. */

import type { OutboxPolicy } from '../../../src/connection/outbox.ts';
import { openClient } from '../../bench/client.ts';
import { clientFrame, createRing } from '../../bench/frame.ts';
import { jsonWire } from '../../bench/wire.ts';
import { type Attack, expect, type Target } from './attack.ts';
import { exchange, join, topic, write } from './peer.ts';

const events = 300_000;
const batch = 100;

const stalled = async (target: Target): Promise<void> => {
  let failure: Error | undefined;
  const reader = await openClient(new URL(target.url), jsonWire, {
    failed: (error) => {
      failure = error;
    },
  });
  await reader.subscribe(topic);
  const sleeper = await join(target);
  await exchange(sleeper, clientFrame(jsonWire, jsonWire.subscribe(1, topic)));
  sleeper.socket.pause();
  const publisher = await join(target);
  const ring = createRing(jsonWire, 1, (id) => jsonWire.publish(id, topic, 'x'.repeat(1_000)));
  for (let id = 1; id <= events; id += batch) await write(publisher, ring.take(0, batch, id));
  await exchange(publisher, clientFrame(jsonWire, jsonWire.ask(events + 1)));
  await reader.ask();
  expect(failure === undefined, `the subscriber that reads was closed: ${failure?.message}`);
};

const policies: readonly OutboxPolicy[] = ['close', 'drop-oldest', 'drop-newest'];

/** Attacks by a subscriber. */
export const subscriber: readonly Attack[] = policies.map((outboxPolicy) => ({
  id: `subscriber/stalled-${outboxPolicy}`,
  does: `subscribes and stops reading, under 300,000 events of 1 KB and the outbox policy ${outboxPolicy}`,
  before: outboxPolicy === 'drop-oldest' ? 'took 106 MB' : 'not told apart',
  bound:
    outboxPolicy === 'drop-oldest'
      ? { growth: 96, because: 'each event stays long enough in the outbox to be collected late' }
      : { growth: 64 },
  options: { outboxPolicy },
  run: stalled,
}));
