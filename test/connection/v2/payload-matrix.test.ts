/**
 * Every value of every serializer to peers of every serializer, octet by octet: as an event, retained, in a history and as a
 * testament, where no program looks at it, and where messageToPublish or an interceptor does. Calls, which none of these sees, are in
 * payload.test.ts.
 */

import { filter } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../../src/codec/serializers.ts';
import type { Publication } from '../../../src/index.ts';
import type { Message } from '../../../src/wamp/message.ts';
import type { OctetsPeer } from '../../support/octets-peer.ts';
import { argsOf, joinByReusedMemory } from '../../support/octets-peer.ts';
import type { PayloadValue } from '../../support/payload-values.ts';
import { payloadValues } from '../../support/payload-values.ts';
import { createV2Router } from '../../support/v2-router.ts';

const topic = 'com.topic';
const look = ({ args }: Publication): boolean => args.length > 0;

/** What has a look at publications. */
const ways = ['nobody', 'messageToPublish', 'an interceptor'] as const;
type Way = (typeof ways)[number];

const setUp = async (from: SerializerName, to: SerializerName, way: Way) => {
  const history = [{ uri: topic, match: 'prefix', limit: 1_000 }] as const;
  const guard = way === 'messageToPublish' && { messageToPublish: (_: unknown, given: Publication) => look(given) };
  const limits = { closeTimeout: 1, maxTestaments: 1_000 };
  const router = createV2Router({ history }, { ...guard, limits });
  if (way === 'an interceptor') router.intercept(filter(look));
  const [sender, receiver] = [await joinByReusedMemory(router, from), await joinByReusedMemory(router, to)];
  const { message } = await receiver.ask('SUBSCRIBE', [{ match: 'prefix' }, topic]);
  return { router, sender, receiver, subscription: (message as Message<'SUBSCRIBED'>).subscription };
};
type Scene = Awaited<ReturnType<typeof setUp>>;

/** Octets of values as elements of a message. */
const elements = (name: SerializerName, ...values: readonly unknown[]): Buffer => {
  const list = Buffer.from(serializers[name].encode(values) as Uint8Array);
  return list.subarray(1, list.length - serializers[name].tail.length);
};

/** The octets of args with one value that a program has seen; undefined where it cannot have it, or the target cannot. */
const encodedAnew = ({ octets, from }: PayloadValue, to: SerializerName): Buffer | undefined => {
  const reader = serializers[from];
  try {
    return elements(to, reader.readPayload({ octets: argsOf(octets, from), count: 1, reader }).args);
  } catch {
    return undefined;
  }
};

/** The octets of args with one value, as they are to arrive; undefined where they are not. */
const expectedOf = (value: PayloadValue, to: SerializerName, way: Way): Buffer | undefined => {
  if (way !== 'nobody') return encodedAnew(value, to);
  if (value.from === to) return argsOf(value.octets, to);
  const becomes = value.becomes[to]!;
  return 'cannotHold' in becomes ? undefined : argsOf(becomes, to);
};

const hexOf = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** Expects that a message ends with octets, and `more` behind them. */
const expectEnd = (name: string, data: Buffer, octets: Uint8Array, more: string): void => {
  const end = hexOf(octets) + hexOf(Buffer.from(more));
  expect([name, hexOf(data).slice(-end.length)]).toEqual([name, end]);
};

const publish = async (
  sender: OctetsPeer,
  to: string,
  { octets }: PayloadValue,
  options: object = {},
): Promise<void> => {
  await sender.ask('PUBLISH', [{ acknowledge: true, ...options }, to], argsOf(octets, sender.name));
};

/** The newest event of the history, as the end of a RESULT. */
const newest = ({ receiver, subscription }: Scene): Promise<{ data: Buffer; message: Message }> => {
  const query = elements(receiver.name, [subscription, 1], { reverse: true });
  receiver.send([48, receiver.next(), {}, 'wamp.subscription.get_events'], query, 2);
  return receiver.take('RESULT', 'ERROR');
};

describe.each(serializerNames.flatMap((from) => serializerNames.map((to) => [from, to] as const)))(
  'a payload from %s to %s',
  (from, to) => {
    const values = payloadValues.filter((value) => value.from === from);
    const { tail } = serializers[to];

    test.each(ways)('that %s looks at arrives as an event', async (way) => {
      const { sender, receiver } = await setUp(from, to, way);
      for (const value of values) {
        await publish(sender, topic, value);
        const expected = expectedOf(value, to, way);
        if (expected) expectEnd(value.name, (await receiver.take('EVENT')).data, expected, tail);
      }
      expect(receiver.has('EVENT')).toBe(false);
    });

    test.each(ways)('that %s looks at arrives when it is retained', async (way) => {
      const { sender, receiver } = await setUp(from, to, way);
      for (const [at, value] of values.entries()) {
        await publish(sender, `com.retained.${at}`, value, { retain: true });
        await receiver.ask('SUBSCRIBE', [{ get_retained: true }, `com.retained.${at}`]);
        const expected = expectedOf(value, to, way);
        if (expected) expectEnd(value.name, (await receiver.take('EVENT')).data, expected, tail);
      }
      expect(receiver.has('EVENT')).toBe(false);
    });

    test.each(ways)('that %s looks at arrives in a history', async (way) => {
      const scene = await setUp(from, to, way);
      for (const value of values) {
        const expected = expectedOf(value, to, way);
        // What a program cannot have has not been published: what is newest is what was before.
        if (way !== 'nobody' && !encodedAnew(value, from)) continue;
        await publish(scene.sender, topic, value);
        const { data, message } = await newest(scene);
        if (!expected) expect('payload' in message && message.payload.isEmpty).toBe(true);
        else expectEnd(value.name, data, Buffer.concat([keyOfArgs[to], expected]), to === 'json' ? '}]]' : '');
      }
    });

    test.each(ways)('that %s looks at arrives as a testament', async (way) => {
      const { sender, receiver } = await setUp(from, to, way);
      // It is added by a procedure of this process, which has to have it.
      const holdable = values.filter((value) => encodedAnew(value, from));
      for (const { octets } of holdable) {
        const comma = from === 'json' ? ',' : '';
        const call = Buffer.concat([elements(from, topic), Buffer.from(comma), argsOf(octets, from)]);
        const list = Buffer.from(serializers[from].encodeHead([], 2) as Uint8Array);
        const args = from === 'json' ? Buffer.from(`[${call}]`) : Buffer.concat([list, call]);
        expect((await sender.ask('CALL', [{}, 'wamp.session.add_testament'], args)).message.type).toBe('RESULT');
      }
      sender.send([6, {}, 'wamp.close.normal']);
      for (const value of holdable) {
        const expected = expectedOf(value, to, way);
        if (expected) expectEnd(value.name, (await receiver.take('EVENT')).data, expected, tail);
      }
      expect(receiver.has('EVENT')).toBe(false);
    });
  },
);

/** The key `args` and what stands between it and its value. */
const keyOfArgs: Readonly<Record<SerializerName, Buffer>> = {
  json: Buffer.from('"args":'),
  msgpack: elements('msgpack', 'args'),
  cbor: elements('cbor', 'args'),
};
