/** Opens wires in Node: WebSocket (`ws://`, `wss://`), RawSocket (`rs://`, `rss://`) or a Unix socket (`unix://`). */

// What is exported has types of Node: a program has them with it, whatever `types` its tsconfig names.
/// <reference types="node" preserve="true" />

import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { channelIdOf } from '../../auth/channel-id.ts';
import { checkUrl, withoutSecrets } from '../../client/url.ts';
import type { CommonWireOptions, Wire } from '../../client/wire.ts';
import { bounds, createMailbox, defaultTimeout, maxLength } from '../../client/wire.ts';
import { createPayloadParts } from '../../codec/parts.ts';
import type { Serializer } from '../../codec/serializer.ts';
import { defaultSerializer, serializerNames, serializers, subprotocolOf } from '../../codec/serializers.ts';
import { readOctets } from '../../codec/v2.ts';
import { encodeMessage } from '../../codec/write-payload.ts';
import {
  createFrameReader,
  decodeHandshake,
  encodeFrame,
  encodeHandshake,
  frameType,
  handshakeLength,
  usesReservedBits,
} from '../../transport/rawsocket/frame.ts';
import { faultOf } from '../../transport/websocket/frame.ts';
import { LinkError, ProtocolViolation } from '../../wamp/error.ts';

/** Options of a wire. */
export interface WireOptions extends CommonWireOptions {
  /** `ws://host:port/path`, `wss://...`, `rs://host:port`, `rss://host:port` or `unix:///path`. */
  readonly url: string;
  /** For `wss` and `rss`: trusted authorities, or a certificate of the client, as `node:tls` takes them. */
  readonly tls?: ConnectionOptions;
  /** For WebSocket: headers of the upgrade request, a cookie for example. */
  readonly headers?: Readonly<Record<string, string>>;
}

const channelIdsOf =
  (socket: unknown): Wire['channelId'] =>
  (type) =>
    socket instanceof TLSSocket ? channelIdOf(socket, type, 'client') : 'channel binding needs TLS';

/** A WebSocket that reports what it cannot read before `ws` sends a close frame, so that ABORT can still be sent. */
class ClientSocket extends WebSocket {
  onFault: (reason: string) => void = () => {};
  /** The close code for what the router sent and `ws` could not read. */
  #fault: number | undefined;

  /** `ws` calls it with only a code when it cannot read something. The listener then closes the WebSocket with a reason. */
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
    let serializer = serializers[defaultSerializer];
    socket.onFault = (reason) => mailbox.received(new ProtocolViolation(reason));
    socket.on('upgrade', (response) => {
      channelId = channelIdsOf(response.socket);
    });
    socket.on('open', () => {
      serializer = serializers[names.find((name) => subprotocolOf(name) === socket.protocol) ?? defaultSerializer];
      resolve({
        send: (message) => socket.send(encodeMessage(message, serializer)),
        close: () => socket.close(1000, ''),
        payloadParts: createPayloadParts(serializer),
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
  4: 'the router accepts no more connections',
};

const connectSocket = ({ url, tls }: WireOptions, onConnect: () => void): Socket => {
  if (url.startsWith('unix://')) return connectTcp(url.slice('unix://'.length), onConnect);
  const { protocol, hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), noDelay: true };
  // RFC 6066, 3: an IP address is no server name. Without one Node compares the certificate with the host.
  return protocol === 'rss:'
    ? connectTls({ ...(isIP(address.host) === 0 && { servername: address.host }), ...tls, ...address }, onConnect)
    : connectTcp(address, onConnect);
};

/**
 * Exchanges handshakes. Then calls `then` with the largest message that the router accepts and what came after its handshake;
 * the function that `then` returns is given all that follows. Calls `fail` with the reason when the router refuses.
 */
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
    if (!answer || usesReservedBits(octets)) return fail('the answer is not a RawSocket handshake');
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
    const { url, serializers: [name = defaultSerializer] = serializerNames, connectTimeout = defaultTimeout } = options;
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
        const payload = Buffer.from(encodeMessage(message, serializer) as Uint8Array);
        if (payload.length > limit) throw new LinkError(`the message is larger than ${limit} octets`);
        socket.write(encodeFrame(frameType.message, payload));
      },
      close: () => socket.end(),
      payloadParts: createPayloadParts(serializer),
      channelId: channelIdsOf(socket),
      listen: mailbox.listen,
    });
    const start = (limit: number, rest: Buffer): ((chunk: Buffer) => void) => {
      const reader = createFrameReader({
        maxLength,
        onFrame: (type, payload) => {
          // The router could not accept a PONG that is longer than its limit.
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
    socket.setTimeout(connectTimeout, () => fail('the handshake timed out'));
    socket.on('error', (error) => {
      refuse(error.message, error);
      mailbox.closed(error.message);
    });
    socket.on('close', () => {
      refuse('the connection was closed');
      mailbox.closed('the connection was closed');
    });
  });

/** Opens a wire. Rejects with a LinkError that says why it cannot, or a ConfigError for an invalid URL. */
export const openWire = async (options: WireOptions): Promise<Wire> => {
  checkUrl(options.url);
  return /^wss?:/.test(options.url) ? openWebSocket(options) : openRawSocket(options);
};
