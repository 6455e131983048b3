/** Payloads as the octets of their two parts, as programs get them with `payload: 'octets'` and give them back. */

import { copyOf } from '#platform/octets';
import { hasEntries } from '../base/dict.ts';
import { EncodedValue } from '../wamp/encoded-value.ts';
import { ConfigError } from '../wamp/error.ts';
import type { GivenArgs, GivenKwargs, MessagePayload, Payload, PayloadParts } from '../wamp/payload.ts';
import { encodeOne } from './encode-one.ts';
import type { Serializer } from './serializer.ts';
import { formatOf } from './translate/formats.ts';
import { fromValues, KnownOctets } from './translate/from-values.ts';

/** The serializer of a name. Throws if there is none. Whoever reads payloads is one. */
const serializerOf = (name: string): Serializer => formatOf(name) as Serializer;

const join = (args: GivenArgs, kwargs: GivenKwargs): MessagePayload => {
  const { serializer: name } = (args instanceof EncodedValue ? args : kwargs) as EncodedValue;
  const serializer = serializerOf(name);
  const octets = fromValues([[args, kwargs]], serializer.writer);
  const payload = serializer.nested({ octets, count: 1, reader: serializer }, 0);
  if (!payload) throw new TypeError('args must be a list, kwargs a dictionary');
  return payload;
};

const split = (payload: MessagePayload, own: Serializer): Payload<'octets'> => {
  const { encoded } = payload;
  const serializer = serializerOf(encoded?.reader.name ?? own.name);
  // A program may write into them, and others are still to be sent the same.
  const part = (octets: Uint8Array): EncodedValue => new EncodedValue(serializer.name, copyOf(octets));
  // For a program it is the only argument.
  if (encoded?.isTransparent) {
    return { args: part(fromValues([[new KnownOctets(encoded.octets)]], serializer.writer)), kwargs: undefined };
  }
  if (encoded) {
    const [args, kwargs] = serializer.elementsOf(encoded);
    return { args: part(args as Uint8Array), kwargs: kwargs && part(kwargs) };
  }
  const { args, kwargs } = payload;
  return { args: part(encodeOne(args, own)), kwargs: hasEntries(kwargs) ? part(encodeOne(kwargs, own)) : undefined };
};

/** The parts of payloads; those of values are encoded in `own`. */
export const createPayloadParts = (own: Serializer): PayloadParts => ({
  split: (payload) => split(payload, own),
  join: (args, kwargs = {}) => {
    try {
      return join(args, kwargs);
    } catch (error) {
      throw new ConfigError(`the octets of a payload cannot be sent: ${(error as Error).message}`, { cause: error });
    }
  },
});
