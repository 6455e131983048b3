/** The invocations that a client is working on: each runs its handler and is answered once, unless the session ends first. */

import type { Dict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Message, RequestId } from '../wamp/message.ts';
import type { GivenArgs, GivenKwargs, Payload, PayloadForm, PayloadParts } from '../wamp/payload.ts';
import { emptyPayload, MessagePayload, payloadFrom } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { inForm } from '../wamp/received.ts';
import { WampResult } from '../wamp/result.ts';

/** What a handler of the client is given. */
export interface Invocation<Form extends PayloadForm = 'values'> extends Payload<Form> {
  /** INVOCATION.Details: the caller if it is disclosed, the procedure if it is registered by a pattern. */
  readonly details: Dict;
  /** Aborts when the caller cancels or leaves, or when the session ends: the result is not needed any more. */
  readonly signal: AbortSignal;
  /** Sends a progressive result if the caller asked for them; otherwise it does nothing. */
  progress(args?: GivenArgs, kwargs?: GivenKwargs): void;
}

/**
 * Answers calls. What it returns, or the promise it returns resolves to, is the single positional result; `undefined` is a
 * result without arguments, a WampResult one of any arguments. A WampError that it throws is sent to the caller. Anything
 * else that it throws is answered with `wamp.error.runtime_error`, without its text.
 */
export type InvocationHandler<Form extends PayloadForm = 'values'> = (invocation: Invocation<Form>) => unknown;

/** The session of an invocation. */
export interface InvocationSession {
  readonly payloadParts: PayloadParts;
  send(message: Message): void;
}

/** What answers the invocations of a registration. */
export interface Registrant {
  readonly procedure: string;
  readonly handler: InvocationHandler;
  readonly form: PayloadForm | undefined;
}

const isProgress = { progress: true };

/** Runs handlers. `onError` is called with what they throw, unless that is sent to the caller. */
export const createInvocations = (
  onError: (error: unknown, procedure: string) => void,
): {
  /** Runs the handler of an invocation. Without one the invocation is refused. */
  start(message: Message<'INVOCATION'>, registrant: Registrant | undefined, session: InvocationSession): void;
  interrupt(request: RequestId): void;
  /** Ends all invocations without an answer, because the session is over. */
  clear(): void;
} => {
  const running = new Map<RequestId, AbortController>();

  const run = (
    { request, details, payload }: Message<'INVOCATION'>,
    { procedure, handler, form }: Registrant,
    session: InvocationSession,
  ): void => {
    const { payloadParts } = session;
    const controller = new AbortController();
    running.set(request, controller);
    const isRunning = (): boolean => running.get(request) === controller;
    const fail = (error: unknown): void => {
      if (!isRunning()) return;
      running.delete(request);
      const answer = { type: 'ERROR', requestType: 'INVOCATION', request } as const;
      const failure = failureOf(error, controller.signal.aborted);
      try {
        session.send({ ...answer, ...failure });
      } catch (unsent) {
        // The arguments of the error cannot be sent; the error itself can.
        session.send({ ...answer, ...failure, payload: emptyPayload });
        onError(unsent, procedure);
      }
      if (!(error instanceof WampError) && !controller.signal.aborted) onError(error, procedure);
    };
    const succeed = (value: unknown): void => {
      if (!isRunning()) return;
      running.delete(request);
      try {
        session.send({ type: 'YIELD', request, options: {}, payload: resultOf(value, payloadParts) });
      } catch (error) {
        running.set(request, controller);
        fail(error);
      }
    };
    const progress = (args: GivenArgs = [], kwargs?: GivenKwargs): void => {
      if (!isRunning() || details.receive_progress !== true) return;
      session.send({ type: 'YIELD', request, options: isProgress, payload: payloadFrom(args, kwargs, payloadParts) });
    };
    // The type of the handler says in which form it gets the payload; here it is of one.
    const read = inForm(form as 'values', payloadParts);
    payload.own();
    Promise.resolve()
      .then(() => handler({ ...read(payload), details, signal: controller.signal, progress }))
      .then(succeed, fail);
  };
  const start = (
    message: Message<'INVOCATION'>,
    registrant: Registrant | undefined,
    session: InvocationSession,
  ): void => {
    if (registrant) return run(message, registrant, session);
    const payload = MessagePayload.of(['there is no such registration any more']);
    const { request } = message;
    const error = reasons.unavailable;
    session.send({ type: 'ERROR', requestType: 'INVOCATION', request, details: {}, error, payload });
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

const resultOf = (value: unknown, payloadParts: PayloadParts): MessagePayload => {
  if (value instanceof WampResult) return payloadFrom(value.args, value.kwargs, payloadParts);
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
