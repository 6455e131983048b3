/**
 * Reads and writes the most frequent messages without the message table. This is a short cut, not a second codec: every
 * unusual message is left to the table, and a test proves that both agree.
 */

import { isDict } from '../base/dict.ts';
import { isId } from '../wamp/id.ts';
import type { Message } from '../wamp/message.ts';
import { messageTable } from '../wamp/message.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import { payloadOf } from './payload.ts';

const { PUBLISH, PUBLISHED, EVENT, CALL, RESULT, INVOCATION, YIELD } = messageTable;

const readRequest = (type: 'PUBLISH' | 'CALL', list: readonly unknown[]): Message | undefined => {
  const request = list[1];
  const options = list[2];
  const uri = list[3];
  if (list.length < 4 || list.length > 6 || typeof uri !== 'string') return undefined;
  if (!isId(request) || !isDict(options)) return undefined;
  const payload = payloadOf(list, 4);
  if (!payload) return undefined;
  return type === 'PUBLISH'
    ? { type, request, options, topic: uri, payload }
    : { type, request, options, procedure: uri, payload };
};

const readYield = (list: readonly unknown[]): Message | undefined => {
  const request = list[1];
  const options = list[2];
  if (list.length < 3 || list.length > 5 || !isId(request) || !isDict(options)) return undefined;
  const payload = payloadOf(list, 3);
  return payload && { type: 'YIELD', request, options, payload };
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
  switch (message.type) {
    case 'EVENT': {
      const { subscription, publication, details, payload } = message;
      return withArgs([EVENT.code, subscription, publication, details], payload);
    }
    case 'PUBLISHED':
      return [PUBLISHED.code, message.request, message.publication];
    case 'RESULT': {
      const { request, details, payload } = message;
      return withArgs([RESULT.code, request, details], payload);
    }
    case 'INVOCATION': {
      const { request, registration, details, payload } = message;
      return withArgs([INVOCATION.code, request, registration, details], payload);
    }
    default:
      return undefined;
  }
};

const withArgs = (list: unknown[], { args, kwargs }: MessagePayload): unknown[] | undefined => {
  if (kwargs !== undefined) return undefined;
  if (args.length > 0) list.push(args);
  return list;
};
