/** One attack on a router: what it does, and the bounds that the router must keep meanwhile. */

import type { Postmaster, PostmasterOptions } from '../../../src/index.ts';

/** Where the attacked router listens. */
export interface Target {
  readonly url: string;
  readonly port: number;
}

/** What may become of the router and of those who use it meanwhile. */
export interface Bound {
  /** MiB by which its resident memory may grow while the attack lasts. */
  readonly growth: number;
  /** MiB that may be left of it when the attackers have gone and garbage has been collected. Default: not looked at. */
  readonly kept?: number;
  /** Milliseconds within which 99 of 100 requests of the bystanders are answered. Default: 100. */
  readonly p99?: number;
  /** Why it is more than others have: one phrase. */
  readonly because?: string;
}

/** A row of the table. */
export interface Attack {
  /** Area and name, such as `before-login/unfinished-hello`. */
  readonly id: string;
  /** What the attacker does: one sentence. */
  readonly does: string;
  /** What came of it when it was tried on an earlier version. */
  readonly before: string;
  readonly bound: Bound;
  /** Options of the router. Default: two realms in which anonymous peers may do everything. */
  readonly options?: Partial<PostmasterOptions>;
  /** What the program does in which the router runs. */
  readonly embed?: (postmaster: Postmaster) => void;
  /** File descriptors that the router's process may have. Default: as many as this one. */
  readonly descriptors?: number;
  /** The attack. Resolves when it is over; rejects with what the router should not have done. Its connections may stay open. */
  readonly run: (target: Target) => Promise<void>;
}

/** Which attack, for the processes that take part in it. */
export interface AttackReference {
  /** The module that exports the table as `attacks`. */
  readonly table: string;
  readonly id: string;
}

/** Finds an attack by its reference. */
export const findAttack = async ({ table, id }: AttackReference): Promise<Attack> => {
  const { attacks } = (await import(table)) as { readonly attacks: readonly Attack[] };
  const attack = attacks.find((each) => each.id === id);
  if (attack === undefined) throw new Error(`there is no attack ${id}`);
  return attack;
};

const everyAction = { match: 'prefix', call: true, register: true, publish: true, subscribe: true } as const;

/** Permission to do everything, the meta API included. */
export const everything = [
  { uri: '', ...everyAction },
  { uri: 'wamp.', ...everyAction },
] as const;

/** The realms of the bystanders; attackers are in the first. */
export const realms = ['realm1', 'realm2'] as const;

/** Fails the attack with what the router should not have done. */
export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise);
};
