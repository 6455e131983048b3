import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { openClient } from './client.ts';
import { peakOfTree, restartPeakOfTree } from './process-tree.ts';
import { jsonWire } from './wire.ts';
import { workloads } from './workloads.ts';

it('rows by payload size stand under a heading of their own, the same in each serializer', () => {
  const rows = workloads.flatMap((workload) => workload.rows).filter(({ group }) => group.endsWith('by payload size'));
  const of = (name: string): string[] =>
    rows.filter(({ id }) => id.startsWith(`${name}/`)).map(({ id }) => id.slice(name.length + 1));
  const kinds = ['fan-out-20', 'pairs', 'call'].flatMap((kind) => ['64', '1k', '16k'].map((size) => `${kind}-${size}`));
  expect(of('json')).toEqual(expect.arrayContaining([...kinds, 'fan-out-20-1m', 'fan-out-20-1m-memory']));
  expect([of('msgpack'), of('cbor'), of('v1')]).toEqual([of('json'), of('json'), []]);
});

it('a peak of memory is what was there at most since it was restarted', () => {
  const octets = 64 * 1024 * 1024;
  const before = restartPeakOfTree(process.pid);
  let held: Buffer | undefined = Buffer.alloc(octets, 1);
  expect(peakOfTree(process.pid) - before).toBeGreaterThanOrEqual(octets * 0.9);
  expect(held.length).toBe(octets);
  held = undefined;
  expect(peakOfTree(process.pid) - before).toBeGreaterThanOrEqual(octets * 0.9);
});

it('a client takes a message that comes in many reads as one', async () => {
  const texts = ['a'.repeat(1_200_000), 'b', 'c'.repeat(300_000), 'd'.repeat(70_000)];
  const server = createServer();
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket) => {
    socket.send(JSON.stringify([2, 1, {}]));
    socket.once('message', () => {
      for (const text of texts) socket.send(JSON.stringify([36, 1, 1, {}, [text]]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const seen = await new Promise<readonly unknown[]>((resolve, reject) => {
    const events: unknown[] = [];
    const answered = (message: unknown): Buffer => {
      events.push(jsonWire.eventOf(message));
      if (events.length === texts.length) resolve(events);
      return Buffer.alloc(0);
    };
    void openClient(url, jsonWire, { answered, failed: reject });
  });
  expect(seen).toEqual(texts);
  webSockets.close();
  server.closeAllConnections();
  for (const client of webSockets.clients) client.terminate();
  server.close();
});
