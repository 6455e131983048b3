/**
 * Answers requests that failed. Only the request gets an error; the session goes on. A WampError describes a fault of the
 * request; any other error is a fault of the router.
 */

import type { Report } from '../base/report.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Request, SessionRequest, Yield } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Session } from './session.ts';
import type { CallFailure } from './session-calls.ts';
import { routerFailure } from './session-calls.ts';

const failureOf = (error: unknown, { type }: SessionRequest, report: Report): CallFailure => {
  const isRefusal = error instanceof WampError;
  if (!isRefusal) report.error('internal_error', { err: error, request: type }, 'handling a request failed');
  return isRefusal
    ? routerFailure(error.uri, error.description)
    : routerFailure(reasons.runtimeError, 'the router failed');
};

// The invalid option may be `progress` itself. Such a YIELD counts as progressive, so that a callee that goes on is
// interrupted.
const isLast = ({ options: { progress } }: Yield): boolean => (progress ?? false) === false;

const refuse = (session: Session, request: Request, failure: CallFailure, report: Report): void => {
  // A PUBLISH that did not ask for an acknowledgement gets no answer, not even a refusal (Basic Profile, "Publishing and
  // Events").
  if (request.type === 'PUBLISH' && request.options.acknowledge !== true) return report.count('request_dropped');
  const part = request.type === 'CALL' ? session.calls.findProgressive(request.request) : undefined;
  if (part) part.giveUp(failure);
  else session.refuse(request, failure.error, failure.description);
};

/**
 * Answers a request of `session` that threw `error`. A YIELD or an ERROR has no answer of its own, so the error answers its
 * call. For a part of a progressive call the error answers the whole call. A CANCEL, and a PUBLISH that asked for no
 * acknowledgement, are dropped and counted.
 */
export const failRequest = (session: Session, request: SessionRequest, error: unknown, report: Report): void => {
  const failure = failureOf(error, request, report);
  switch (request.type) {
    case 'YIELD': {
      const call = session.calls.invocations.get(request.request as Id);
      return isLast(request) ? call?.fail(failure) : call?.giveUp(failure);
    }
    case 'ERROR':
      return session.calls.invocations.get(request.request as Id)?.fail(failure);
    case 'CANCEL':
      return report.count('request_dropped');
    case 'PUBLISH':
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
    case 'CALL':
    case 'REGISTER':
    case 'UNREGISTER':
      return refuse(session, request, failure, report);
  }
};
