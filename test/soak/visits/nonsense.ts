/** Peers that send what no peer may send. */

import { askRaw } from '../../support/raw-client.ts';
import { code } from '../../support/v2-router.ts';
import { type Behaviour, join, open } from '../visit.ts';

const nonsense: readonly (string | Buffer)[] = ['no list', Buffer.from([0xc1, 0xff]), '[1]', '[32,"x",{},1]', '[[[['];

/** Breaks the protocol, before HELLO or in a session. */
export const violation: Behaviour = async (visit) => {
  const peer = await (visit.number % 2 === 0 ? join(visit) : open(visit));
  peer.wire.send(nonsense[visit.number % nonsense.length]!);
  await peer.take(code.ABORT);
  await peer.closed;
};

/** Asks by HTTP, soundly and not. */
export const http: Behaviour = async ({ place, number }) => {
  const requests = [
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
    'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n',
    'NONSENSE\r\n\r\n',
  ];
  await askRaw(place.port, requests[number % requests.length]!);
};
