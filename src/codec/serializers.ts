/** The serializers that this router and its client have. */

import { createCborSerializer } from './cbor.ts';
import { createJsonSerializer } from './json.ts';
import { createMsgpackSerializer } from './msgpack.ts';
import type { Serializer, SerializerName } from './serializer.ts';

/** Every serializer by name. */
export const serializers: Readonly<Record<SerializerName, Serializer>> = {
  json: createJsonSerializer(),
  msgpack: createMsgpackSerializer(),
  cbor: createCborSerializer(),
};
