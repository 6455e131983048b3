/**
 * Testaments: publications that are made when a session has ended (Advanced Profile, "Session Testament"). There is no
 * session resumption, so both scopes are published at the end: first those of `detached`, then those of `destroyed`, each
 * in the order in which they were added.
 */

import type { PublishOptions } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import type { Disclosure } from './disclosure.ts';
import type { Held } from './held.ts';

/** When a testament is published. */
export type TestamentScope = 'detached' | 'destroyed';

/** The scopes in the order of their publication. */
export const testamentScopes: readonly TestamentScope[] = ['detached', 'destroyed'];

/** A publication to be made at the end of a session. */
export interface Testament {
  readonly topic: string;
  readonly payload: MessagePayload;
  readonly options: PublishOptions;
  /** Whether the session's identity is disclosed, as decided when the testament was added. */
  readonly disclosure: Disclosure;
  /** Octets that are held for it. */
  readonly octets: number;
}

/** The testaments of one session. Each counts as held memory until it is flushed or has been published. */
export class Testaments {
  readonly #scopes: Record<TestamentScope, Testament[]> = { detached: [], destroyed: [] };
  readonly #held: Held;

  constructor(held: Held) {
    this.#held = held;
  }

  /** How many testaments there are. */
  get size(): number {
    return this.#scopes.detached.length + this.#scopes.destroyed.length;
  }

  /** Adds a testament after the others of its scope; false if there is no memory left for it. */
  add(scope: TestamentScope, testament: Testament): boolean {
    const isTaken = this.#held.take(testament.octets);
    if (isTaken) this.#scopes[scope].push(testament);
    return isTaken;
  }

  /** Removes the testaments of a scope. */
  flush(scope: TestamentScope): void {
    for (const testament of this.#scopes[scope].splice(0)) this.release(testament);
  }

  /**
   * Removes and returns all testaments in the order in which they are to be published. The caller must pass each to
   * `release` afterwards.
   */
  takeAll(): readonly Testament[] {
    return testamentScopes.flatMap((scope) => this.#scopes[scope].splice(0));
  }

  /** Releases the memory of one testament. */
  release({ octets }: Testament): void {
    this.#held.give(octets);
  }
}
