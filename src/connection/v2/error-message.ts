/** ERROR messages for v2 peers. */

import { isDict } from '../../base/dict.ts';
import type { ErrorMessage, Message } from '../../wamp/message.ts';
import { MessagePayload } from '../../wamp/payload.ts';

/**
 * Makes the ERROR message of an error. If the error has no arguments, its description becomes the only one: clients look for
 * it nowhere else.
 */
export const toErrorMessage = (error: ErrorMessage): Message<'ERROR'> => {
  const { requestType, request, details, payload, description } = error;
  const isBare = payload.isEmpty && description !== '';
  return {
    type: 'ERROR',
    requestType,
    request,
    details: isDict(details) ? details : {},
    error: error.error,
    payload: isBare ? MessagePayload.of([description]) : payload,
  };
};
