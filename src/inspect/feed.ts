/**
 * The feed of facts about connections. While nobody watches, nothing is made and nothing is held: whoever could tell a fact asks
 * one field.
 */

import { Observable, Subject } from 'rxjs';
import type { Fact } from './fact.ts';

/** The feed of one router. */
export class Feed {
  /** Whether anybody watches. The only thing that is asked while messages are handled. */
  isOn = false;
  /** The facts from now on, in the order in which things happen; complete when the router has stopped. */
  readonly facts$: Observable<Fact>;
  readonly #subject = new Subject<Fact>();

  constructor() {
    this.facts$ = new Observable((observer) => {
      const subscription = this.#subject.subscribe(observer);
      this.isOn = this.#subject.observed;
      return () => {
        subscription.unsubscribe();
        this.isOn = this.#subject.observed;
      };
    });
  }

  /** Tells a fact to those who watch. */
  tell(fact: Fact): void {
    this.#subject.next(fact);
  }

  /** Completes what is being watched, now and later. */
  close(): void {
    this.#subject.complete();
  }
}
