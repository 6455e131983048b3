/**
 * A script: a router that publishes 100,000 events of 1 KB to two subscribers. One reads; the other stops reading if the
 * second argument says so. The first argument is the outbox policy. It prints how many MiB of buffers it holds after a
 * collection.
 */

import type { OutboxPolicy } from '../../src/connection/outbox.ts';
import { Postmaster } from '../../src/index.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { collectGarbage } from './memory.ts';

const [, , policy, second] = process.argv;
const events = 100_000;
const perTurn = 100;
const topic = 'com.topic';
const text = 'x'.repeat(992);

const postmaster = new Postmaster({
  logger: false,
  realms: [{ name: 'realm1', anonymous: [{ uri: topic, subscribe: true }] }],
  outboxPolicy: policy as OutboxPolicy,
});
const { port } = await postmaster.listen({ port: 0 });

const subscribe = async (reads: boolean): Promise<void> => {
  const { socket } = await connectRaw(port, '/ws', 'wamp.2.json');
  socket.removeAllListeners('data');
  socket.write(frame(1, JSON.stringify([1, 'realm1', { roles: { subscriber: {} } }])));
  await new Promise((welcomed) => socket.once('data', welcomed));
  socket.write(frame(1, JSON.stringify([32, 1, {}, topic])));
  await new Promise((subscribed) => socket.once('data', subscribed));
  if (reads) socket.resume();
  else socket.pause();
};

await subscribe(true);
await subscribe(second !== 'sleeps');
for (let sent = 0; sent < events; sent += perTurn) {
  for (let at = 0; at < perTurn; at += 1) postmaster.publishEvent(topic, text);
  await new Promise((turned) => setImmediate(turned));
}
collectGarbage();
const held = process.memoryUsage().arrayBuffers / 1024 / 1024;
const { event_dropped: dropped, outbox_overflow: closed } = postmaster.stats().counters;
process.stdout.write(JSON.stringify({ held, dropped, closed }));
process.exit();
