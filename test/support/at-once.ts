/**
 * WAMP v2 peers without delays. Whatever one of them does, its end included, the router has handled when the call returns, so
 * the order of the calls is the order on the wires. What the router sends has arrived after `delivered()`.
 */

import type { Postmaster } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';
import { V2Peer } from './v2-client.ts';

/** A v2 peer with a session. */
export const joinAtOnce = async (
  postmaster: Postmaster,
  details: Readonly<Record<string, unknown>> = {},
): Promise<V2Peer> => {
  const peer = new V2Peer('json');
  const end = createMemoryLink(
    { received: (data) => peer.accept(data), closed: (code, reason) => peer.end(code, reason) },
    (link) => {
      const { listener, start } = postmaster.connect(link, {
        protocol: 'wamp.2.json',
        remoteAddress: undefined,
        headers: {},
      });
      start();
      return listener;
    },
    { later: (task) => task() },
  );
  peer.wire = { send: (data) => end.send(data), close: () => end.close() };
  await peer.hello('realm1', details);
  return peer;
};

/** Resolves when everything that the router has said has arrived: it writes once in a turn of the event loop. */
export const delivered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
