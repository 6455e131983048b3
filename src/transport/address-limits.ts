/**
 * Limits per remote address: joins per second, failed authentications per minute, connections at a time. Loopback addresses
 * are exempt unless `limitLoopback` is set.
 */

import { isLoopbackAddress } from '../net/address.ts';

/** The limits of one remote address. */
export interface AddressLimits {
  readonly maxJoinsPerSecond: number;
  readonly maxFailedAuthsPerMinute: number;
  readonly maxConnectionsPerAddress: number;
  /** Whether the limits also apply to loopback addresses. */
  readonly limitLoopback: boolean;
}

/** Counts joins, failed authentications and connections per remote address. An undefined address has no limits. */
export interface AddressBook {
  /** Why `address` may not connect now; undefined when it may, and then it is counted as a join. */
  admit(address: string | undefined): string | undefined;
  /** Like `admit`, for a further session on a connection that is open already: the number of connections is not checked. */
  rejoin(address: string | undefined): string | undefined;
  /** Whether `address` has as many connections as it may have. */
  isFull(address: string | undefined): boolean;
  /** Counts a new connection of `address`. Call `disconnected` when it is closed. */
  connected(address: string | undefined): void;
  disconnected(address: string | undefined): void;
  /** Counts a failed authentication of `address`. */
  authFailed(address: string | undefined): void;
}

interface Entry {
  second: number;
  joins: number;
  minute: number;
  failures: number;
  connections: number;
}

const never = (): boolean => false;

/**
 * Creates a book without entries. `now` returns the time in ms. `canMakeRoom` tells whether an address that has all its
 * connections could have one of them closed for a new one; by default it could not. An address without connections is
 * forgotten at the first call in a new minute.
 */
export const createAddressBook = (
  limits: AddressLimits,
  now: () => number,
  canMakeRoom: (address: string | undefined) => boolean = never,
): AddressBook => {
  const entries = new Map<string, Entry>();
  let swept = 0;

  const sweep = (minute: number): void => {
    if (swept === minute) return;
    swept = minute;
    for (const [address, entry] of entries) {
      if (entry.connections === 0) entries.delete(address);
      else Object.assign(entry, { minute, failures: 0 });
    }
  };
  const entryOf = (address: string | undefined): Entry | undefined => {
    if (address === undefined || (isLoopbackAddress(address) && !limits.limitLoopback)) return undefined;
    const second = Math.floor(now() / 1000);
    const minute = Math.floor(second / 60);
    sweep(minute);
    const entry = entries.get(address) ?? { second, joins: 0, minute, failures: 0, connections: 0 };
    if (entry.second !== second) Object.assign(entry, { second, joins: 0 });
    entries.set(address, entry);
    return entry;
  };
  const join = (entry: Entry | undefined): string | undefined => {
    if (!entry) return undefined;
    if (entry.failures >= limits.maxFailedAuthsPerMinute) return 'too many failed authentications from this address';
    if (entry.joins >= limits.maxJoinsPerSecond) return 'too many connections per second from this address';
    entry.joins += 1;
    return undefined;
  };
  const hasAll = ({ connections }: Entry): boolean => connections >= limits.maxConnectionsPerAddress;
  const count = (address: string | undefined, connections: 1 | -1): void => {
    const entry = entryOf(address);
    if (entry) entry.connections += connections;
  };
  return {
    admit: (address) => {
      const entry = entryOf(address);
      return entry && hasAll(entry) && !canMakeRoom(address) ? 'too many connections from this address' : join(entry);
    },
    rejoin: (address) => join(entryOf(address)),
    isFull: (address) => {
      const entry = address === undefined ? undefined : entries.get(address);
      return entry !== undefined && hasAll(entry);
    },
    connected: (address) => count(address, 1),
    disconnected: (address) => count(address, -1),
    authFailed: (address) => {
      const entry = entryOf(address);
      if (entry) entry.failures += 1;
    },
  };
};
