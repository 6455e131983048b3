/** ERROR messages for v2 peers. */

import { hasEntries, isDict } from '../../base/dict.ts';
import type { ErrorMessage, Message } from '../../wamp/message.ts';

/**
 * Makes the ERROR message of an error. If the error has no arguments, its description becomes the only one: clients look for
 * it nowhere else.
 */
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
