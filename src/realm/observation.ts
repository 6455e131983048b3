/**
 * A topic as an Observable that survives faults of its observers. What an observer throws is reported. RxJS would throw it
 * again asynchronously, where it cannot be caught and ends the process.
 */

import type { Observer, Operator, Subscription } from 'rxjs';
import { Observable, Subscriber } from 'rxjs';
import { attempt } from '../base/thenable.ts';

type OnFault = (error: unknown) => void;
type Next<Value> = (value: Value) => void;

/**
 * An Observable whose observers may throw, including those of Observables that are piped from it. An error notification
 * that no observer handles is reported too.
 */
export class GuardedObservable<Value> extends Observable<Value> {
  #onFault: OnFault = () => {};

  /** An Observable of `source`. Faults of observers are passed to `onFault`. */
  static of<Value>(source: Observable<Value>, onFault: OnFault): Observable<Value> {
    const observable = new GuardedObservable<Value>((subscriber) => source.subscribe(subscriber));
    observable.#onFault = onFault;
    return observable;
  }

  // RxJS creates the results of `pipe` with this method.
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
    // An operator, or an observer that is already guarded.
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
