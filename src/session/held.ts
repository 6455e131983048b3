/**
 * What the router holds of what its peers have sent: one account for a realm and one for each of its sessions, in octets of memory,
 * roughly. Counted is what stays when a message has been handled: requests that wait, calls that wait or may have to be
 * sent again, testaments, what a peer says of itself. What goes on at once is in no account, and costs nothing here.
 */

import { sizeOfValue } from '../base/value-size.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';

/**
 * Octets that `value` takes while it is held, whose message had so many: values of few octets may take sixty times as many when they are
 * decoded. What a program has made, of no message, counts for nothing.
 */
export const weightOf = (value: unknown, octets: number): number =>
  octets === 0 ? 0 : Math.max(octets, sizeOfValue(value));

/** What a request is refused with that would have to be held. */
export const noRoom = new WampError(reasons.unavailable, { description: 'the router holds too much already' });

/** Octets that any session may hold, however much others do: those who fill a realm shut nobody out who sends little. */
const reserve = 16 * 1024;

/** An account. That of a session draws on that of its realm. */
export class Held {
  readonly #limit: number;
  readonly #onRefusal: () => void;
  readonly #realm: Held | undefined;
  #octets = 0;
  #kept = 0;

  /** `limit` in octets; `onRefusal` is told of each time that something finds no room. */
  constructor(limit: number, onRefusal: () => void, realm?: Held) {
    this.#limit = limit;
    this.#onRefusal = onRefusal;
    this.#realm = realm;
  }

  /** How many there are. */
  get octets(): number {
    return this.#octets;
  }

  /** Takes so many octets more; whether they find room. What has been taken is to be given back. */
  take(octets: number): boolean {
    const isTaken = octets <= 0 || this.#hasRoomFor(octets);
    if (isTaken) this.#add(octets);
    else this.#onRefusal();
    return isTaken;
  }

  /** Takes them until the account is closed. */
  keep(octets: number): boolean {
    const isTaken = this.take(octets);
    if (isTaken) this.#kept += octets;
    return isTaken;
  }

  /** Gives back what was to be kept. */
  close(): void {
    this.give(this.#kept);
    this.#kept = 0;
  }

  /** They are held no longer. */
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
