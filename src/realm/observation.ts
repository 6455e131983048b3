/**
 * A topic as an Observable that outlives its observers: what one of them throws is reported, where RxJS would throw it again
 * with nobody to catch it, which ends the process.
 */

import type { Observer, Operator, Subscription } from 'rxjs';
import { Observable, Subscriber } from 'rxjs';
import { attempt } from '../base/thenable.ts';

type OnFault = (error: unknown) => void;
type Next<Value> = (value: Value) => void;

/** An Observable whose observers, and those of what is piped from it, may throw. An error that nobody handles is reported too. */
export class GuardedObservable<Value> extends Observable<Value> {
  #onFault: OnFault = () => {};

  /** What comes from `source`; faults of observers go to `onFault`. */
  static of<Value>(source: Observable<Value>, onFault: OnFault): Observable<Value> {
    const observable = new GuardedObservable<Value>((subscriber) => source.subscribe(subscriber));
    observable.#onFault = onFault;
    return observable;
  }

  // RxJS makes what `pipe` returns with this.
  override lift<Result>(operator?: Operator<Value, Result>): Observable<Result> {
    const lifted = new GuardedObservable<Result>();
    lifted.#onFault = this.#onFault;
    lifted.source = this;
    lifted.operator = operator as Operator<unknown, Result>;
    return lifted;
  }

  override subscribe(
    first?: Partial<Observer<Value>> | Next<Value> | null,
    error?: Next<unknown> | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator, or somebody who has taken care of it.
    if (first instanceof Subscriber) return super.subscribe(first);
    const observer = typeof first === 'function' || !first ? { next: first, error, complete } : first;
    const onFault = this.#onFault;
    return super.subscribe({
      next: (value) => attempt(() => observer.next?.(value), onFault),
      error: (fault) => attempt(() => (observer.error ? observer.error(fault) : onFault(fault)), onFault),
      complete: () => attempt(() => observer.complete?.(), onFault),
    });
  }
}
