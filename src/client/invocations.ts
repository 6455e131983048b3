/** The invocations that a client is working on: each runs its handler and is answered once, unless the session ends first. */

import type { Dict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Message, RequestId } from '../wamp/message.ts';
import type { Args, Kwargs } from '../wamp/payload.ts';
import { emptyPayload, MessagePayload } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { WampResult } from '../wamp/result.ts';

/** What a handler of the client is given. */
export interface Invocation {
  readonly args: Args;
  /** Undefined when there are none. */
  readonly kwargs: Kwargs | undefined;
  /** INVOCATION.Details: the caller if it is disclosed, the procedure if it is registered by a pattern. */
  readonly details: Dict;
  /** Aborts when the caller cancels or leaves, or when the session ends: the result is not needed any more. */
  readonly signal: AbortSignal;
  /** Sends a progressive result if the caller asked for them; otherwise it does nothing. */
  progress(args?: Args, kwargs?: Kwargs): void;
}

/**
 * Answers calls. What it returns, or the promise it returns resolves to, is the single positional result; `undefined` is a
 * result without arguments, a WampResult one of any arguments. A WampError that it throws is sent to the caller. Anything
 * else that it throws is answered with `wamp.error.runtime_error`, without its text.
 */
export type InvocationHandler = (invocation: Invocation) => unknown;

type Send = (message: Message) => void;

const isProgress = { progress: true };

/** Runs handlers. `onError` is called with what they throw, unless that is sent to the caller. */
export const createInvocations = (
  onError: (error: unknown, procedure: string) => void,
): {
  start(message: Message<'INVOCATION'>, procedure: string, handler: InvocationHandler, send: Send): void;
  interrupt(request: RequestId): void;
  /** Ends all invocations without an answer, because the session is over. */
  clear(): void;
} => {
  const running = new Map<RequestId, AbortController>();

  const start = (
    { request, details, payload: { args, kwargs } }: Message<'INVOCATION'>,
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
        // The arguments of the error cannot be sent; the error itself can.
        send({ ...answer, ...failure, payload: emptyPayload });
        onError(unsent, procedure);
      }
      if (!(error instanceof WampError) && !controller.signal.aborted) onError(error, procedure);
    };
    const succeed = (value: unknown): void => {
      if (!isRunning()) return;
      running.delete(request);
      try {
        send({ type: 'YIELD', request, options: {}, payload: resultOf(value) });
      } catch (error) {
        running.set(request, controller);
        fail(error);
      }
    };
    const progress = (some: Args = [], more?: Kwargs): void => {
      if (isRunning() && details.receive_progress === true) {
        send({ type: 'YIELD', request, options: isProgress, payload: MessagePayload.of(some, more) });
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

const resultOf = (value: unknown): MessagePayload => {
  if (value instanceof WampResult) return MessagePayload.of(value.args, value.kwargs);
  return MessagePayload.of(value === undefined ? [] : [value]);
};

const failureOf = (
  error: unknown,
  wasInterrupted: boolean,
): Pick<Message<'ERROR'>, 'error' | 'details' | 'payload'> => {
  if (error instanceof WampError) {
    const { uri, description, args, kwargs } = error;
    const all = args.length === 0 && description ? [description] : args;
    return { error: uri, details: {}, payload: MessagePayload.of(all, kwargs) };
  }
  const uri = wasInterrupted ? reasons.canceled : reasons.runtimeError;
  return { error: uri, details: {}, payload: MessagePayload.of(['the procedure failed']) };
};
