/**
 * A registration: one URI or pattern, the callees behind it, and the policy by which one of them is chosen for a call
 * (Advanced Profile, "Shared Registration").
 */

import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import type { InvokePolicy } from '../wamp/options.ts';

/** What choosing needs to know of a callee. */
interface Member {
  readonly isFree: boolean;
}

/** What a registration is made of. */
export interface RegistrationOptions {
  readonly id: Id;
  readonly uri: string;
  readonly match: Match;
  readonly invoke: InvokePolicy;
  /** ms since 1970. */
  readonly created: number;
  /** Whether peers that have not authenticated may call it; then no permission is asked for either. */
  readonly isOpen: boolean;
  /** Whether the router made it for its own use: it is in no list and no event speaks of it. */
  readonly isHidden: boolean;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

type Choose = <Callee extends Member>(
  ready: readonly Callee[],
  registration: Registration<Callee, unknown>,
) => Callee | undefined;

/** By policy; `ready` are the callees that can take the call, in the order of their registration. */
const policies: Readonly<Record<InvokePolicy, Choose>> = {
  single: ([only]) => only,
  first: ([first]) => first,
  last: (ready) => ready.at(-1),
  random: (ready, { options }) => ready[Math.floor(options.random() * ready.length)],
  roundrobin: (ready, registration) => registration.next(ready),
};

/** Says of each callee whether it may have a call. */
export type Reach<Callee> = Pick<ReadonlySet<Callee>, 'has'>;

/** Whether a callee is one of those that may have a call (all, without `reach`), and has not been tried. */
export const isCandidate = <Callee>(
  callee: Callee,
  tried: ReadonlySet<Callee> | undefined,
  reach: Reach<Callee> | undefined,
): boolean => !tried?.has(callee) && (reach === undefined || reach.has(callee));

/** One URI or pattern with its callees, and the calls that wait for one of them. */
export class Registration<Callee extends Member, Call> {
  readonly options: RegistrationOptions;
  readonly callees: Callee[] = [];
  /** Calls that wait until one of the callees is free. */
  readonly queue: Call[] = [];
  /** How many of the callees, counted from the first, have had their turn. */
  #turn = 0;

  constructor(options: RegistrationOptions) {
    this.options = options;
  }

  get id(): Id {
    return this.options.id;
  }

  get uri(): string {
    return this.options.uri;
  }

  /** Adds a callee behind those that are there. */
  add(callee: Callee): void {
    this.callees.push(callee);
  }

  /** Takes a callee out; the turn of the others stays as it was. False when it is not there. */
  remove(callee: Callee): boolean {
    const at = this.callees.indexOf(callee);
    if (at < 0) return false;
    this.callees.splice(at, 1);
    if (at < this.#turn) this.#turn -= 1;
    return true;
  }

  /**
   * The callee for a call, of `reach` (by default all), `tried` (who said that they are unavailable) left out. Undefined when none
   * is free.
   */
  choose(tried: ReadonlySet<Callee> | undefined, reach?: Reach<Callee>): Callee | undefined {
    const { callees, options } = this;
    if (callees.length === 1 && !tried && !reach) {
      if (!callees[0]?.isFree) return undefined;
      this.#turn = 1;
      return callees[0];
    }
    const ready = callees.filter((callee) => callee.isFree && isCandidate(callee, tried, reach));
    return policies[options.invoke](ready, this);
  }

  /** Whether a callee exists that may have the call and was not tried, free or not. */
  hasOther(tried: ReadonlySet<Callee> | undefined, reach?: Reach<Callee>): boolean {
    return this.callees.some((callee) => isCandidate(callee, tried, reach));
  }

  /** The next of `ready` whose turn it is. */
  next(ready: readonly Callee[]): Callee | undefined {
    const { callees } = this;
    for (let step = 0; step < callees.length; step += 1) {
      const at = (this.#turn + step) % callees.length;
      const callee = callees[at];
      if (!callee || !ready.includes(callee)) continue;
      this.#turn = at + 1;
      return callee;
    }
    return undefined;
  }
}
