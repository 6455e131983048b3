/**
 * What a caller has sent for one call: the CALL, and the further parts of a progressive call (Advanced Profile,
 * "Progressive Call Invocations"). It is kept as long as it may have to be sent to a callee. What is kept while the call
 * takes time counts for the caller's account of held memory.
 */

import { weightOfRequest } from '../session/held.ts';
import type { Session } from '../session/session.ts';
import type { Call as CallMessage } from '../wamp/message.ts';

/** How many parts of a call may wait for a callee. */
const mostWaitingParts = 64;

const noParts: readonly CallMessage[] = [];

/** Whether no further part follows. A call that is not progressive has a single part. */
export const isLastPart = ({ options }: CallMessage): boolean => options.progress !== true;

/** The messages of one call. */
export class CallMessages {
  readonly #caller: Session;
  /** Octets of the CALL. */
  readonly #octets: number;
  #first: CallMessage | undefined;
  /** Parts that wait for a callee. */
  #parts: CallMessage[] | undefined;
  #isComplete = false;
  /** Octets that are held. */
  #held = 0;

  /** Must be created while the request of `caller` is being handled. */
  constructor(caller: Session, first: CallMessage) {
    this.#caller = caller;
    this.#octets = caller.arrived;
    this.#first = first;
  }

  /** The CALL; undefined when it is not kept any more. */
  get first(): CallMessage | undefined {
    return this.#first;
  }

  /** Holds the octets of the CALL; false if there is no memory left. Cheap, for calls that may be answered at once. */
  hold(): boolean {
    return this.#held > 0 || this.#take(this.#octets);
  }

  /** Holds its estimated size in memory; false if there is not enough left. For calls that turn out to take longer. */
  holdAll(): boolean {
    const more = weightOfRequest(this.#first, this.#octets) - this.#held;
    return more <= 0 || this.#take(more);
  }

  /** Whether a part that has arrived belongs to the call. Nothing does that follows the last part. */
  accepts(part: CallMessage): boolean {
    if (this.#isComplete) return false;
    this.#isComplete = isLastPart(part);
    return true;
  }

  /** Keeps a part until there is a callee; false if too many wait, or if there is no memory left. */
  keep(part: CallMessage): boolean {
    this.#parts ??= [];
    if (this.#parts.length >= mostWaitingParts) return false;
    const isTaken = this.#take(weightOfRequest(part, this.#caller.arrived));
    if (isTaken) this.#parts.push(part);
    return isTaken;
  }

  /** Removes and returns the parts that wait, in their order. */
  takeParts(): readonly CallMessage[] {
    const parts = this.#parts ?? noParts;
    this.#parts = undefined;
    return parts;
  }

  /** Called when nothing has to be sent any more: forgets the messages and releases what is held for them. */
  forget(): void {
    this.#first = undefined;
    this.#parts = undefined;
    if (this.#held === 0) return;
    this.#caller.held.give(this.#held);
    this.#held = 0;
  }

  #take(octets: number): boolean {
    const isTaken = this.#caller.held.take(octets);
    if (isTaken) this.#held += octets;
    return isTaken;
  }
}
