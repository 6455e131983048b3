/** What one address may do: joins per second, failed authentications per minute. Loopback is exempt unless asked. */

import { isLoopbackAddress } from '../net/address.ts';

/** Numbers per remote address. */
export interface AddressLimits {
  readonly maxJoinsPerSecond: number;
  readonly maxFailedAuthsPerMinute: number;
  /** Whether loopback addresses are bounded as well. */
  readonly limitLoopback: boolean;
}

/** Keeps count per address. */
export interface AddressBook {
  /** Why `address` may not connect now; undefined when it may, and then it is counted. */
  admit(address: string | undefined): string | undefined;
  /** One of its authentications failed. */
  authFailed(address: string | undefined): void;
}

interface Entry {
  second: number;
  joins: number;
  minute: number;
  failures: number;
}

/** An empty book. `now` is the clock, in ms. An address that was quiet for a minute is forgotten. */
export const createAddressBook = (limits: AddressLimits, now: () => number): AddressBook => {
  const entries = new Map<string, Entry>();
  let swept = 0;

  const sweep = (minute: number): void => {
    if (swept === minute) return;
    swept = minute;
    for (const [address, entry] of entries) if (entry.minute < minute) entries.delete(address);
  };
  const entryOf = (address: string | undefined): Entry | undefined => {
    if (address === undefined || (isLoopbackAddress(address) && !limits.limitLoopback)) return undefined;
    const second = Math.floor(now() / 1000);
    const minute = Math.floor(second / 60);
    sweep(minute);
    const entry = entries.get(address) ?? { second, joins: 0, minute, failures: 0 };
    if (entry.second !== second) Object.assign(entry, { second, joins: 0 });
    entries.set(address, entry);
    return entry;
  };
  return {
    admit: (address) => {
      const entry = entryOf(address);
      if (!entry) return undefined;
      if (entry.failures >= limits.maxFailedAuthsPerMinute) return 'too many failed authentications from this address';
      if (entry.joins >= limits.maxJoinsPerSecond) return 'too many connections per second from this address';
      entry.joins += 1;
      return undefined;
    },
    authFailed: (address) => {
      const entry = entryOf(address);
      if (entry) entry.failures += 1;
    },
  };
};
