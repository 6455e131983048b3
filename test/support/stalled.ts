/**
 * A v2 peer in JSON that sends what it is told to and never reads: the first that is written to it is accepted, the rest
 * waits.
 */

import type { Postmaster } from '../../src/index.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import { allRoles } from './v2-client.ts';
import { code } from './v2-router.ts';

/** The peer, from outside: it hears nothing, so there is nothing to wait for but what others see. */
export interface StalledPeer {
  /** Resolves when the router has heard it. */
  send(...message: readonly unknown[]): Promise<void>;
  subscribe(topic: string): Promise<void>;
  isClosed(): boolean;
  /** Its wire ends. */
  leave(): void;
}

/** A stalled peer with a session. */
export const joinStalled = (postmaster: Postmaster): StalledPeer => {
  let isClosed = false;
  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    setImmediate(() => listener.closed());
  };
  const { listener, start } = postmaster.connect(
    { framing: payloadFraming, write: () => false, close: end, terminate: end, pause: () => {}, resume: () => {} },
    { protocol: 'wamp.2.json', remoteAddress: undefined, headers: {} },
  );
  start();
  const say = (message: readonly unknown[]): void => listener.received(Buffer.from(JSON.stringify(message)), false);
  say([code.HELLO, 'realm1', { roles: allRoles }]);
  const send = async (...message: readonly unknown[]): Promise<void> => {
    // WELCOME may need a turn of the event loop.
    await new Promise(setImmediate);
    say(message);
    await new Promise(setImmediate);
  };
  let request = 0;
  return {
    send,
    subscribe: (topic) => {
      request += 1;
      return send(code.SUBSCRIBE, request, {}, topic);
    },
    isClosed: () => isClosed,
    leave: end,
  };
};
