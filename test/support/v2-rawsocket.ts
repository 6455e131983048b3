/** WAMP v2 peers over RawSocket that are closed at the end of the test. */

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { openRawSocketPeer, type RawSocketSettings } from './rawsocket-peer.ts';
import type { V2Peer } from './v2-client.ts';

/** A peer on a socket, as `openRawSocketPeer` makes it. */
export const speakRawSocket = (
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  settings?: RawSocketSettings,
): Promise<V2Peer> => {
  onTestFinished(() => {
    socket.destroy();
  });
  return openRawSocketPeer(socket, ready, settings);
};

/** A peer on a TCP port of this machine, before HELLO. */
export const connectV2RawSocket = (port: number, settings?: RawSocketSettings): Promise<V2Peer> =>
  speakRawSocket(connect(port, '127.0.0.1'), 'connect', settings);
