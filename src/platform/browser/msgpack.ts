/**
 * MessagePack in browsers, by the readers and writers that payloads are translated with, whose values are those of Node: a second library
 * would make a page load half as much again.
 */

import { fromValues } from '../../codec/translate/from-values.ts';
import { readMsgpack } from '../../codec/translate/msgpack-reader.ts';
import { msgpackWriter } from '../../codec/translate/msgpack-writer.ts';
import { toValues } from '../../codec/translate/to-values.ts';

export const encodeMsgpack = (list: readonly unknown[]): Uint8Array => fromValues([list], msgpackWriter);

export const decodeMsgpack = (data: Uint8Array): unknown => toValues(data, 'msgpack', readMsgpack)[0];
