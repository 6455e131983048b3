/** Translations by the names of serializers. */

import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { translate as translateFormats } from '../../src/codec/translate/translate.ts';

/** `translate` of the sources, but its serializers are named. */
export const translate = (
  data: Uint8Array,
  from: SerializerName,
  to: SerializerName,
  mostOctets?: number,
): Uint8Array | string => translateFormats(data, serializers[from], serializers[to], mostOctets);
