/**
 * A WAMP v2 peer for tests that sends payloads as octets and keeps what it receives as octets: no serializer rounds, reorders or
 * refuses anything on the way.
 */

import { EventEmitter } from 'node:events';

import { WebSocket } from 'ws';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { readOctets } from '../../src/codec/v2.ts';
import type { Postmaster } from '../../src/index.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import type { Message, MessageType } from '../../src/wamp/message.ts';
import { messageTable } from '../../src/wamp/message.ts';
import { allRoles } from './v2-client.ts';

const bounds = { maxDepth: 1000, maxElements: Number.POSITIVE_INFINITY };
/** The head of a list of one element, and what stands behind it. */
const listHeads = { json: '[', msgpack: '\x91', cbor: '\x81' } as const;

/** The octets of args that are one value. */
export const argsOf = (value: Uint8Array, name: SerializerName): Buffer =>
  Buffer.concat([Buffer.from(listHeads[name], 'latin1'), value, Buffer.from(name === 'json' ? ']' : '')]);

/** A message as it came, and read but for its payload. */
export interface Received {
  readonly data: Buffer;
  readonly message: Message;
}

interface Waiting {
  readonly matches: (received: Received) => boolean;
  readonly resolve: (received: Received) => void;
  readonly reject: (error: Error) => void;
}

/** What carries the messages of a peer: a WebSocket, or what does as one. */
export interface Socket {
  send(data: string | Uint8Array, options: { readonly binary: boolean }): void;
  on(event: 'message', listener: (data: Buffer) => void): unknown;
  on(event: 'close', listener: (code: number, reason: unknown) => void): unknown;
}

/** A peer that keeps octets. */
export class OctetsPeer {
  readonly name: SerializerName;
  readonly #socket: Socket;
  readonly #inbox: Received[] = [];
  readonly #waiting: Waiting[] = [];
  #lastRequest = 0;

  constructor(name: SerializerName, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    socket.on('message', (data) => this.#accept(data));
    socket.on('close', (_code, reason) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`closed: ${reason}`));
    });
  }

  /** Sends a message: a list, and behind it the octets of args and kwargs, if any. */
  send(list: readonly unknown[], payload?: Uint8Array, count: 1 | 2 = 1): void {
    const serializer = serializers[this.name];
    if (!payload) return this.#write(serializer.encode(list));
    const head = Buffer.from(serializer.encodeHead(list, count) as Uint8Array);
    this.#write(Buffer.concat([head, payload, Buffer.from(serializer.tail)]));
  }

  /** Sends a message as it is. */
  sendRaw(data: Uint8Array): void {
    this.#write(data);
  }

  /** A new request id. */
  next(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  /** Sends a request. Returns its id. */
  request(type: MessageType, rest: readonly unknown[], payload?: Uint8Array): number {
    const id = this.next();
    this.send([messageTable[type].code, id, ...rest], payload);
    return id;
  }

  /** The first message of a type that was not taken yet, or is still to come. */
  take(...types: readonly MessageType[]): Promise<Received> {
    const matches = ({ message }: Received): boolean => types.includes(message.type);
    const at = this.#inbox.findIndex(matches);
    const [found] = at < 0 ? [] : this.#inbox.splice(at, 1);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => this.#waiting.push({ matches, resolve, reject }));
  }

  /** Whether a message of a type has come that was not taken. */
  has(type: MessageType): boolean {
    return this.#inbox.some(({ message }) => message.type === type);
  }

  /** Sends a request and resolves to its answer. */
  ask(type: MessageType, rest: readonly unknown[], payload?: Uint8Array): Promise<Received> {
    this.request(type, rest, payload);
    return this.take('PUBLISHED', 'SUBSCRIBED', 'REGISTERED', 'RESULT', 'ERROR');
  }

  #write(data: string | Uint8Array): void {
    this.#socket.send(data, { binary: this.name !== 'json' });
  }

  #accept(data: Buffer): void {
    const message = readOctets(serializers[this.name], data, bounds, 'router') as Message;
    const received = { data, message };
    const at = this.#waiting.findIndex(({ matches }) => matches(received));
    if (at < 0) this.#inbox.push(received);
    else this.#waiting.splice(at, 1)[0]?.resolve(received);
  }
}

const hello = async (peer: OctetsPeer, roles: object = allRoles): Promise<OctetsPeer> => {
  peer.send([messageTable.HELLO.code, 'realm1', { roles }]);
  await peer.take('WELCOME');
  return peer;
};

/** Connects a peer and opens its session. */
export const joinWithOctets = async (url: string, name: SerializerName): Promise<OctetsPeer> => {
  const socket = new WebSocket(url, `wamp.2.${name}`, { perMessageDeflate: false });
  const peer = new OctetsPeer(name, socket);
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return hello(peer);
};

/**
 * Opens the session of a peer in this process whose link has the same memory for every message, and overwrites it as soon as
 * the router has been handed one.
 */
export const joinByReusedMemory = (
  postmaster: Postmaster,
  name: SerializerName,
  roles?: object,
): Promise<OctetsPeer> => {
  const wire = new EventEmitter();
  const handshake = { protocol: `wamp.2.${name}`, remoteAddress: undefined, headers: {} };
  const end = (code: number, reason: string): void => {
    wire.emit('close', code, reason);
    setImmediate(() => listener.closed());
  };
  const { listener, start } = postmaster.connect(
    {
      framing: payloadFraming,
      write: (frames) => {
        for (const frame of frames) wire.emit('message', Buffer.from(frame));
        return true;
      },
      close: end,
      terminate: () => end(1006, ''),
      pause: () => {},
      resume: () => {},
    },
    handshake,
  );
  const memory = Buffer.alloc(65_536);
  const send: Socket['send'] = (data, { binary }) => {
    const octets = Buffer.from(data as Uint8Array);
    const given = memory.subarray(0, octets.length);
    given.set(octets);
    listener.received(given, binary);
    given.fill(0xc1);
  };
  start();
  return hello(new OctetsPeer(name, Object.assign(wire, { send })), roles);
};
