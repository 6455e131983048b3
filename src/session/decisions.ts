/** What has been decided about one session with the help of the authorizer, for as long as it may be remembered. */

import type { Match } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { Action } from '../wamp/permission.ts';

interface Pattern {
  readonly action: Action;
  readonly uri: string;
  readonly match: Match;
}

/** Decisions that one session keeps. */
const mostKept = 1024;

/** Patterns that one session keeps of those that settle what is under them; each of them may be looked at for an event. */
const mostCovering = 64;

/** The decisions about one session. */
export class Decisions<Decision> {
  /** Those that are yet to be made, by what `keyOf` says. */
  readonly pending = new Map<string, Promise<Decision>>();
  // Asked for every event of a pattern subscriber: no key is put together for it.
  readonly #exact = new Map<Action, Map<string, Decision>>();
  readonly #patterns = new Map<string, Decision>();
  #covering: readonly Pattern[] = [];
  #size = 0;

  /** The decision that is kept about exactly this. */
  find(action: Action, uri: string, match: Match): Decision | undefined {
    return match === 'exact' ? this.#exact.get(action)?.get(uri) : this.#patterns.get(keyOf(action, uri, match));
  }

  /** Keeps a decision. When there are too many all are forgotten first. */
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

  /** From now on everything under a pattern is allowed. When there are too many patterns the first is forgotten. */
  cover(action: Action, uri: string, match: Match): void {
    this.#covering = [...this.#covering, { action, uri, match }].slice(-mostCovering);
  }

  /** Whether a URI is under a pattern under which everything is allowed. */
  isCovered(action: Action, uri: string): boolean {
    return this.#covering.some((one) => one.action === action && covers(one.uri, one.match, uri));
  }
}

/** What a decision is about, as one text. */
export const keyOf = (action: Action, uri: string, match: Match): string => `${action} ${match} ${uri}`;
