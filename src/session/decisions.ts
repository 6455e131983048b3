/** The remembered decisions of the authorizer about one session. */

import type { Match } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { Action } from '../wamp/permission.ts';

interface Pattern {
  readonly action: Action;
  readonly uri: string;
  readonly match: Match;
}

/** The most decisions that are kept for one session. */
const mostKept = 1024;

/** The most fully allowed patterns that are kept for one session. All of them may have to be compared for an event. */
const mostCovering = 64;

/** The decisions about one session. */
export class Decisions<Decision> {
  /** Decisions that are still to be made, by `keyOf`. */
  readonly pending = new Map<string, Promise<Decision>>();
  // Asked for every event to a pattern subscriber, so the look-up builds no key.
  readonly #exact = new Map<Action, Map<string, Decision>>();
  readonly #patterns = new Map<string, Decision>();
  #covering: readonly Pattern[] = [];
  #size = 0;

  /** The decision that is stored for exactly this question. */
  find(action: Action, uri: string, match: Match): Decision | undefined {
    return match === 'exact' ? this.#exact.get(action)?.get(uri) : this.#patterns.get(keyOf(action, uri, match));
  }

  /** Stores a decision. If there are too many, all are forgotten first. */
  keep(action: Action, uri: string, match: Match, decision: Decision): void {
    if (this.#size >= mostKept) {
      this.#size = 0;
      this.#exact.clear();
      this.#patterns.clear();
    }
    this.#size += 1;
    if (match !== 'exact') this.#patterns.set(keyOf(action, uri, match), decision);
    else {
      const decisions = this.#exact.get(action) ?? new Map<string, Decision>();
      this.#exact.set(action, decisions);
      decisions.set(uri, decision);
    }
  }

  /** Allows everything under a pattern from now on. If there are too many patterns, the oldest is forgotten. */
  cover(action: Action, uri: string, match: Match): void {
    this.#covering = [...this.#covering, { action, uri, match }].slice(-mostCovering);
  }

  /** Whether a URI is under a pattern that is allowed completely. */
  isCovered(action: Action, uri: string): boolean {
    return this.#covering.some((one) => one.action === action && covers(one.uri, one.match, uri));
  }
}

/** The key of a decision. */
export const keyOf = (action: Action, uri: string, match: Match): string => `${action} ${match} ${uri}`;
