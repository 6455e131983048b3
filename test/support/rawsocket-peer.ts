/** WAMP v2 peers over RawSocket, on any socket: a TCP port, TLS, a Unix socket. A test that opens one has to close it. */

import type { Socket } from 'node:net';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { frameType } from '../../src/transport/rawsocket/frame.ts';
import { rawFrame, request } from './rawsocket-client.ts';
import { V2Peer } from './v2-client.ts';

const numbers: Readonly<Record<SerializerName, number>> = { json: 1, msgpack: 2, cbor: 3 };

/** What a peer says in its handshake. */
export interface RawSocketSettings {
  readonly serializer?: SerializerName;
  /** The LENGTH of the handshake: 0 is 512 octets, 15 is 16 MiB. */
  readonly length?: number;
}

/** A peer on a socket, once `ready` has happened there and the handshake is done. It answers pings; a message that is too long ends it. */
export const openRawSocketPeer = async (
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  { serializer = 'json', length = 15 }: RawSocketSettings = {},
): Promise<V2Peer> => {
  const peer = new V2Peer(serializer);
  let received = Buffer.alloc(0);
  const read = (): void => {
    const end = received.length < 4 ? Number.POSITIVE_INFINITY : 4 + received.readUIntBE(1, 3);
    if (received.length >= 4 && end - 4 > 512 << length) {
      peer.end(0, `a message of ${end - 4} octets`);
      socket.destroy();
      return;
    }
    if (received.length < end) return;
    const payload = Buffer.from(received.subarray(4, end));
    if (received[0] === frameType.message) peer.accept(payload);
    else if (received[0] === frameType.ping) socket.write(rawFrame(frameType.pong, payload));
    received = received.subarray(end);
    read();
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the socket is closed')));
    socket.once(ready, () => socket.write(request(numbers[serializer], length)));
    socket.once('data', () => resolve());
  });
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    read();
  });
  socket.on('close', () => peer.end(0, ''));
  peer.wire = { send: (data) => socket.write(rawFrame(0, data)), close: () => socket.end() };
  return peer;
};
