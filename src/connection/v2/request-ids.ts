/**
 * Checks whether the request ids of a session are 1, 2, 3, ... (Basic Profile, "IDs"). Those of many clients are not, so the
 * operator chooses what follows: nothing, a count, or the end of the session.
 */

import { RecentMap } from '../../base/recent-map.ts';
import type { Id } from '../../wamp/id.ts';
import { exceedsOctets } from '../../wamp/uri.ts';

/**
 * What follows when request ids are not 1, 2, 3, ...: nothing (`off`), a count (`warn`), or the end of the session
 * (`strict`).
 */
export type RequestIdRule = 'off' | 'warn' | 'strict';

/** How many calls in parts are remembered here. Their ids may come again before the session knows of the calls. */
const rememberedCalls = 256;

/** Requests whose ids are checked. */
const counted = new Set(['PUBLISH', 'SUBSCRIBE', 'UNSUBSCRIBE', 'CALL', 'REGISTER', 'UNREGISTER']);

/** The dialect whose requests are checked. */
export interface RequestIdsOwner {
  /** Called under the rule `warn` when an id is not the expected one. `isFirst` is true for the first of the session. */
  onGap(expected: Id, given: Id, isFirst: boolean): void;
  /** Whether the session knows a call in parts by this id, pending or ended. */
  continues(id: Id): boolean;
}

/** The request ids of one session. */
export class RequestIds {
  readonly #rule: RequestIdRule;
  readonly #owner: RequestIdsOwner;
  /**
   * The procedures of calls in parts by request id: every part carries both (Advanced Profile, "Progressive Call
   * Invocations").
   */
  #inParts: RecentMap<Id, string> | undefined;
  readonly #maxUriLength: number;
  #last = 0;
  #hasGap = false;

  /** A procedure that is longer than `maxUriLength` octets is not remembered. */
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
      return this.#rule === 'strict' ? `the call ${given} is to "${known}", not to "${procedure}"` : undefined;
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
