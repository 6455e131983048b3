/**
 * The floor: what a WAMP router costs on `ws` when it does nothing but route. No checks, no permissions, no limits, no
 * errors; a correct router has to do more, and the benchmark says how much more that costs.
 *
 * An event is encoded and framed once, a socket is written to once per turn of the event loop, and what several sockets are
 * to be sent alike is put together once.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { serverFrame } from './frame.ts';
import { type Wire, wires } from './wire.ts';

interface Outlet {
  readonly socket: Duplex;
  readonly wire: Wire;
  readonly topics: Set<string>;
  frames: Buffer[];
}

/** Nothing is checked: whoever sends something else gets what they deserve. */
interface Options {
  readonly acknowledge?: boolean;
}
type Message = readonly [code: number, request: never, options: never, uri: never, args: never];
type Handler = (outlet: Outlet, message: Message) => void;

const subscribers = new Map<string, Set<Outlet>>();
const callees = new Map<string, Outlet[]>();
const invocations = new Map<number, readonly [Outlet, unknown]>();
let waiting: Outlet[] = [];
let lastId = 0;

const flush = (): void => {
  const outlets = waiting;
  waiting = [];
  let [last, joined]: [readonly Buffer[], Buffer | undefined] = [[], undefined];
  for (const { socket, frames } of outlets) {
    if (frames.length !== last.length || frames.some((frame, at) => frame !== last[at])) joined = undefined;
    joined ??= frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
    last = frames;
    socket.write(joined);
  }
  for (const outlet of outlets) outlet.frames = [];
};

const enqueue = (outlet: Outlet, frame: Buffer): void => {
  if (outlet.frames.push(frame) === 1 && waiting.push(outlet) === 1) setImmediate(flush);
};

const say = (outlet: Outlet, message: unknown): void =>
  enqueue(outlet, serverFrame(outlet.wire.opcode, outlet.wire.encode(message)));

const subscribe = (outlet: Outlet, topic: string): void => {
  const outlets = subscribers.get(topic);
  if (outlets) outlets.add(outlet);
  else subscribers.set(topic, new Set([outlet]));
  outlet.topics.add(topic);
};

const unsubscribe = (outlet: Outlet, topic: string): void => {
  const outlets = subscribers.get(topic);
  if (outlets?.delete(outlet) && outlets.size === 0) subscribers.delete(topic);
};

const publish = (topic: string, event: unknown): void => {
  let frame: Buffer | undefined;
  for (const outlet of subscribers.get(topic) ?? []) {
    frame ??= serverFrame(outlet.wire.opcode, outlet.wire.encode(event));
    enqueue(outlet, frame);
  }
};

const invoke = (caller: Outlet, request: unknown, procedure: string, args: unknown): void => {
  const candidates = callees.get(procedure) ?? [];
  const id = ++lastId;
  const callee = candidates[id % candidates.length];
  if (!callee) return;
  invocations.set(id, [caller, request]);
  say(callee, [68, id, 1, {}, args]);
};

const result = (id: number, args: unknown): void => {
  const [caller, request] = invocations.get(id) ?? [];
  invocations.delete(id);
  if (caller) say(caller, [50, request, {}, args]);
};

const handlersV2: Record<number, Handler> = {
  1: (outlet) => say(outlet, [2, ++lastId, { roles: { broker: {}, dealer: {} } }]),
  6: (outlet) => say(outlet, [6, {}, 'wamp.close.goodbye_and_out']),
  16: (outlet, [, request, options, topic, args]) => {
    if (subscribers.has(topic)) publish(topic, [36, 1, ++lastId, {}, args]);
    if ((options as Options).acknowledge) say(outlet, [17, request, ++lastId]);
  },
  32: (outlet, [, request, , topic]) => {
    subscribe(outlet, topic);
    say(outlet, [33, request, 1]);
  },
  48: (outlet, [, request, , procedure, args]) => invoke(outlet, request, procedure, args),
  64: (outlet, [, request, , procedure]) => {
    callees.set(procedure, [...(callees.get(procedure) ?? []), outlet]);
    say(outlet, [65, request, 1]);
  },
  70: (_, [, invocation, , args]) => result(invocation, args),
};

const handlersV1: Record<number, Handler> = {
  2: (outlet, [, id, , a, b]) => say(outlet, [3, id, a + b]),
  5: (outlet, [, topic]) => subscribe(outlet, topic),
  7: (_, [, topic, event]) => publish(topic, [8, topic, event]),
};

const webSockets = new WebSocketServer({ noServer: true, clientTracking: false });
const server = createServer().on('upgrade', (request, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const wire = wires.find(({ subprotocol }) => subprotocol === webSocket.protocol) as Wire;
    const handlers = wire.name === 'v1' ? handlersV1 : handlersV2;
    const outlet: Outlet = { socket, wire, topics: new Set(), frames: [] };
    if (wire.name === 'v1') say(outlet, [0, crypto.randomUUID(), 1, 'floor']);
    webSocket.on('message', (data) => {
      const message = wire.decode(data as Buffer) as Message;
      handlers[message[0]]?.(outlet, message);
    });
    webSocket.on('close', () => {
      for (const topic of outlet.topics) unsubscribe(outlet, topic);
    });
  });
});

server.listen(0, '127.0.0.1', 4096, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}/ws` })}\n`);
});
