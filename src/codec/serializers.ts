/** The serializers that this router and its client have. */

import { createCborSerializer } from './cbor.ts';
import { jsonSerializer } from './json.ts';
import { createMsgpackSerializer } from './msgpack.ts';
import type { Serializer, SerializerName } from './serializer.ts';

/** Every serializer by name. */
export const serializers: Readonly<Record<SerializerName, Serializer>> = {
  json: jsonSerializer,
  msgpack: createMsgpackSerializer(),
  cbor: createCborSerializer(),
};
