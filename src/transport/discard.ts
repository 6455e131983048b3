/** What peers still send when the router has left them. */

import type { Duplex } from 'node:stream';

/** Sockets that are read on in one turn of the event loop. */
const mostOfTurn = 16;

/** Those that wait to be read on, of all routers of this event loop. */
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
 * Reads what still comes from `raw` and forgets it: closed with octets unread it would be reset, and the router's last words lost. A
 * chunk of each of a few is read in one turn of the event loop, as many peers may send as fast as they can.
 */
export const discard = (raw: Duplex): void => {
  raw.removeAllListeners('data');
  raw.on('data', wait);
  raw.resume();
};
