/** Texts that nobody can guess, for authids and nonces. */

import { randomFillSync } from 'node:crypto';

/** Octets of one text: 16 characters. */
const size = 12;
/** One call for many texts: it is the call that takes its time, not the octets. */
const pool = Buffer.alloc(size * 128);
let used = pool.length;

/** A text of 96 random bits in base64url. */
export const createRandomText = (): string => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('base64url', used, used + size);
  // No secret stays behind in the pool.
  pool.fill(0, used, used + size);
  used += size;
  return text;
};
