import { Decoder, ExtensionCodec } from '@msgpack/msgpack';
import { decode as decodeCbor } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCborHead } from '../../src/codec/cbor-walk.ts';
import { endOfElements, startOfElement } from '../../src/codec/json-walk.ts';
import { readMsgpackHead } from '../../src/codec/msgpack-walk.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { translate } from '../../src/codec/translate/translate.ts';
import { found, refusalOf } from '../../src/codec/walk.ts';
import { isWellFormedCbor } from '../support/cbor-judge.ts';
import { cborOctets, jsonOctets, losslessOctets, msgpackOctets } from '../support/payload-octets.ts';
import { property } from './settings.ts';

const octetsIn = { json: jsonOctets, msgpack: msgpackOctets, cbor: cborOctets } as const;
const heads = { msgpack: readMsgpackHead, cbor: readCborHead } as const;

const walk = (name: 'msgpack' | 'cbor', data: Uint8Array): string | undefined =>
  refusalOf(data, heads[name], 64, Number.POSITIVE_INFINITY);

const isText = (data: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(data);
    return true;
  } catch {
    return false;
  }
};

const isJson = (data: Uint8Array): boolean => {
  try {
    JSON.parse(Buffer.from(data).toString());
    return isText(data);
  } catch {
    return false;
  }
};

/** Whether octets are one well-formed value, as somebody else judges. */
const judges: Readonly<Record<SerializerName, (data: Uint8Array) => boolean>> = {
  json: isJson,
  cbor: isWellFormedCbor,
  msgpack: (data) => {
    const extensionCodec = new ExtensionCodec();
    for (let type = -128; type < 128; type += 1) extensionCodec.register({ type, encode: () => null, decode: () => null });
    let areTexts = true;
    const decoder = new Decoder({ extensionCodec, rawStrings: true, mapKeyConverter: () => 'key', keyDecoder: null });
    try {
      const look = (value: unknown): void => {
        if (value instanceof Uint8Array) areTexts &&= isText(value);
        else if (Array.isArray(value)) value.forEach(look);
      };
      look(decoder.decode(data));
      return areTexts;
    } catch {
      return false;
    }
  },
};

const damaged = (octets: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(octets, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(2)), { minLength: 1, maxLength: 3 }))
    .map(([data, changes]) => {
      const list = [...data];
      for (const [place, octet, way] of changes) list.splice(place % (list.length + 1), way === 0 ? 0 : 1, ...(way === 2 ? [] : [octet]));
      return Buffer.from(list);
    });
