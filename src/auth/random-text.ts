/** Unguessable texts, for authids and nonces. */

import { randomFillSync } from 'node:crypto';

/** The octets of one text, which has 16 characters. */
const size = 12;
/** Random octets for many texts, since the time is spent per call and not per octet. */
const pool = Buffer.alloc(size * 128);
let used = pool.length;

/** A text of 96 random bits in base64url. */
export const createRandomText = (): string => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('base64url', used, used + size);
  // No secret is left in the pool.
  pool.fill(0, used, used + size);
  used += size;
  return text;
};
