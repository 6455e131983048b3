/** The serializers of this router and its client. A new one takes its own file and a line here. */

import { createCborSerializer } from './cbor.ts';
import { createJsonSerializer } from './json.ts';
import { createMsgpackSerializer } from './msgpack.ts';
import type { Serializer } from './serializer.ts';
import { knowFormats } from './translate/formats.ts';

const table = {
  json: createJsonSerializer(),
  msgpack: createMsgpackSerializer(),
  cbor: createCborSerializer(),
} as const;

/** The names of the serializers. */
export type SerializerName = keyof typeof table;

/** Every serializer by name. */
export const serializers: Readonly<Record<SerializerName, Serializer>> = table;

knowFormats(serializers);

/** The names of all serializers. */
export const serializerNames = Object.keys(table) as readonly SerializerName[];

/** What a peer speaks that chooses none. */
export const defaultSerializer: SerializerName = 'json';

/** The subprotocol of WAMP v2 with a serializer. */
export const subprotocolOf = (name: string): string => `wamp.2.${name}`;
