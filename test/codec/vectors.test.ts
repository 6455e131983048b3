/** The test vectors of the specification: octets of single messages, in the serializers that this router has. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { Origin } from '../../src/codec/v2.ts';
import { readByTable, writeMessage } from '../../src/codec/v2.ts';
import { ProtocolViolation } from '../../src/index.ts';
import type { Message, MessageType } from '../../src/wamp/message.ts';
import { messageTable } from '../../src/wamp/message.ts';

/** A message, and the ways to write it: JSON as text, the others in hex. */
type Vector = Readonly<Record<SerializerName, readonly string[]>> & { readonly message: string; readonly what: string };

const { vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly Vector[];
};

const octetsOf = (name: SerializerName, written: string): Buffer =>
  Buffer.from(written, name === 'json' ? 'utf8' : 'hex');

const decode = (name: SerializerName, written: string): unknown =>
  serializers[name].decode(octetsOf(name, written), 64);

/** What is no message of this router: by its name, or by what the sample is about. */
const isForeign = ({ message, what }: Vector): boolean =>
  // Subscribers acknowledge events in a draft; the payload as one binary value has become payload passthru.
  message === 'EVENT_RECEIVED' || /encrypted E2E|E2EE/.test(what);

const readAll = (list: unknown): readonly (Message | ProtocolViolation)[] =>
  (['peer', 'router'] as const satisfies readonly Origin[]).map((origin) => readByTable(list, origin));

describe.each(vectors.map((vector) => [vector.what, vector] as const))('%s', (_, vector) => {
  test('is one list, however it is written', () => {
    const [first, ...others] = serializerNames.flatMap((name) => vector[name].map((written) => decode(name, written)));
    expect(others.length).toBeGreaterThan(1);
    for (const other of others) expect(other).toEqual(first);
  });

  test.each(serializerNames)('is written in one of the ways that are listed: %s', (name) => {
    const written = Buffer.from(
      serializers[name].encode(decode(name, vector[name][0]!) as readonly unknown[]) as Uint8Array,
    );
    expect(vector[name]).toContain(name === 'json' ? written.toString() : written.toString('hex'));
  });
});

test.each(vectors.filter((vector) => !isForeign(vector)))(
  '$message is read and written as it stands: $what',
  (vector) => {
    const list = decode('json', vector.json[0]!) as readonly unknown[];
    const { from, code } = messageTable[vector.message as MessageType];
    expect(list[0]).toBe(code);
    const read = readAll(list).filter((message): message is Message => !(message instanceof ProtocolViolation));
    // ERROR is for both to send, but about requests of the other.
    expect(read).toHaveLength(from === 'both' && vector.message !== 'ERROR' ? 2 : 1);
    for (const message of read) expect(writeMessage(message)).toEqual(list);
  },
);

test.each(vectors.filter(isForeign))('$message is a violation, as it is none of this router’s: $what', (vector) => {
  for (const read of readAll(decode('json', vector.json[0]!))) expect(read).toBeInstanceOf(ProtocolViolation);
});
