/** The option `inspect`. It does without the types of XState, which do not compile with `exactOptionalPropertyTypes`. */

/** An inspection event of XState: the properties that every kind of its `InspectionEvent` has. */
export interface InspectedEvent {
  /** The kind, such as `@xstate.event` or `@xstate.snapshot`. */
  readonly type: string;
  /** The `sessionId` of the actor at the root. */
  readonly rootId: string;
  /** The actor that the event is about. */
  readonly actorRef: unknown;
}

interface Inspector {
  inspect(event: InspectedEvent): void;
}

/**
 * The observer of XState's `inspect` option: it sees what every actor does, in XState's own terms. A function that takes XState's
 * `InspectionEvent` is one, as the parameter of a method may have a narrower type.
 */
export type Inspect = Inspector['inspect'];
