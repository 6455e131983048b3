/**
 * The floor: what a WAMP v1 router costs on `ws` when it does nothing but route. No checks, no permissions, no limits,
 * no errors; a correct router has to do more, and the benchmark says how much more that costs.
 *
 * An event is encoded and framed once, and a socket is written to once per turn of the event loop.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { serverFrame } from './frame.ts';

type Outlet = { readonly socket: Duplex; readonly topics: Set<string>; frames: Buffer[] };

const subscribers = new Map<string, Set<Outlet>>();
let waiting: Outlet[] = [];

const flush = (): void => {
  const outlets = waiting;
  waiting = [];
  for (const outlet of outlets) {
    outlet.socket.write(outlet.frames.length === 1 ? outlet.frames[0] : Buffer.concat(outlet.frames));
    outlet.frames = [];
  }
};

const enqueue = (outlet: Outlet, frame: Buffer): void => {
  if (outlet.frames.push(frame) === 1 && waiting.push(outlet) === 1) setImmediate(flush);
};

const subscribe = (outlet: Outlet, topic: string): void => {
  const outlets = subscribers.get(topic);
  if (outlets) outlets.add(outlet);
  else subscribers.set(topic, new Set([outlet]));
  outlet.topics.add(topic);
};

const unsubscribe = (outlet: Outlet, topic: string): void => {
  const outlets = subscribers.get(topic);
  if (outlets?.delete(outlet) && outlets.size === 0) subscribers.delete(topic);
  outlet.topics.delete(topic);
};

const publish = (topic: string, event: unknown): void => {
  const outlets = subscribers.get(topic);
  if (!outlets) return;
  const frame = serverFrame([8, topic, event]);
  for (const outlet of outlets) enqueue(outlet, frame);
};

const receive = (outlet: Outlet, [type, first, second, ...rest]: [number, string, unknown, ...unknown[]]): void => {
  if (type === 7) publish(first, second);
  else if (type === 2) enqueue(outlet, serverFrame([3, first, (rest[0] as number) + (rest[1] as number)]));
  else if (type === 5) subscribe(outlet, first);
  else if (type === 6) unsubscribe(outlet, first);
};

const webSockets = new WebSocketServer({ noServer: true });
const server = createServer().on('upgrade', (request, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const outlet: Outlet = { socket, topics: new Set(), frames: [] };
    enqueue(outlet, serverFrame([0, crypto.randomUUID(), 1, 'floor']));
    webSocket.on('message', (data) => receive(outlet, JSON.parse(String(data))));
    webSocket.on('close', () => {
      for (const topic of outlet.topics) unsubscribe(outlet, topic);
    });
  });
});

server.listen(0, '127.0.0.1', 4096, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}/ws` })}\n`);
});
