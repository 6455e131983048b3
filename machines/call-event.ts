/** What can happen to a call, and the states that it can be in, without the chart: who reads these types needs none of XState. */

/** Everything that can happen to a call. */
export type CallEvent =
  | { readonly type: 'dealer.invoked' }
  | { readonly type: 'dealer.queued' }
  | { readonly type: 'dealer.exhausted' }
  | { readonly type: 'dealer.failed' }
  | { readonly type: 'dealer.dequeued' }
  | { readonly type: 'dealer.expired' }
  | { readonly type: 'callee.progressed' }
  | { readonly type: 'callee.yielded' }
  | { readonly type: 'callee.failed' }
  | { readonly type: 'callee.unavailable' }
  | { readonly type: 'callee.left' }
  | { readonly type: 'caller.continued' }
  | { readonly type: 'caller.skipped' }
  | { readonly type: 'caller.killedNoWait' }
  | { readonly type: 'caller.killed' }
  | { readonly type: 'caller.left' };

/**
 * The names of the innermost states. `pending` and `progressing` are substates of `underway`; `underway` and `canceling`
 * are substates of `invoked`.
 */
export type CallState = 'routing' | 'queued' | 'pending' | 'progressing' | 'canceling' | 'answered';
