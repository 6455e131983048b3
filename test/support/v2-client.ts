/**
 * A bare WAMP v2 peer for tests: it sends any list at all, good or bad, in any serializer, and keeps everything that it
 * receives, in order. A test waits for facts (`take`, `ask`, `barrier`), never for time.
 */

import { WebSocket } from 'ws';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializers } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';

/** A message as it stands on the wire. */
export type List = readonly unknown[];

const everyFeature = {
  call_canceling: true,
  progressive_call_results: true,
  progressive_call_invocations: true,
  call_timeout: true,
  registration_revocation: true,
  subscription_revocation: true,
  payload_passthru_mode: true,
  shared_registration: true,
  call_reroute: true,
};

/** HELLO.Details.roles of a peer that can do everything. */
export const allRoles = {
  publisher: { features: everyFeature },
  subscriber: { features: everyFeature },
  caller: { features: everyFeature },
  callee: { features: everyFeature },
};

/** HELLO.Details.roles of a peer that can do nothing special. */
export const basicRoles = { publisher: {}, subscriber: {}, caller: {}, callee: {} };

interface Waiting {
  readonly matches: (message: List) => boolean;
  readonly resolve: (message: List) => void;
  readonly reject: (error: Error) => void;
}

/** One v2 peer. Make it with `connectV2` or `connectV2InMemory`. */
export class V2Peer {
  /** Every message received, in order. */
  readonly received: List[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  session = 0;
  /** Whether it takes leave when the router shuts down, as every client must (Basic Profile, "Session Closing"). */
  answersShutdown = true;
  /** WELCOME.Details. */
  welcome: Readonly<Record<string, unknown>> = {};
  wire: { send(data: string | Uint8Array): void; close(): void } = { send: () => {}, close: () => {} };
  readonly #serializer;
  #lastRequest = 0;
  #isClosed = false;
  readonly #inbox: List[] = [];
  readonly #waiting: Waiting[] = [];
  #onClosed: (closing: { code: number; reason: string }) => void = () => {};

  constructor(serializer: SerializerName) {
    this.#serializer = serializers[serializer];
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  /** Takes one message from the wire. */
  accept(data: string | Uint8Array): void {
    const message = this.#serializer.decode(Buffer.from(data as Uint8Array), 1000) as List;
    this.received.push(message);
    if (message[0] === 6 && message[2] === 'wamp.close.system_shutdown' && this.answersShutdown) {
      setImmediate(() => this.#isClosed || this.send(6, {}, 'wamp.close.goodbye_and_out'));
    }
    const at = this.#waiting.findIndex(({ matches }) => matches(message));
    if (at < 0) this.#inbox.push(message);
    else this.#waiting.splice(at, 1)[0]?.resolve(message);
  }

  /** The wire is gone. */
  end(code: number, reason: string): void {
    this.#isClosed = true;
    this.#onClosed({ code, reason });
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`closed: ${code} ${reason}`));
  }

  /** Sends a message. */
  send(...message: List): void {
    this.wire.send(this.#serializer.encode(message));
  }

  /** A new request id. */
  next(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  /** The first message that matches, of those that were not taken yet or are still to come. */
  take(matches: number | ((message: List) => boolean)): Promise<List> {
    const isIt = typeof matches === 'number' ? ([code]: List) => code === matches : matches;
    const at = this.#inbox.findIndex(isIt);
    const [found] = at < 0 ? [] : this.#inbox.splice(at, 1);
    if (found) return Promise.resolve(found);
    if (this.#isClosed) return Promise.reject(new Error('the wire is closed'));
    const message = new Promise<List>((resolve, reject) => this.#waiting.push({ matches: isIt, resolve, reject }));
    // A test may be over before it comes.
    message.catch(() => {});
    return message;
  }

  /** Messages that have come and were not taken, of one kind. */
  untaken(code: number): readonly List[] {
    return this.#inbox.filter(([type]) => type === code);
  }

  /** Opens a session; resolves to WELCOME or ABORT. */
  async hello(realm = 'realm1', details: Readonly<Record<string, unknown>> = {}): Promise<List> {
    this.#lastRequest = 0;
    this.send(1, realm, { roles: allRoles, ...details });
    const answer = await this.take(([code]) => code === 2 || code === 3 || code === 4);
    if (answer[0] === 2) {
      this.session = answer[1] as number;
      this.welcome = answer[2] as Record<string, unknown>;
    }
    return answer;
  }

  /** Sends a request, `[code, id, ...rest]`; resolves to its answer, progressive results left out. */
  ask(code: number, ...rest: List): Promise<List> {
    const id = this.next();
    this.send(code, id, ...rest);
    return this.answerTo(code, id);
  }

  /** The final answer to a request. */
  answerTo(code: number, id: number): Promise<List> {
    return this.take(([type, first, second]) => {
      if (type === 8) return first === code && second === id;
      if (type === 50) return code === 48 && first === id && (second as { progress?: boolean }).progress !== true;
      return type === code + 1 && first === id;
    });
  }

  async subscribe(topic: string, options = {}): Promise<number> {
    return (await this.ask(32, options, topic))[2] as number;
  }

  async register(procedure: string, options = {}): Promise<number> {
    return (await this.ask(64, options, procedure))[2] as number;
  }

  /** Publishes and waits for the acknowledgement. */
  publish(topic: string, args: List = [], options = {}, kwargs?: object): Promise<List> {
    return this.ask(16, { acknowledge: true, ...options }, topic, args, ...(kwargs ? [kwargs] : []));
  }

  call(procedure: string, args: List = [], options = {}, kwargs?: object): Promise<List> {
    return this.ask(48, options, procedure, args, ...(kwargs ? [kwargs] : []));
  }

  /** Resolves when everything sent so far has been handled, and what follows from it at once has arrived. */
  async barrier(): Promise<void> {
    await this.call('test.barrier.nobody');
  }

  /** Closes the wire; resolves when the router has closed too. */
  async close(): Promise<void> {
    this.wire.close();
    await this.closed;
  }
}

/** A v2 peer over a real WebSocket, before HELLO. */
export const connectV2 = async (
  url: string,
  serializer: SerializerName = 'json',
  options: {
    readonly headers?: Record<string, string>;
    /** The address that it comes from; Linux has all of 127.0.0.0/8. */
    readonly localAddress?: string;
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly perMessageDeflate?: boolean;
  } = {},
): Promise<V2Peer> => {
  const peer = new V2Peer(serializer);
  const socket = new WebSocket(url, `wamp.2.${serializer}`, { perMessageDeflate: false, ...options });
  peer.wire = { send: (data) => socket.send(data), close: () => socket.close() };
  socket.on('message', (data, isBinary) => peer.accept(isBinary ? (data as Buffer) : data.toString()));
  socket.on('close', (code, reason) => peer.end(code, reason.toString()));
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return peer;
};

/** A v2 peer in this process, before HELLO. */
export const connectV2InMemory = (postmaster: Postmaster, serializer: SerializerName = 'json'): V2Peer => {
  const peer = new V2Peer(serializer);
  const isBinary = serializer !== 'json';
  const end = createMemoryLink(
    { received: (data) => peer.accept(data), closed: (code, reason) => peer.end(code, reason) },
    (link) => {
      const handshake = { protocol: `wamp.2.${serializer}`, remoteAddress: undefined, headers: {} };
      const { listener, start } = postmaster.connect(link, handshake);
      setImmediate(start);
      return listener;
    },
    { isBinary },
  );
  // The chart starts in a turn of its own.
  let queue: (() => void)[] | undefined = [];
  setImmediate(() => {
    for (const task of queue ?? []) task();
    queue = undefined;
  });
  const later = (task: () => void): void => {
    if (queue) queue.push(task);
    else task();
  };
  peer.wire = { send: (data) => later(() => end.send(data)), close: () => later(() => end.close()) };
  return peer;
};

/** A v2 peer in this process with a session. */
export const joinV2 = async (
  postmaster: Postmaster,
  details: Readonly<Record<string, unknown>> = {},
  serializer: SerializerName = 'json',
  realm = 'realm1',
): Promise<V2Peer> => {
  const peer = connectV2InMemory(postmaster, serializer);
  const answer = await peer.hello(realm, details);
  if (answer[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(answer)}`);
  return peer;
};
