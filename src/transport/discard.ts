/** What a peer still sends when the router has left it. */

import type { Duplex } from 'node:stream';

const resume = (raw: Duplex): void => void raw.resume();

/**
 * Reads what still comes from `raw` and forgets it: closed with octets unread it would be reset, and the router's last words lost. One
 * chunk is read in a turn of the event loop, as many peers may send as fast as they can.
 */
export const discard = (raw: Duplex): void => {
  raw.removeAllListeners('data');
  raw.on('data', () => {
    raw.pause();
    setImmediate(resume, raw);
  });
  raw.resume();
};
