/**
 * What can happen to the router, and what its chart remembers, without the chart: who reads these types needs none of XState.
 */

/** What the chart remembers. */
export interface ServerContext {
  /** The length of the drain period, in ms. */
  readonly drain: number;
  /** In ms: how long interceptors may take to emit what they hold back, and then how long sessions may take to leave. */
  readonly closeTimeout: number;
  /** A handle for the code that runs the machine; the chart never looks at it. */
  readonly owner: unknown;
}

/** The input of the machine. */
export type ServerInput = Pick<ServerContext, 'closeTimeout' | 'owner'>;

/** Everything that can happen to the router. */
export type ServerEvent =
  | { readonly type: 'transport.listening' }
  | { readonly type: 'router.close'; readonly drain: number }
  | { readonly type: 'interceptors.completed' }
  | { readonly type: 'connections.gone' };

/** The names of the states, as `postmaster.state` shows them. */
export type ServerState = 'starting' | 'listening' | 'draining' | 'stopped';
