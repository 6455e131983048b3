/**
 * The client's end of a wire: WebSocket (`ws://`, `wss://`), RawSocket (`rs://`, `rss://`) or a Unix socket (`unix://`), and
 * messages in one of the serializers. It moves messages and knows nothing of sessions.
 */

import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { ChannelBinding } from '../auth/channel-id.ts';
import { channelIdOf } from '../auth/channel-id.ts';
import type { Serializer } from '../codec/serializer.ts';
import type { SerializerName } from '../codec/serializers.ts';
import { serializerNames, serializers, subprotocolOf } from '../codec/serializers.ts';
import { readOctets, writeMessage } from '../codec/v2.ts';
import {
  createFrameReader,
  decodeHandshake,
  encodeFrame,
  encodeHandshake,
  frameType,
  handshakeLength,
  usesReservedBits,
} from '../transport/rawsocket/frame.ts';
import { faultOf } from '../transport/websocket/frame.ts';
import { LinkError, ProtocolViolation } from '../wamp/error.ts';
import type { Message } from '../wamp/message.ts';
import { checkUrl, withoutSecrets } from './url.ts';

/** How to open a wire. */
export interface WireOptions {
  /** `ws://host:port/path`, `wss://...`, `rs://host:port`, `rss://host:port` or `unix:///path`. */
  readonly url: string;
  /** Serializers that may be used, best first. RawSocket offers the first only. Default: json, msgpack, cbor. */
  readonly serializers?: readonly SerializerName[];
  /** For `wss` and `rss`: trusted authorities, a certificate of one's own, as `node:tls` takes them. */
  readonly tls?: ConnectionOptions;
  /** For WebSocket: headers of the upgrade request, a cookie for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** ms for the wire to open. Default: 10,000. */
  readonly connectTimeout?: number;
}

/** Who is told what a wire does. */
export interface WireListener {
  /** A message of the router; a ProtocolViolation for what is none. */
  received(message: Message | ProtocolViolation): void;
  /** The wire is gone; nothing follows. */
  closed(reason: string): void;
}

/** An open wire. */
export interface Wire {
  /** Sends a message. Throws on a payload that the serializer cannot hold. */
  send(message: Message): void;
  close(): void;
  /** 32 octets that both ends of the TLS connection share and nobody else has, or a sentence that says why there are none. */
  channelId(type: ChannelBinding): Buffer | string;
  /** Begins to tell `listener`; what has arrived meanwhile comes first. */
  listen(listener: WireListener): void;
}

const defaultTimeout = 10_000;
/** Of a message of the router, whom the client trusts with its time. */
const bounds = { maxDepth: 64, maxElements: Number.POSITIVE_INFINITY };
const maxLength = 16 * 1024 * 1024;

const channelIdsOf =
  (socket: unknown): Wire['channelId'] =>
  (type) =>
    socket instanceof TLSSocket ? channelIdOf(socket, type, 'client') : 'channel binding needs TLS';

/** Keeps what happens before somebody listens. */
const createMailbox = (): WireListener & { listen(listener: WireListener): void } => {
  let target: WireListener | undefined;
  const waiting: ((listener: WireListener) => void)[] = [];
  const tell = (what: (listener: WireListener) => void): void => {
    if (target) what(target);
    else waiting.push(what);
  };
  return {
    received: (message) => tell((listener) => listener.received(message)),
    closed: (reason) => tell((listener) => listener.closed(reason)),
    listen: (listener) => {
      target = listener;
      for (const what of waiting.splice(0)) what(listener);
    },
  };
};

/** A WebSocket that tells what it cannot read before `ws` says so with a close frame, so that ABORT can still be sent. */
class ClientSocket extends WebSocket {
  onFault: (reason: string) => void = () => {};
  /** The close code for what the router sent and `ws` could not read. */
  #fault: number | undefined;

  /** Called with a code alone by `ws`, because of what it cannot read; the listener closes it in turn, with a reason. */
  override close(code?: number, data?: string | Buffer): void {
    if (code !== undefined && data === undefined && this.readyState === WebSocket.OPEN) {
      this.#fault = code;
      this.onFault(faultOf(code));
    }
    super.close(this.#fault ?? code, data);
  }
}

const openWebSocket = (options: WireOptions): Promise<Wire> =>
  new Promise((resolve, reject) => {
    const { url, headers, tls, serializers: names = serializerNames, connectTimeout = defaultTimeout } = options;
    const protocols = names.map(subprotocolOf);
    const settings = {
      ...tls,
      headers,
      handshakeTimeout: connectTimeout,
      perMessageDeflate: false,
      maxPayload: maxLength,
    };
    const socket = new ClientSocket(url, protocols, settings);
    const mailbox = createMailbox();
    let channelId = channelIdsOf(undefined);
    let serializer = serializers.json;
    socket.onFault = (reason) => mailbox.received(new ProtocolViolation(reason));
    socket.on('upgrade', (response) => {
      channelId = channelIdsOf(response.socket);
    });
    socket.on('open', () => {
      serializer = serializers[names.find((name) => subprotocolOf(name) === socket.protocol) ?? 'json'];
      resolve({
        send: (message) => socket.send(serializer.encode(writeMessage(message))),
        close: () => socket.close(1000, ''),
        channelId,
        listen: mailbox.listen,
      });
    });
    socket.on('message', (data) => mailbox.received(readOctets(serializer, data as Buffer, bounds, 'router')));
    socket.on('close', (code, reason) => mailbox.closed(reason.toString() || `closed with ${code}`));
    socket.on('error', (error) =>
      reject(new LinkError(`cannot connect to ${withoutSecrets(url)}: ${error.message}`, { cause: error })),
    );
  });

const refusals: Readonly<Record<number, string>> = {
  1: 'the serializer is not supported',
  2: 'the message length is not acceptable',
  3: 'reserved bits were used',
  4: 'the router takes no more connections',
};

const connectSocket = ({ url, tls }: WireOptions, onConnect: () => void): Socket => {
  if (url.startsWith('unix://')) return connectTcp(url.slice('unix://'.length), onConnect);
  const { protocol, hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true };
  // RFC 6066, 3: an address is no server name. Node compares the certificate with the host then.
  return protocol === 'rss:'
    ? connectTls({ ...(isIP(address.host) === 0 && { servername: address.host }), ...tls, ...address }, onConnect)
    : connectTcp(address, onConnect);
};

/** Reads the router's handshake, then hands everything that follows to `then`. */
const shakeHands = (
  socket: Socket,
  serializer: Serializer,
  then: (limit: number, rest: Buffer) => (chunk: Buffer) => void,
  fail: (reason: string) => void,
): void => {
  let octets = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    octets = Buffer.concat([octets, chunk]);
    if (octets.length < handshakeLength) return;
    socket.off('data', onData);
    const answer = decodeHandshake(octets.subarray(0, handshakeLength));
    if (!answer || usesReservedBits(octets)) return fail('the answer is no RawSocket handshake');
    if (answer.serializer !== serializer.rawSocketNumber) {
      return fail(refusals[(octets[1] ?? 0) >> 4] ?? 'the router refused');
    }
    socket.on('data', then(answer.maxLength, octets.subarray(handshakeLength)));
  };
  socket.on('data', onData);
  socket.write(encodeHandshake({ serializer: serializer.rawSocketNumber, maxLength }));
};

const openRawSocket = (options: WireOptions): Promise<Wire> =>
  new Promise((resolve, reject) => {
    const { url, serializers: [name = 'json'] = serializerNames, connectTimeout = defaultTimeout } = options;
    const serializer = serializers[name];
    const mailbox = createMailbox();
    const refuse = (reason: string, cause?: Error): void =>
      reject(new LinkError(`cannot connect to ${withoutSecrets(url)}: ${reason}`, cause && { cause }));
    const fail = (reason: string): void => {
      socket.destroy();
      refuse(reason);
    };
    const createWire = (limit: number): Wire => ({
      send: (message) => {
        const payload = Buffer.from(serializer.encode(writeMessage(message)) as Uint8Array);
        if (payload.length > limit) throw new LinkError(`the message is larger than ${limit} octets`);
        socket.write(encodeFrame(frameType.message, payload));
      },
      close: () => socket.end(),
      channelId: channelIdsOf(socket),
      listen: mailbox.listen,
    });
    const start = (limit: number, rest: Buffer): ((chunk: Buffer) => void) => {
      const reader = createFrameReader({
        maxLength,
        onFrame: (type, payload) => {
          // A longer one than the router takes could only be broken off.
          if (type === frameType.ping) payload.length <= limit && socket.write(encodeFrame(frameType.pong, payload));
          else if (type === frameType.message) mailbox.received(readOctets(serializer, payload, bounds, 'router'));
        },
        onError: (reason) => mailbox.received(new ProtocolViolation(reason)),
      });
      socket.setTimeout(0);
      resolve(createWire(limit));
      if (rest.length > 0) reader.push(rest);
      return (chunk) => reader.push(chunk);
    };
    const socket = connectSocket(options, () => shakeHands(socket, serializer, start, fail));
    socket.setTimeout(connectTimeout, () => fail('it took too long'));
    socket.on('error', (error) => {
      refuse(error.message, error);
      mailbox.closed(error.message);
    });
    socket.on('close', () => {
      refuse('the connection was closed');
      mailbox.closed('the connection was closed');
    });
  });

/** Opens a wire. Rejects with a LinkError that says why it cannot, or a ConfigError for a URL that is none. */
export const openWire = async (options: WireOptions): Promise<Wire> => {
  checkUrl(options.url);
  return /^wss?:/.test(options.url) ? openWebSocket(options) : openRawSocket(options);
};
