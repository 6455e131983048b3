/**
 * A registration: one URI or pattern, its callees, and the policy that chooses one of them for a call (Advanced Profile,
 * "Shared Registration").
 */

import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import type { InvokePolicy } from '../wamp/options.ts';

/** The property of a callee that the choice depends on. */
interface Member {
  readonly isFree: boolean;
}

/** The properties of a registration. */
export interface RegistrationOptions {
  readonly id: Id;
  readonly uri: string;
  readonly match: Match;
  readonly invoke: InvokePolicy;
  /** ms since 1970. */
  readonly created: number;
  /** Whether peers that have not authenticated may call it. Calls of it are then not checked for permission. */
  readonly isOpen: boolean;
  /** Whether the router registered it for its own use. It is then not listed, and there are no meta events about it. */
  readonly isHidden: boolean;
  /** A random number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

type Choose = <Callee extends Member>(
  ready: readonly Callee[],
  registration: Registration<Callee, unknown>,
) => Callee | undefined;

/** The policies. `ready` are the callees that can take the call, in the order of their registration. */
const policies: Readonly<Record<InvokePolicy, Choose>> = {
  single: ([only]) => only,
  first: ([first]) => first,
  last: (ready) => ready.at(-1),
  random: (ready, { options }) => ready[Math.floor(options.random() * ready.length)],
  roundrobin: (ready, registration) => registration.next(ready),
};

/** The set of callees that may receive a call. */
export type Reach<Callee> = Pick<ReadonlySet<Callee>, 'has'>;

/** Whether a callee may receive a call (`reach`; undefined means that all may) and has not been tried. */
export const isCandidate = <Callee>(
  callee: Callee,
  tried: ReadonlySet<Callee> | undefined,
  reach: Reach<Callee> | undefined,
): boolean => !tried?.has(callee) && (reach === undefined || reach.has(callee));

/** One URI or pattern with its callees, and the calls that wait for a callee. */
export class Registration<Callee extends Member, Call> {
  readonly options: RegistrationOptions;
  readonly callees: Callee[] = [];
  /** Calls that wait until a callee is free. */
  readonly queue: Call[] = [];
  /** How many of the callees, counted from the first, have had their turn (`roundrobin`). */
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

  /** Adds a callee after the others. */
  add(callee: Callee): void {
    this.callees.push(callee);
  }

  /** Removes a callee; the order of turns of the others does not change. Returns false if it is not a callee. */
  remove(callee: Callee): boolean {
    const at = this.callees.indexOf(callee);
    if (at < 0) return false;
    this.callees.splice(at, 1);
    if (at < this.#turn) this.#turn -= 1;
    return true;
  }

  /**
   * Chooses a callee for a call. `reach` are the callees that may receive it, by default all; `tried` are those that have
   * answered that they are unavailable. Undefined if none of the rest is free.
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

  /** Whether there is a callee, free or not, that may receive the call and has not been tried. */
  hasOther(tried: ReadonlySet<Callee> | undefined, reach?: Reach<Callee>): boolean {
    return this.callees.some((callee) => isCandidate(callee, tried, reach));
  }

  /** The callee in `ready` whose turn is next. */
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
