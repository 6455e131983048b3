/**
 * Accounts for the memory that the router holds on behalf of peers: one account for a realm and one for each of its
 * sessions, in approximate octets. It covers what stays after a message has been handled: waiting requests, calls that wait
 * or may have to be sent again, testaments, and what a peer says about itself. What is passed on at once is not counted and
 * costs nothing here.
 */

import { sizeOfValue } from '../base/value-size.ts';
import { WampError } from '../wamp/error.ts';
import type { SessionRequest } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';

/**
 * The octets that `value` takes while it is held, if its message had `octets`. Decoded values may take sixty times as much
 * as their encoding. A value of this program (0 octets, since it had no message) counts as nothing.
 */
export const weightOf = (value: unknown, octets: number): number =>
  octets === 0 ? 0 : Math.max(octets, sizeOfValue(value));

/** The same for a request, whose message had `octets`. From now on its payload does not need that message. */
export const weightOfRequest = (request: SessionRequest | undefined, octets: number): number => {
  if (octets === 0 || !(request && 'payload' in request)) return weightOf(request, octets);
  const { payload } = request;
  payload.keep();
  return Math.max(octets, sizeOfValue(request) + payload.size);
};

/** The refusal of a request for which there is no memory left. */
export const noRoom = new WampError(reasons.unavailable, {
  description: 'the limit of octets held for the session or the realm is reached',
});

/**
 * Octets that each session may hold even if the realm's account is full, so that sessions with large amounts cannot lock
 * out those with little.
 */
const reserve = 16 * 1024;

/** An account of held octets. Amounts of a session also count for its realm. */
export class Held {
  readonly #limit: number;
  readonly #onRefusal: () => void;
  readonly #realm: Held | undefined;
  #octets = 0;
  #kept = 0;

  /** `limit` is in octets. `onRefusal` is called each time an amount is refused. */
  constructor(limit: number, onRefusal: () => void, realm?: Held) {
    this.#limit = limit;
    this.#onRefusal = onRefusal;
    this.#realm = realm;
  }

  /** How many octets are held. */
  get octets(): number {
    return this.#octets;
  }

  /** Adds to the account; false if the limit does not allow it. What was taken must be returned with `give`. */
  take(octets: number): boolean {
    const isTaken = octets <= 0 || this.#hasRoomFor(octets);
    if (isTaken) this.#add(octets);
    else this.#onRefusal();
    return isTaken;
  }

  /** Adds to the account until it is closed; false if the limit does not allow it. */
  keep(octets: number): boolean {
    const isTaken = this.take(octets);
    if (isTaken) this.#kept += octets;
    return isTaken;
  }

  /** Returns the octets that were taken with `keep`. */
  close(): void {
    this.give(this.#kept);
    this.#kept = 0;
  }

  /** Subtracts octets that are no longer held. */
  give(octets: number): void {
    this.#add(-octets);
  }

  #hasRoomFor(octets: number): boolean {
    const own = this.#octets + octets;
    if (own > this.#limit) return false;
    return this.#realm === undefined || own <= reserve || this.#realm.#hasRoomFor(octets);
  }

  #add(octets: number): void {
    this.#octets += octets;
    if (this.#realm) this.#realm.#add(octets);
  }
}
