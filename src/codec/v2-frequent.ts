/**
 * Reads and writes the most frequent messages without the message table. This is a short cut, not a second codec: every
 * unusual message is left to the table, and a test proves that both agree.
 */

import { isDict, isEmpty, isMissing } from '../base/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Args, Kwargs, Message } from '../wamp/message.ts';
import { messageTable } from '../wamp/message.ts';

const { PUBLISH, PUBLISHED, EVENT, CALL, RESULT, INVOCATION, YIELD } = messageTable;

const isPayload = (args: unknown, kwargs: unknown): boolean =>
  (isMissing(args) || Array.isArray(args)) && (isMissing(kwargs) || isDict(kwargs));
const argsOf = (args: unknown): Args => (isMissing(args) ? [] : (args as Args));
const kwargsOf = (kwargs: unknown): Kwargs | undefined =>
  isMissing(kwargs) || isEmpty(kwargs as Kwargs) ? undefined : (kwargs as Kwargs);

const readRequest = (type: 'PUBLISH' | 'CALL', list: readonly unknown[]): Message | undefined => {
  const request = list[1];
  const options = list[2];
  const uri = list[3];
  const args = list[4];
  const kwargs = list[5];
  if (list.length < 4 || list.length > 6 || typeof uri !== 'string') return undefined;
  if (!isId(request) || !isDict(options) || !isPayload(args, kwargs)) return undefined;
  return type === 'PUBLISH'
    ? { type, request, options, topic: uri, args: argsOf(args), kwargs: kwargsOf(kwargs) }
    : { type, request, options, procedure: uri, args: argsOf(args), kwargs: kwargsOf(kwargs) };
};

const readYield = (list: readonly unknown[]): Message | undefined => {
  const request = list[1];
  const options = list[2];
  const args = list[3];
  const kwargs = list[4];
  if (list.length < 3 || list.length > 5 || !isId(request) || !isDict(options)) return undefined;
  if (!isPayload(args, kwargs)) return undefined;
  return { type: 'YIELD', request, options, args: argsOf(args), kwargs: kwargsOf(kwargs) };
};

/** Reads a message of a peer. Undefined if it is not one of the frequent ones, or not valid. */
export const readFrequent = (list: unknown): Message | undefined => {
  if (!Array.isArray(list)) return undefined;
  switch (list[0]) {
    case PUBLISH.code:
      return readRequest('PUBLISH', list);
    case CALL.code:
      return readRequest('CALL', list);
    case YIELD.code:
      return readYield(list);
    default:
      return undefined;
  }
};

/** The list for a message. Undefined if it is not one of the frequent ones, or has keyword arguments. */
export const writeFrequent = (message: Message): unknown[] | undefined => {
  if ('kwargs' in message && message.kwargs !== undefined) return undefined;
  switch (message.type) {
    case 'EVENT': {
      const { subscription, publication, details, args } = message;
      return args.length > 0
        ? [EVENT.code, subscription, publication, details, args]
        : [EVENT.code, subscription, publication, details];
    }
    case 'PUBLISHED':
      return [PUBLISHED.code, message.request, message.publication];
    case 'RESULT': {
      const { request, details, args } = message;
      return args.length > 0 ? [RESULT.code, request, details, args] : [RESULT.code, request, details];
    }
    case 'INVOCATION': {
      const { request, registration, details, args } = message;
      return args.length > 0
        ? [INVOCATION.code, request, registration, details, args]
        : [INVOCATION.code, request, registration, details];
    }
    default:
      return undefined;
  }
};
