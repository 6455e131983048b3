/**
 * One installed interceptor: an RxJS operator, applied to a stream that lives as long as possible.
 *
 * It fails closed. If an operator throws on a publication, that publication and what the operator held back are lost, and
 * the next publication starts a new stream. If it throws while it is applied, or fails before it was given a publication,
 * its scope is closed: publications are dropped, and the operator is tried again with growing pauses. If it completed by
 * itself, nothing passes any more.
 */

import type { MonoTypeOperatorFunction } from 'rxjs';
import { isObservable, Subject, Subscription } from 'rxjs';
import { ConfigError } from '../wamp/error.ts';
import type { Publication, RoutedPublication } from '../wamp/publication.ts';
import { viewOf } from '../wamp/publication.ts';
import { readEmission } from './emission.ts';

/** An RxJS operator over publications. It passes them on, drops them, or emits copies; it never changes one. */
export type Interceptor = MonoTypeOperatorFunction<Publication>;

/** What an interceptor needs, and the callbacks for its failures. None of these functions may throw. */
export interface StageOptions {
  /** The time in ms, of any monotonic clock. */
  readonly now: () => number;
  /** The realm whose publications it sees and may emit. */
  readonly realm: string;
  /** An operator threw. */
  readonly onFailure: (error: unknown) => void;
  /** A value that an operator emitted, or was to be given, is not sent. `isFirst`: it is the first such value of this interceptor. */
  readonly onRefusal: (fault: string, isFirst: boolean) => void;
  /** A publication was dropped because the interceptor has completed or could not be restarted. */
  readonly onDrop: () => void;
  /** An operator completed without having been asked to. */
  readonly onComplete: () => void;
}

// In ms: the pause before another attempt to start a stream. Each failure doubles it.
const firstPause = 1_000;
const longestPause = 60_000;

interface Stream {
  readonly input: Subject<Publication>;
  /** The subscription to the operator's output; absent while the operator is being subscribed to. */
  subscription?: Subscription;
}

/** One interceptor at its place in the pipeline. */
export class Stage {
  /** The receiver of what the operator emits, synchronously or later. */
  next: (publication: RoutedPublication) => void;
  readonly #interceptor: Interceptor;
  readonly #options: StageOptions;
  /** All streams that have not ended: the current one, and those that are completing and still hold something back. */
  readonly #streams = new Subscription();
  #present: Stream | undefined;
  #completion = Promise.resolve();
  /** The publication that the operator is being given. */
  #passing: RoutedPublication | undefined;
  #hasRefused = false;
  #isSpent = false;
  #pause = firstPause;
  #retryAt = Number.NEGATIVE_INFINITY;

  /**
   * Applies `interceptor`; what it emits goes to `next`. Throws what the operator throws, and a ConfigError if it returns
   * no Observable.
   */
  constructor(interceptor: Interceptor, next: (publication: RoutedPublication) => void, options: StageOptions) {
    this.#interceptor = interceptor;
    this.next = next;
    this.#options = options;
    this.#start();
  }

  /** Gives a publication to the operator. */
  push(publication: RoutedPublication): void {
    // An operator that looked would fail, and what it holds back of others would be lost.
    if (!publication.payload.isReadable) return this.#refuse('no program can have its payload');
    const stream = this.#present ?? this.#resume();
    if (!stream) return this.#options.onDrop();
    const before = this.#passing;
    this.#passing = publication;
    try {
      stream.input.next(viewOf(publication));
    } catch (error) {
      // After a failure of the operator its finalizers may throw as well.
      this.#options.onFailure(error);
    }
    this.#passing = before;
  }

  /**
   * Completes the stream, so that it emits what it holds back. Resolves when the stream has ended. A later publication
   * starts a new one.
   */
  complete(): Promise<void> {
    const ending = this.#present;
    this.#present = undefined;
    const ended = new Promise<void>((resolve) => {
      this.#attempt(() => ending?.input.complete());
      if (ending?.subscription) ending.subscription.add(resolve);
      else resolve();
    });
    this.#completion = Promise.all([this.#completion, ended]).then(() => undefined);
    return this.#completion;
  }

  /** Stops the interceptor. What it holds back is lost, and a pending `complete` resolves. */
  stop(): void {
    this.#present = undefined;
    this.#isSpent = true;
    this.#attempt(() => this.#streams.unsubscribe());
  }

  #start(): void {
    const begun: Stream = { input: new Subject() };
    this.#present = begun;
    const output: unknown = this.#interceptor(begun.input);
    if (!isObservable(output))
      throw new ConfigError('the interceptor must be an RxJS operator, and this function did not return an Observable');
    begun.subscription = output.subscribe({
      next: (value) => this.#emit(value),
      error: (error: unknown) => {
        if (this.#present === begun) this.#present = undefined;
        this.#options.onFailure(error);
      },
      complete: () => {
        if (this.#present === begun) this.#spend();
      },
    });
    this.#streams.add(begun.subscription);
    if (this.#present === begun) this.#pause = firstPause;
    else if (!this.#isSpent) this.#postpone();
  }

  #resume(): Stream | undefined {
    if (this.#isSpent || this.#options.now() < this.#retryAt) return undefined;
    try {
      this.#start();
    } catch (error) {
      this.#present = undefined;
      this.#postpone();
      this.#options.onFailure(error);
    }
    return this.#present;
  }

  #postpone(): void {
    this.#retryAt = this.#options.now() + this.#pause;
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  #spend(): void {
    this.#present = undefined;
    this.#isSpent = true;
    this.#options.onComplete();
  }

  #emit(value: unknown): void {
    // The operator passed on what it was given, which is frozen and so unchanged.
    if (this.#passing !== undefined && value === this.#passing.view) return this.next(this.#passing);
    const read = this.#read(value);
    if (typeof read === 'string') this.#refuse(read);
    else this.next(read);
  }

  #read(value: unknown): RoutedPublication | string {
    try {
      return readEmission(value, this.#options.realm, this.#passing?.audience);
    } catch {
      return 'it cannot be read';
    }
  }

  #refuse(fault: string): void {
    const isFirst = !this.#hasRefused;
    this.#hasRefused = true;
    this.#options.onRefusal(fault, isFirst);
  }

  #attempt(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
