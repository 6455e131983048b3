/** Errors of requests, as v2 peers are told of them. */

import { hasEntries, isDict } from '../../base/dict.ts';
import type { ErrorMessage, Message } from '../../wamp/message.ts';

/** An error without arguments has its sentence as the only one: there is no other place where clients look for it. */
export const toErrorMessage = (error: ErrorMessage): Message<'ERROR'> => {
  const { requestType, request, details, args, kwargs, description } = error;
  const isBare = args.length === 0 && !hasEntries(kwargs) && description !== '';
  return {
    type: 'ERROR',
    requestType,
    request,
    details: isDict(details) ? details : {},
    error: error.error,
    args: isBare ? [description] : args,
    kwargs,
  };
};
