/** Opens wires in a browser: WebSocket alone (`ws://`, `wss://`). */

import { fromText } from '#platform/octets';
import { checkUrl, withoutSecrets } from '../../client/url.ts';
import type { CommonWireOptions, Wire } from '../../client/wire.ts';
import { bounds, createMailbox, defaultTimeout, maxLength } from '../../client/wire.ts';
import { createPayloadParts } from '../../codec/parts.ts';
import type { SerializerName } from '../../codec/serializers.ts';
import { defaultSerializer, serializerNames, serializers, subprotocolOf } from '../../codec/serializers.ts';
import { readOctets } from '../../codec/v2.ts';
import { encodeMessage } from '../../codec/write-payload.ts';
import { ConfigError, LinkError, ProtocolViolation } from '../../wamp/error.ts';

/** Options of a wire. */
export interface WireOptions extends CommonWireOptions {
  /** `ws://host:port/path` or `wss://...`. A page that was loaded by https may connect by wss alone. */
  readonly url: string;
}

/** What is used here of the WebSocket of browsers (HTML, "The WebSocket interface"). */
interface BrowserSocket {
  binaryType: string;
  readonly protocol: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: string | ArrayBuffer }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: string | Uint8Array): void;
  close(code: number): void;
}
declare const WebSocket: new (url: string, protocols: readonly string[]) => BrowserSocket;

const normalClosure = 1000;
const noChannelId = 'a browser does not say which TLS connection it has: it has no channel binding';

/** Throws a LinkError where the browser refuses at once: from a page that was loaded by https `ws`, for example. */
const createSocket = (url: string, names: readonly SerializerName[]): BrowserSocket => {
  try {
    return new WebSocket(url, names.map(subprotocolOf));
  } catch (error) {
    throw new LinkError(`cannot connect to ${withoutSecrets(url)}: ${(error as Error).message}`, { cause: error });
  }
};

/** Opens a wire. Rejects with a LinkError that says why it cannot, or a ConfigError for an invalid URL. */
export const openWire = async (options: WireOptions): Promise<Wire> => {
  const { url, serializers: names = serializerNames, connectTimeout = defaultTimeout } = options;
  checkUrl(url);
  if (!/^wss?:/.test(url))
    throw new ConfigError('a browser has WebSocket alone: the URL must begin with ws or wss and ://');
  const socket = createSocket(url, names);
  socket.binaryType = 'arraybuffer';
  const mailbox = createMailbox();
  let serializer = serializers[defaultSerializer];
  socket.onmessage = ({ data }) => {
    const octets = typeof data === 'string' ? fromText(data) : new Uint8Array(data);
    const isLong = octets.length > maxLength;
    mailbox.received(
      isLong ? new ProtocolViolation('a message is too large') : readOctets(serializer, octets, bounds, 'router'),
    );
  };
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new LinkError(`cannot connect to ${withoutSecrets(url)}: ${reason}`));
    const timer = setTimeout(() => {
      fail('the handshake timed out');
      socket.close(normalClosure);
    }, connectTimeout);
    socket.onopen = () => {
      clearTimeout(timer);
      serializer = serializers[names.find((name) => subprotocolOf(name) === socket.protocol) ?? defaultSerializer];
      resolve({
        send: (message) => socket.send(encodeMessage(message, serializer)),
        close: () => socket.close(normalClosure),
        payloadParts: createPayloadParts(serializer),
        channelId: () => noChannelId,
        listen: mailbox.listen,
      });
    };
    // Why a connection could not be opened no browser tells a page.
    socket.onclose = ({ code, reason }) => {
      clearTimeout(timer);
      fail(reason || `closed with ${code}`);
      mailbox.closed(reason || `closed with ${code}`);
    };
  });
};
