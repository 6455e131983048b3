/** WAMP v2 peers over TLS, over WebSocket and over RawSocket, with access to the socket beneath. */

import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { certificate } from '../transport/certificate.ts';
import { V2Peer } from './v2-client.ts';
import { speakRawSocket } from './v2-rawsocket.ts';

/** A peer and its end of the TLS connection. */
export interface TlsPeer {
  readonly peer: V2Peer;
  readonly socket: TLSSocket;
}

/** Over WebSocket. */
export const connectWss = async (port: number, options: ConnectionOptions = {}): Promise<TlsPeer> => {
  const peer = new V2Peer('json');
  const settings = { ca: certificate, perMessageDeflate: false, ...options };
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/ws`, 'wamp.2.json', settings);
  onTestFinished(() => webSocket.terminate());
  peer.wire = { send: (data) => webSocket.send(data), close: () => webSocket.close() };
  webSocket.on('message', (data) => peer.accept(data.toString()));
  webSocket.on('close', (code, reason) => peer.end(code, reason.toString()));
  const upgraded = new Promise<TLSSocket>((resolve, reject) => {
    webSocket.on('upgrade', (response) => resolve(response.socket as TLSSocket));
    webSocket.on('error', reject);
  });
  const opened = new Promise((resolve) => webSocket.on('open', resolve));
  const socket = await upgraded;
  await opened;
  return { peer, socket };
};

/** Over RawSocket. */
export const connectRawTls = async (port: number, options: ConnectionOptions = {}): Promise<TlsPeer> => {
  const socket = connect({ port, host: '127.0.0.1', ca: certificate, ...options });
  return { peer: await speakRawSocket(socket, 'secureConnect'), socket };
};
