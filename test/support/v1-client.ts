/**
 * A WAMP v1 client for tests: it sends every message, good or bad, and keeps everything that it receives, in order. It uses a
 * real WebSocket or a memory link. A test waits for facts (`barrier`, `nextEvent`), never for time.
 */

import { WebSocket } from 'ws';
import type { Postmaster } from '../../src/index.ts';
import { deriveKey, signChallenge } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';

/** A CALLERROR. */
export class CallError extends Error {
  readonly uri: string;
  readonly description: string;
  /** The fifth element; undefined when the message had only four. */
  readonly details: unknown;
  /** How many elements the message had. */
  readonly arity: number;

  constructor(message: readonly unknown[]) {
    super(`${message[2]}: ${message[3]}`);
    this.uri = message[2] as string;
    this.description = message[3] as string;
    this.details = message[4];
    this.arity = message.length;
  }
}

const api = 'http://api.wamp.ws/procedure#';

interface Wire {
  send(data: string | Buffer): void;
  close(): void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One v1 peer. Make it with `connectV1` or `connectV1InMemory`. */
export class V1Client {
  /** Every message received, parsed, in order. */
  readonly received: unknown[][] = [];
  /** Every event received, as [topic, event]. */
  readonly events: [topic: string, event: unknown][] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  sessionId = '';
  wire: Wire = { send: () => {}, close: () => {} };
  #lastCall = 0;
  readonly #calls = new Map<string, Waiting>();
  readonly #eventWaiters: ((event: [string, unknown]) => void)[] = [];
  #onWelcome: () => void = () => {};
  #onClosed: (closing: { code: number; reason: string }) => void = () => {};
  readonly welcome: Promise<void>;

  constructor() {
    this.welcome = new Promise((resolve) => {
      this.#onWelcome = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  /** Takes one text message from the wire. */
  accept(text: string): void {
    const message = JSON.parse(text) as unknown[];
    this.received.push(message);
    const [code, first, second] = message;
    if (code === 0) {
      this.sessionId = first as string;
      this.#onWelcome();
    } else if (code === 8) {
      const event: [string, unknown] = [first as string, second];
      this.events.push(event);
      this.#eventWaiters.shift()?.(event);
    } else {
      const waiting = this.#calls.get(first as string);
      this.#calls.delete(first as string);
      if (code === 3) waiting?.resolve(second);
      else waiting?.reject(new CallError(message));
    }
  }

  /** The wire is gone. Calls without an answer are rejected. */
  end(code: number, reason: string): void {
    this.#onClosed({ code, reason });
    for (const { reject } of this.#calls.values()) reject(new Error(`closed: ${code} ${reason}`));
    this.#calls.clear();
  }

  /** Sends anything at all. */
  send(message: readonly unknown[] | string | Buffer): void {
    this.wire.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  call(procedure: string, ...args: unknown[]): Promise<unknown> {
    this.#lastCall += 1;
    return this.callAs(`c${this.#lastCall}`, procedure, ...args);
  }

  /** Calls under a callID of the test's choice. */
  callAs(callId: string, procedure: string, ...args: unknown[]): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => this.#calls.set(callId, { resolve, reject }));
    this.send([2, callId, procedure, ...args]);
    return answer;
  }

  prefix(prefix: string, uri: string): void {
    this.send([1, prefix, uri]);
  }

  subscribe(topic: string): void {
    this.send([5, topic]);
  }

  unsubscribe(topic: string): void {
    this.send([6, topic]);
  }

  publish(topic: string, event: unknown, ...options: unknown[]): void {
    this.send([7, topic, event, ...options]);
  }

  /** Resolves when everything sent so far has been handled, and every event that follows from it has arrived. */
  async barrier(): Promise<void> {
    await this.call('urn:test:barrier').catch((error: unknown) => {
      if (!(error instanceof CallError)) throw error;
    });
  }

  /** The next event that arrives after this call. */
  nextEvent(): Promise<[topic: string, event: unknown]> {
    return new Promise((resolve) => this.#eventWaiters.push(resolve));
  }

  authreq(authKey?: string | null, extra?: unknown): Promise<unknown> {
    return this.call(`${api}authreq`, authKey ?? null, extra ?? null);
  }

  auth(signature: string | null): Promise<unknown> {
    return this.call(`${api}auth`, signature);
  }

  /** The whole of WAMP-CRA, salted or not. Resolves to the permissions. */
  async authenticate(authKey: string, secret: string, extra?: unknown): Promise<unknown> {
    const challenge = (await this.authreq(authKey, extra)) as string;
    const { authextra } = JSON.parse(challenge) as { authextra?: { salt: string; iterations: number; keylen: number } };
    const key = authextra ? await deriveKey(secret, authextra) : secret;
    return this.auth(signChallenge(key, challenge));
  }

  /** Closes in an orderly way; resolves when the router has closed too. */
  async close(): Promise<void> {
    this.wire.close();
    await this.closed;
  }
}

/** A v1 peer over a real WebSocket, after WELCOME. */
export const connectV1 = async (
  url: string,
  options: { readonly headers?: Record<string, string>; readonly localAddress?: string } = {},
): Promise<V1Client> => {
  const client = new V1Client();
  const socket = new WebSocket(url, 'wamp', { perMessageDeflate: false, ...options });
  client.wire = { send: (data) => socket.send(data), close: () => socket.close() };
  socket.on('message', (data) => client.accept(data.toString()));
  socket.on('close', (code, reason) => client.end(code, reason.toString()));
  await Promise.race([
    client.welcome,
    new Promise<never>((_, reject) => {
      socket.on('error', reject);
    }),
  ]);
  return client;
};

/** A v1 peer in this process, after WELCOME. */
export const connectV1InMemory = async (postmaster: Postmaster): Promise<V1Client> => {
  const client = new V1Client();
  const peer = createMemoryLink(
    { received: (text) => client.accept(text as string), closed: (code, reason) => client.end(code, reason) },
    (link) => {
      const { listener, start } = postmaster.connect(link, {
        protocol: 'wamp.1',
        remoteAddress: undefined,
        headers: {},
      });
      setImmediate(start);
      return listener;
    },
  );
  client.wire = { send: (data) => peer.send(data.toString()), close: () => peer.close() };
  await client.welcome;
  return client;
};
