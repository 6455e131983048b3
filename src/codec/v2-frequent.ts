/**
 * Reads and writes the most frequent messages without the message table. This is a short cut, not a second codec: every
 * unusual message is left to the table, and a test proves that both agree.
 */

import { isDict } from '../base/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Message } from '../wamp/message.ts';
import { messageTable } from '../wamp/message.ts';
import type { Source } from './payload.ts';
import { payloadOf } from './payload.ts';

const { PUBLISH, PUBLISHED, EVENT, CALL, RESULT, INVOCATION, YIELD } = messageTable;

const readRequest = (
  type: 'PUBLISH' | 'CALL',
  list: readonly unknown[],
  source: Source | undefined,
): Message | undefined => {
  const request = list[1];
  const options = list[2];
  const uri = list[3];
  if (list.length < 4 || list.length > 6 || typeof uri !== 'string') return undefined;
  if (!isId(request) || !isDict(options)) return undefined;
  const payload = payloadOf(list, 4, source);
  if (!payload) return undefined;
  return type === 'PUBLISH'
    ? { type, request, options, topic: uri, payload }
    : { type, request, options, procedure: uri, payload };
};

const readYield = (list: readonly unknown[], source: Source | undefined): Message | undefined => {
  const request = list[1];
  const options = list[2];
  if (list.length < 3 || list.length > 5 || !isId(request) || !isDict(options)) return undefined;
  const payload = payloadOf(list, 3, source);
  return payload && { type: 'YIELD', request, options, payload };
};

/** Reads a message of a peer. Undefined if it is not one of the frequent ones, or not valid. */
export const readFrequent = (list: unknown, source?: Source): Message | undefined => {
  if (!Array.isArray(list)) return undefined;
  switch (list[0]) {
    case PUBLISH.code:
      return readRequest('PUBLISH', list, source);
    case CALL.code:
      return readRequest('CALL', list, source);
    case YIELD.code:
      return readYield(list, source);
    default:
      return undefined;
  }
};

/** The list for a message without its payload. Undefined if it is not one of the frequent ones. */
export const writeFrequent = (message: Message): unknown[] | undefined => {
  switch (message.type) {
    case 'EVENT':
      return [EVENT.code, message.subscription, message.publication, message.details];
    case 'PUBLISHED':
      return [PUBLISHED.code, message.request, message.publication];
    case 'RESULT':
      return [RESULT.code, message.request, message.details];
    case 'INVOCATION':
      return [INVOCATION.code, message.request, message.registration, message.details];
    default:
      return undefined;
  }
};
