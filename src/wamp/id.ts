/**
 * WAMP ids: integers from 1 to 2^53 - 1 (Basic Profile, "IDs"; 2^53 itself is no safe integer in JavaScript). The source of
 * randomness is an option, so that a test can predict every id.
 */

/** An id of router or session scope. */
export type Id = number;

/** Whether `value` is an id. An integral float is one too: some serializers write large integers as floats. */
export const isId = (value: unknown): value is Id => Number.isSafeInteger(value) && (value as number) > 0;

/** Fills a buffer with unpredictable bytes, as `crypto.randomFillSync` does. */
export type FillRandom = (bytes: Uint8Array) => unknown;

const highBits = 0x1f_ffff;
const poolIds = 512;

/** The id in the first seven octets of `bytes` from `offset` on (little endian, 53 bits). 0 is not an id and becomes 1. */
export const idFromBytes = (bytes: Uint8Array, offset = 0): Id => {
  const octet = (at: number): number => bytes[offset + at] ?? 0;
  const low = (octet(0) | (octet(1) << 8) | (octet(2) << 16) | (octet(3) << 24)) >>> 0;
  const high = (octet(4) | (octet(5) << 8) | (octet(6) << 16)) & highBits;
  return high * 2 ** 32 + low || 1;
};

/** A source of ids that are random over the whole range, as session and publication ids must be. */
export const createRandomIds = (fill: FillRandom): (() => Id) => {
  const pool = new Uint8Array(poolIds * 8);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      fill(pool);
      at = 0;
    }
    const id = idFromBytes(pool, at);
    at += 8;
    return id;
  };
};

/**
 * A source of sequential ids from 1, for subscriptions and registrations. They are small because some clients cannot read
 * large ones.
 */
export const createSequentialIds = (): (() => Id) => {
  let last = 0;
  return () => {
    last = last === Number.MAX_SAFE_INTEGER ? 1 : last + 1;
    return last;
  };
};
