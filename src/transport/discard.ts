/** Reads and drops what peers still send on sockets that the router is closing. */

import type { Duplex } from 'node:stream';

/** How many sockets are read in one turn of the event loop. */
const mostOfTurn = 16;

/** The sockets that wait to be read, of all routers on this event loop. */
const waiting: Duplex[] = [];

const readOn = (): void => {
  for (const raw of waiting.splice(0, mostOfTurn)) raw.resume();
  if (waiting.length > 0) setImmediate(readOn);
};

function wait(this: Duplex): void {
  this.pause();
  if (waiting.push(this) === 1) setImmediate(readOn);
}

/**
 * Reads what still arrives on `raw` and drops it. A socket that is closed with unread octets is reset, and the peer would
 * lose what the router wrote last. In one turn of the event loop only a few sockets are read, one chunk each, because many
 * peers may send as fast as they can.
 */
export const discard = (raw: Duplex): void => {
  raw.removeAllListeners('data');
  raw.on('data', wait);
  raw.resume();
};
