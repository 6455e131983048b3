/**
 * WAMP v1 on the wire: JSON texts to checked messages and back. It checks the form of a message, not whether it is allowed
 * now.
 *
 * Source: the WAMP v1 specification ("WAMP, the WebSocket Application Messaging Protocol", messages 0 to 8). For invalid
 * input, about which it is silent, PROTOCOL.md says what this router does.
 */

import { ProtocolViolation } from '../wamp/error.ts';
import { exceedsOctets } from '../wamp/uri.ts';
import type { Bounds } from './bounds.ts';
import { isNestedWithin } from './depth.ts';
import { hasMoreElements } from './json-walk.ts';
import { readText } from './text.ts';

/** Message codes of WAMP v1. */
export const v1Code = {
  welcome: 0,
  prefix: 1,
  call: 2,
  callResult: 3,
  callError: 4,
  subscribe: 5,
  unsubscribe: 6,
  publish: 7,
  event: 8,
} as const;

/** The exclude element of PUBLISH: whether the publisher is excluded, or a list of the session ids that are. */
export type V1Exclude = boolean | readonly string[] | null | undefined;

/** A message that a v1 client may send, as a checked tuple: the parsed array itself. */
export type V1Message =
  | readonly [code: typeof v1Code.prefix, prefix: string, uri: string]
  | readonly [code: typeof v1Code.call, callId: string, procedure: string, ...args: unknown[]]
  | readonly [code: typeof v1Code.subscribe, topic: string]
  | readonly [code: typeof v1Code.unsubscribe, topic: string]
  | readonly [
      code: typeof v1Code.publish,
      topic: string,
      event: unknown,
      exclude?: V1Exclude,
      eligible?: readonly string[] | null,
    ];

/** Limits for a message, besides its size, which the link limits. */
export interface V1Limits extends Bounds {
  /** The longest URI, in octets. */
  readonly maxUriLength: number;
}

const protocolError = 1002;
const invalidPayload = 1007;

const isText = (value: unknown): value is string => typeof value === 'string';
const isUri = (value: unknown, limits: V1Limits): boolean =>
  isText(value) && value !== '' && !exceedsOctets(value, limits.maxUriLength);
const uriOf = ({ maxUriLength }: V1Limits): string => `a non-empty string of at most ${maxUriLength} octets`;
// The callID is kept while the call is pending, so its length is limited.
const isCallId = (value: unknown, limits: V1Limits): value is string =>
  isText(value) && !exceedsOctets(value, limits.maxUriLength);
const isIdList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** By message code, for the messages of clients: why the elements after the code are not valid; undefined if they are. */
const refusals: Readonly<Record<number, (message: readonly unknown[], limits: V1Limits) => string | undefined>> = {
  [v1Code.prefix]: (message, limits) => {
    if (message.length !== 3) return 'PREFIX must have 3 elements';
    // A CURIE is at most as long as a URI, so a longer prefix would be of no use.
    const isPrefix = isText(message[1]) && !exceedsOctets(message[1], limits.maxUriLength);
    return isPrefix && isUri(message[2], limits)
      ? undefined
      : `PREFIX must have a prefix and a URI, strings of at most ${limits.maxUriLength} octets`;
  },
  [v1Code.call]: (message, limits) => {
    if (!isCallId(message[1], limits))
      return `the callID of CALL must be a string of at most ${limits.maxUriLength} octets`;
    return isUri(message[2], limits) ? undefined : `the procedure of CALL must be ${uriOf(limits)}`;
  },
  [v1Code.subscribe]: (message, limits) =>
    message.length === 2 && isUri(message[1], limits)
      ? undefined
      : `SUBSCRIBE must have one element besides its code, the topic, ${uriOf(limits)}`,
  [v1Code.unsubscribe]: (message, limits) =>
    message.length === 2 && isUri(message[1], limits)
      ? undefined
      : `UNSUBSCRIBE must have one element besides its code, the topic, ${uriOf(limits)}`,
  [v1Code.publish]: (message, limits) => {
    if (message.length < 3 || message.length > 5) return 'PUBLISH must have 3 to 5 elements';
    if (!isUri(message[1], limits)) return `the topic of PUBLISH must be ${uriOf(limits)}`;
    const [, , , exclude, eligible] = message;
    if (!(isAbsent(exclude) || typeof exclude === 'boolean' || isIdList(exclude))) {
      return 'the fourth element of PUBLISH must be true, false or a list of session ids';
    }
    return isAbsent(eligible) || isIdList(eligible)
      ? undefined
      : 'the fifth element of PUBLISH must be a list of session ids';
  },
};

const parse = (data: Uint8Array): unknown => {
  try {
    return JSON.parse(readText(data));
  } catch {
    return undefined;
  }
};

/**
 * Reads one text message. Anything but a valid message of a v1 client is returned as a ProtocolViolation. For a CALL with a
 * readable callID, its `request` is set, since every CALL must be answered.
 */
export const readV1 = (data: Uint8Array, limits: V1Limits): V1Message | ProtocolViolation => {
  const { maxDepth, maxElements } = limits;
  if (hasMoreElements(data, maxElements)) {
    return new ProtocolViolation(`the message has more than ${maxElements} values`, { closeCode: protocolError });
  }
  const message = parse(data);
  if (message === undefined)
    return new ProtocolViolation('the text is not JSON in UTF-8', { closeCode: invalidPayload });
  if (!Array.isArray(message)) return new ProtocolViolation('the message is not a list', { closeCode: protocolError });
  const [code, callId] = message as readonly unknown[];
  const refusalOf = typeof code === 'number' ? refusals[code] : undefined;
  if (!refusalOf)
    return new ProtocolViolation('the message code is not one that a client may send', { closeCode: protocolError });
  // The shortest text with n levels has 2n octets, so short texts are not checked.
  const tooDeep = data.length > 2 * maxDepth && !isNestedWithin(message, maxDepth);
  const refusal = tooDeep ? `the message is nested deeper than ${maxDepth} levels` : refusalOf(message, limits);
  if (refusal === undefined) return message as unknown as V1Message;
  const request = code === v1Code.call && isCallId(callId, limits) ? callId : undefined;
  return new ProtocolViolation(refusal, { closeCode: protocolError, request });
};

/** WELCOME. */
export const writeWelcome = (sessionId: string, ident: string): string =>
  JSON.stringify([v1Code.welcome, sessionId, 1, ident]);

/** CALLRESULT. A result of `undefined` becomes null, since the element must exist. Throws if the result cannot be JSON. */
export const writeCallResult = (callId: string, result: unknown): string =>
  JSON.stringify([v1Code.callResult, callId, result]);

/** CALLERROR. Without details the element is left out. Throws if the details cannot be JSON. */
export const writeCallError = (callId: string, uri: string, description: string, details?: unknown): string =>
  JSON.stringify(
    isAbsent(details)
      ? [v1Code.callError, callId, uri, description]
      : [v1Code.callError, callId, uri, description, details],
  );
