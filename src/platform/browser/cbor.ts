/**
 * CBOR in browsers, by the readers and writers that payloads are translated with, whose values are those of Node: a second library
 * would make a page load half as much again.
 */

import { readCbor } from '../../codec/translate/cbor-reader.ts';
import { cborWriter } from '../../codec/translate/cbor-writer.ts';
import { fromValues } from '../../codec/translate/from-values.ts';
import { toValues } from '../../codec/translate/to-values.ts';

export const encodeCbor = (list: readonly unknown[]): Uint8Array => fromValues([list], cborWriter);

export const decodeCbor = (data: Uint8Array): unknown => toValues(data, 'cbor', readCbor)[0];
