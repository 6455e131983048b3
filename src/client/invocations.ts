/** The invocations that a client is working on: each runs its handler, and is answered once, unless it is interrupted. */

import type { Dict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Args, Kwargs, Message, RequestId } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';

/** What a handler is given. */
export interface Invocation {
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
  /** INVOCATION.Details: the caller where it is disclosed, the procedure under a pattern. */
  readonly details: Dict;
  /** Aborts when the caller cancels or leaves: nobody waits for the result any more. */
  readonly signal: AbortSignal;
  /** Sends a progressive result, if the caller wants to hear any. */
  progress(args?: Args, kwargs?: Kwargs): void;
}

/**
 * Answers calls. What it returns, or the promise it returns resolves to, is the single positional result; `undefined` is no
 * result, a WampResult is one of many. A WampError is the error that the caller hears; anything else that is thrown is
 * answered `wamp.error.runtime_error` without its text.
 */
export type InvocationHandler = (invocation: Invocation) => unknown;

type Send = (message: Message) => void;

const isProgress = { progress: true };

/** Runs handlers. `onError` hears what they throw and the caller does not. */
export const createInvocations = (
  onError: (error: unknown, procedure: string) => void,
): {
  start(message: Message<'INVOCATION'>, procedure: string, handler: InvocationHandler, send: Send): void;
  interrupt(request: RequestId): void;
  /** The session is over: nobody waits for any of them. */
  clear(): void;
} => {
  const running = new Map<RequestId, AbortController>();

  const start = (
    { request, details, args, kwargs }: Message<'INVOCATION'>,
    procedure: string,
    handler: InvocationHandler,
    send: Send,
  ): void => {
    const controller = new AbortController();
    running.set(request, controller);
    const isRunning = (): boolean => running.get(request) === controller;
    const fail = (error: unknown): void => {
      if (!isRunning()) return;
      running.delete(request);
      const answer = { type: 'ERROR', requestType: 'INVOCATION', request } as const;
      const failure = failureOf(error, controller.signal.aborted);
      try {
        send({ ...answer, ...failure });
      } catch (unsent) {
        // What it was told with cannot be sent; that it failed can.
        send({ ...answer, ...failure, args: [], kwargs: undefined });
        onError(unsent, procedure);
      }
      if (!(error instanceof WampError) && !controller.signal.aborted) onError(error, procedure);
    };
    const succeed = (value: unknown): void => {
      if (!isRunning()) return;
      running.delete(request);
      try {
        send({ type: 'YIELD', request, options: {}, ...resultOf(value) });
      } catch (error) {
        running.set(request, controller);
        fail(error);
      }
    };
    const progress = (some: Args = [], more?: Kwargs): void => {
      if (isRunning() && details.receive_progress === true) {
        send({ type: 'YIELD', request, options: isProgress, args: some, kwargs: more });
      }
    };
    Promise.resolve()
      .then(() => handler({ args, kwargs, details, signal: controller.signal, progress }))
      .then(succeed, fail);
  };
  return {
    start,
    interrupt: (request) => running.get(request)?.abort(new WampError(reasons.canceled)),
    clear: () => {
      const all = [...running.values()];
      running.clear();
      for (const controller of all) controller.abort(new WampError(reasons.networkFailure));
    },
  };
};

const resultOf = (value: unknown): { readonly args: Args; readonly kwargs: Kwargs | undefined } =>
  value instanceof WampResult
    ? { args: value.args, kwargs: value.kwargs }
    : { args: value === undefined ? [] : [value], kwargs: undefined };

const failureOf = (
  error: unknown,
  wasInterrupted: boolean,
): Pick<Message<'ERROR'>, 'error' | 'details' | 'args' | 'kwargs'> => {
  if (error instanceof WampError) {
    const { uri, description, args, kwargs } = error;
    return { error: uri, details: {}, args: args.length === 0 && description ? [description] : args, kwargs };
  }
  const uri = wasInterrupted ? reasons.canceled : reasons.runtimeError;
  return { error: uri, details: {}, args: ['the procedure failed'], kwargs: undefined };
};
