/**
 * One interceptor at work: an RxJS operator, applied to a stream that lives as long as it can.
 *
 * It fails closed. An operator that throws on a publication costs that publication and what it held; its stream begins anew with the
 * next one. One that throws while it is applied, or fails before anything was said to it, closes its scope: what it should have seen is
 * dropped, and it is tried again with growing pauses. One that completed by itself lets nothing pass any more.
 */

import type { MonoTypeOperatorFunction } from 'rxjs';
import { isObservable, Subject, Subscription } from 'rxjs';
import { ConfigError } from '../wamp/error.ts';
import type { Publication } from '../wamp/message.ts';
import { readEmission } from './emission.ts';

/** An RxJS operator over publications. It passes them on, drops them, or emits copies; it never changes one. */
export type Interceptor = MonoTypeOperatorFunction<Publication>;

/** What an interceptor works with, and who hears of its failures. Nothing of it may throw. */
export interface StageOptions {
  /** ms, of any clock that goes forward. */
  readonly now: () => number;
  /** Whose publications it sees, and may emit. */
  readonly realm: string;
  /** An operator threw. */
  readonly onFailure: (error: unknown) => void;
  /** Something that an operator emitted is not sent. `isFirst`: it is this interceptor's first. */
  readonly onRefusal: (fault: string, isFirst: boolean) => void;
  /** A publication was dropped, because the interceptor has completed or could not be begun anew. */
  readonly onDrop: () => void;
  /** An operator completed although nobody asked for it. */
  readonly onComplete: () => void;
}

// ms between two attempts to begin a stream: each failure doubles the pause.
const firstPause = 1_000;
const longestPause = 60_000;

interface Stream {
  readonly input: Subject<Publication>;
  /** Ends with it; absent while the operator is being subscribed to. */
  subscription?: Subscription;
}

/** An interceptor in its place. */
export class Stage {
  /** Where what the operator emits goes, now or later. */
  next: (publication: Publication) => void;
  readonly #interceptor: Interceptor;
  readonly #options: StageOptions;
  /** All that have not ended: the present one, and those that were completed and still hold something. */
  readonly #streams = new Subscription();
  #present: Stream | undefined;
  #completion = Promise.resolve();
  /** What the operator is being told just now. */
  #passing: Publication | undefined;
  #hasRefused = false;
  #isSpent = false;
  #pause = firstPause;
  #retryAt = Number.NEGATIVE_INFINITY;

  /**
   * Applies `interceptor`; what it emits goes to `next`. Throws what the operator throws at this first time, and a ConfigError when it
   * returns no Observable.
   */
  constructor(interceptor: Interceptor, next: (publication: Publication) => void, options: StageOptions) {
    this.#interceptor = interceptor;
    this.next = next;
    this.#options = options;
    this.#start();
  }

  /** Takes a publication to the operator. */
  push(publication: Publication): void {
    const stream = this.#present ?? this.#resume();
    if (!stream) return this.#options.onDrop();
    const before = this.#passing;
    this.#passing = publication;
    try {
      stream.input.next(publication);
    } catch (error) {
      // Behind an operator's own failure its finalizers may throw, too.
      this.#options.onFailure(error);
    }
    this.#passing = before;
  }

  /** Completes the stream, so that all it holds comes out. Resolves when it has ended; what is pushed after begins another. */
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

  /** Ends it; what it holds is lost, and waiting for its completion is over. */
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
      throw new ConfigError('intercept takes an RxJS operator, and this function returned no Observable');
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
    // What was pushed is frozen, so it is what it was.
    if (value === this.#passing) return this.next(value as Publication);
    const read = this.#read(value);
    if (typeof read === 'string') this.#refuse(read);
    else this.next(read);
  }

  #read(value: unknown): Publication | string {
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
