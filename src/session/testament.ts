/**
 * Testaments: publications that a session leaves behind, made when it is over (Advanced Profile, "Session Testament"). There
 * is no resumption, so both scopes are published at the end, those of `detached` first, each in the order they were added.
 */

import type { Payload } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import type { Disclosure } from './disclosure.ts';
import type { Held } from './held.ts';

/** When a testament is published. */
export type TestamentScope = 'detached' | 'destroyed';

/** The scopes in the order of their publication. */
export const testamentScopes: readonly TestamentScope[] = ['detached', 'destroyed'];

/** A publication to be made. */
export interface Testament extends Payload {
  readonly topic: string;
  readonly options: PublishOptions;
  /** Whether the session is named, as it was decided when the testament was added. */
  readonly disclosure: Disclosure;
  /** Octets that are held for it. */
  readonly octets: number;
}

/** What one session leaves behind. Each testament is held until it is flushed or has been published. */
export class Testaments {
  readonly #scopes: Record<TestamentScope, Testament[]> = { detached: [], destroyed: [] };
  readonly #held: Held;

  constructor(held: Held) {
    this.#held = held;
  }

  /** How many there are. */
  get size(): number {
    return this.#scopes.detached.length + this.#scopes.destroyed.length;
  }

  /** Adds one behind the others of its scope; false where it finds no room. */
  add(scope: TestamentScope, testament: Testament): boolean {
    const isTaken = this.#held.take(testament.octets);
    if (isTaken) this.#scopes[scope].push(testament);
    return isTaken;
  }

  /** Forgets those of a scope. */
  flush(scope: TestamentScope): void {
    for (const testament of this.#scopes[scope].splice(0)) this.release(testament);
  }

  /** Takes all of them out, in the order of their publication; whoever has done with one gives it to `release`. */
  takeAll(): readonly Testament[] {
    return testamentScopes.flatMap((scope) => this.#scopes[scope].splice(0));
  }

  /** One is held no longer. */
  release({ octets }: Testament): void {
    this.#held.give(octets);
  }
}
