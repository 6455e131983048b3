/** What the methods of a peer in this process accept, and what they resolve to. */

import type { CallFailure } from '../session/session-calls.ts';
import { routerFailure } from '../session/session-calls.ts';
import type { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { SessionReply } from '../wamp/message.ts';
import type { MessagePayload, Payload, PayloadForm } from '../wamp/payload.ts';
import type { Publication } from '../wamp/publication.ts';
import { reasons } from '../wamp/reasons.ts';

/** Receives events of a subscription. If it throws or rejects, that is logged and counted, and other handlers get the event. */
export type EventHandler<Form extends PayloadForm = 'values'> = (publication: Publication<Form>) => void;

/** Options of a call. */
export interface CallOptions<Form extends PayloadForm = 'values'> {
  /** The form of the result and the progressive results. Default: values. The error of a call has values. */
  readonly payload?: Form;
  /** Receives progressive results. */
  readonly onProgress?: (result: Payload<Form>) => void;
  /** In ms: after this time the call fails with `wamp.error.timeout`. Default: no timeout. */
  readonly timeout?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** Whether the caller's identity is disclosed to the callee, if the realm allows it. */
  readonly discloseMe?: boolean;
}

/** What a request wants besides its answer. */
export interface Hooks {
  /** Given each progressive result. */
  readonly onProgress?: ((result: MessagePayload) => unknown) | undefined;
  /** Whether its results are not decoded. */
  readonly wantsOctets?: boolean;
  readonly onSubscribed?: (id: Id) => void;
}

/** A request that waits for its answer. */
export interface Waiting extends Hooks {
  readonly resolve: (reply: SessionReply) => void;
  readonly reject: (error: WampError) => void;
}

/** A subscription of this peer. */
export interface LocalSubscription {
  readonly topic: string;
  /** Ends the subscription of the handler. Calling it again has no effect. */
  unsubscribe(): Promise<void>;
}

/** A registration of this peer. */
export interface LocalRegistration {
  readonly procedure: string;
  /** Ends the registration; pending calls are still answered. Calling it again has no effect. */
  unregister(): Promise<void>;
}

/** Why an answer cannot be had in this process; undefined if it can. Its payload has been decoded then. */
export const failureOf = (reply: SessionReply): CallFailure | undefined => {
  try {
    if ('payload' in reply) reply.payload.decode();
    return undefined;
  } catch (error) {
    return routerFailure(reasons.invalidArgument, `this process cannot hold ${(error as Error).message}`);
  }
};
