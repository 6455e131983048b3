/**
 * Whether the requests of a session count 1, 2, 3, ... (Basic Profile, "IDs"). Many clients do not, so the operator says what
 * becomes of it: nothing, a count, or the end of the session.
 */

import { RecentMap } from '../../base/recent-map.ts';
import type { Id } from '../../wamp/id.ts';
import { exceedsOctets } from '../../wamp/uri.ts';

/** What becomes of request ids that are not 1, 2, 3, ...: nothing, a count, or the end of the session. */
export type RequestIdRule = 'off' | 'warn' | 'strict';

/** Calls in parts whose ids may come again before the session knows of them: as many as this are remembered. */
const rememberedCalls = 256;

/** Requests that are counted. */
const counted = new Set(['PUBLISH', 'SUBSCRIBE', 'UNSUBSCRIBE', 'CALL', 'REGISTER', 'UNREGISTER']);

/** Whose requests they are. */
export interface RequestIdsOwner {
  /** Under the rule `warn`: an id came that is none of those that were expected; `isFirst` of this session. */
  onGap(expected: Id, given: Id, isFirst: boolean): void;
  /** Whether the session knows a call in parts by an id, live or over. */
  continues(id: Id): boolean;
}

/** The request ids of one session. */
export class RequestIds {
  readonly #rule: RequestIdRule;
  readonly #owner: RequestIdsOwner;
  /** Procedures of calls in parts by id: each of their parts bears both (Advanced Profile, "Progressive Call Invocations"). */
  #inParts: RecentMap<Id, string> | undefined;
  readonly #maxUriLength: number;
  #last = 0;
  #hasGap = false;

  /** What is longer than `maxUriLength` octets names no procedure. */
  constructor(rule: RequestIdRule, owner: RequestIdsOwner, maxUriLength: number) {
    this.#rule = rule;
    this.#owner = owner;
    this.#maxUriLength = maxUriLength;
  }

  /**
   * Why a request of `type` may not have the id `given`; undefined when it may. `isPart` is true for a call in parts,
   * `procedure` is that of a CALL.
   */
  refusalOf(type: string, given: Id, isPart: boolean, procedure = ''): string | undefined {
    if (this.#rule === 'off' || !counted.has(type)) return undefined;
    const expected = this.#last === Number.MAX_SAFE_INTEGER ? 1 : this.#last + 1;
    const known = type === 'CALL' && given !== expected ? this.#inParts?.get(given) : undefined;
    if (known === procedure) return undefined;
    if (known !== undefined) {
      return this.#rule === 'strict' ? `the call ${given} is of "${known}", not of "${procedure}"` : undefined;
    }
    if (type === 'CALL' && given !== expected && this.#owner.continues(given)) return undefined;
    if (type === 'CALL' && isPart) this.#remember(given, procedure);
    if (given === expected) {
      this.#last = given;
      return undefined;
    }
    if (this.#rule === 'strict') return `the request id must be ${expected}, not ${given}`;
    this.#last = given;
    this.#owner.onGap(expected, given, !this.#hasGap);
    this.#hasGap = true;
    return undefined;
  }

  #remember(id: Id, procedure: string): void {
    if (exceedsOctets(procedure, this.#maxUriLength)) return;
    this.#inParts ??= new RecentMap(rememberedCalls);
    this.#inParts.set(id, procedure);
  }
}
