/**
 * WAMP v2 messages to lists and back, for both router and client, derived from the one table in `src/wamp/message.ts`. It
 * checks the form of a message. Whether the message is allowed now is decided by the chart, and its options are checked by
 * the core.
 *
 * In a list that is written, missing arguments are left out; they are never null and never an empty dictionary (Basic
 * Profile, "Messages"). When reading, null in the place of arguments or of optional details counts as missing, because some
 * clients write it.
 */

import type { Dict } from '../base/dict.ts';
import { hasEntries, isDict, isEmpty, isMissing } from '../base/dict.ts';
import { ProtocolViolation } from '../wamp/error.ts';
import { isId } from '../wamp/id.ts';
import type { Message, MessageType } from '../wamp/message.ts';
import { messageTable, messageTypes } from '../wamp/message.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import type { Bounds } from './bounds.ts';
import type { Source } from './payload.ts';
import { payloadOf } from './payload.ts';
import type { Serializer } from './serializer.ts';
import { readFrequent, writeFrequent } from './v2-frequent.ts';

/** The sender of a list, which must be a message that this sender may send. */
export type Origin = 'peer' | 'router';

interface Field {
  readonly name: string;
  readonly kind: string;
}

interface Layout {
  readonly type: MessageType;
  readonly code: number;
  readonly from: string;
  readonly fields: readonly Field[];
  /** The numbers of elements that must and that may be there, including the code. */
  readonly least: number;
  readonly most: number;
}

const trailing = new Set(['payload', 'details']);

const layouts: readonly Layout[] = messageTypes.map((type) => {
  const { code, from, fields } = messageTable[type];
  const parsed = fields.map((field): Field => {
    const [name = '', kind = ''] = field.split(':');
    return { name, kind };
  });
  const needed = parsed.filter(({ kind }) => !trailing.has(kind)).length;
  // A payload is two elements.
  const most = parsed.length + (parsed.at(-1)?.kind === 'payload' ? 2 : 1);
  return { type, code, from, fields: parsed, least: needed + 1, most };
});

const byCode: readonly (Layout | undefined)[] = layouts.reduce<(Layout | undefined)[]>((table, layout) => {
  table[layout.code] = layout;
  return table;
}, []);
const layoutOf = (code: unknown): Layout | undefined => (typeof code === 'number' ? byCode[code] : undefined);
const byType = new Map(layouts.map((layout) => [layout.type, layout]));

/** The requests that an ERROR from each sender may be about. A peer can only fail invocations. */
const errorTypes: Readonly<Record<Origin, ReadonlySet<string>>> = {
  peer: new Set<MessageType>(['INVOCATION']),
  router: new Set<MessageType>(['SUBSCRIBE', 'UNSUBSCRIBE', 'PUBLISH', 'CALL', 'REGISTER', 'UNREGISTER']),
};

/** Converts element `at` of a list; undefined if it is of the wrong type. An optional element that is missing arrives as undefined. */
type Read = (
  value: unknown,
  origin: Origin,
  list: readonly unknown[],
  at: number,
  source: Source | undefined,
) => unknown;

const missing: unique symbol = Symbol('missing');

const readers: Readonly<Record<string, Read>> = {
  id: (value) => (isId(value) ? value : undefined),
  // A URI of the wrong type is treated as an invalid URI: the request is refused, and the session goes on.
  uri: (value) => (typeof value === 'string' ? value : ''),
  reason: (value) => (typeof value === 'string' ? value : ''),
  text: (value) => (typeof value === 'string' ? value : undefined),
  dict: (value) => (isDict(value) ? value : undefined),
  details: (value) => (isMissing(value) ? missing : isDict(value) ? value : undefined),
  payload: (_value, _origin, list, at, source) => payloadOf(list, at, source),
  type: (value, origin) => {
    const type = layoutOf(value)?.type;
    return type !== undefined && errorTypes[origin].has(type) ? type : undefined;
  },
};

/** What each kind of element must be, for the text of a violation. A wrong URI or reason is none. */
const expected: Readonly<Record<string, string>> = {
  id: 'an id, a whole number from 1 to 2^53 - 1',
  text: 'a string',
  dict: 'a dictionary',
  details: 'a dictionary',
  payload: 'a list, and a dictionary behind it if there is more',
  type: 'the code of a request that its sender may answer',
};

const violation = (message: string): ProtocolViolation => new ProtocolViolation(message);

// A revocation has request 0 (Advanced Profile, "Registration Revocation").
const isRevocation = ({ type }: Layout, kind: string, value: unknown): boolean =>
  value === 0 && kind === 'id' && (type === 'UNREGISTERED' || type === 'UNSUBSCRIBED');

/**
 * Reads a message that `origin` sent as octets. Returns a ProtocolViolation for anything else. Its text quotes nothing of
 * the message: a malformed AUTHENTICATE contains a secret, and parsers like to quote their input.
 */
export const readOctets = (
  serializer: Serializer,
  data: Uint8Array,
  { maxDepth, maxElements }: Bounds,
  origin: Origin,
): Message | ProtocolViolation => {
  let list: unknown;
  try {
    list = serializer.decodeEnvelope(data, maxDepth, maxElements);
  } catch (error) {
    const cause = error instanceof ProtocolViolation ? `: ${error.message}` : '';
    return violation(`the message cannot be read as ${serializer.name}${cause}`);
  }
  return readMessage(list, origin, { serializer, data });
};

/**
 * Reads a list from `origin`, whole or as it came from `source`. Returns a ProtocolViolation that says what is wrong if it is
 * not a message of that sender.
 */
export const readMessage = (list: unknown, origin: Origin, source?: Source): Message | ProtocolViolation =>
  (origin === 'peer' && readFrequent(list, source)) || readByTable(list, origin, source);

/** Reads a list using only the table. */
export const readByTable = (list: unknown, origin: Origin, source?: Source): Message | ProtocolViolation => {
  if (!Array.isArray(list)) return violation('a message must be a list');
  const layout = layoutOf(list[0]);
  if (!layout) return violation(`unknown message code ${describe(list[0])}`);
  const { type, from, fields, least, most } = layout;
  if (from !== 'both' && from !== origin) return violation(`a ${origin} may not send ${type}`);
  if (list.length < least || list.length > most) {
    return violation(`${type} must have ${least} to ${most} elements, not ${list.length}`);
  }
  const message: Record<string, unknown> = { type };
  for (let at = 0; at < fields.length; at += 1) {
    const { name, kind } = fields[at] as Field;
    const given: unknown = list[at + 1];
    const value = isRevocation(layout, kind, given) ? given : readers[kind]?.(given, origin, list, at + 1, source);
    if (value === undefined) return violation(`the ${name} of ${type} must be ${expected[kind]}`);
    message[name] = value === missing ? undefined : value;
  }
  return message as unknown as Message;
};

const describe = (code: unknown): string => (typeof code === 'number' ? String(code) : `of type ${typeof code}`);

/** The elements of a payload: none, or args, or args and kwargs. */
const elementsOf = ({ args, kwargs }: MessagePayload): readonly unknown[] => {
  if (hasEntries(kwargs)) return [args, kwargs];
  return args.length > 0 ? [args] : [];
};

/** The list for a message. */
export const writeMessage = (message: Message): unknown[] => {
  const list = writeEnvelope(message);
  if ('payload' in message) list.push(...elementsOf(message.payload));
  return list;
};

/** The list for a message without its payload. */
export const writeEnvelope = (message: Message): unknown[] => writeFrequent(message) ?? writeByTable(message);

/** Writes a message without its payload, using only the table. */
export const writeByTable = (message: Message): unknown[] => {
  const { code, fields } = byType.get(message.type) as Layout;
  const given = message as unknown as Dict;
  const list: unknown[] = [code];
  for (const { name, kind } of fields) {
    const value = given[name];
    if (kind === 'payload' || (kind === 'details' && (value === undefined || isEmpty(value as Dict)))) continue;
    list.push(kind === 'type' ? messageTable[value as MessageType].code : value);
  }
  return list;
};
