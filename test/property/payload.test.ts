/** Payloads of everything that the formats allow, and damaged ones, between peers over real WebSockets. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { OctetsPeer } from '../support/octets-peer.ts';
import { argsOf, joinWithOctets } from '../support/octets-peer.ts';
import { cborOctets, jsonOctets, msgpackOctets } from '../support/payload-octets.ts';
import { createV2Router } from '../support/v2-router.ts';
import { countMessages, runs } from './settings.ts';

const topic = 'com.topic';
const octetsIn = { json: jsonOctets, msgpack: msgpackOctets, cbor: cborOctets } as const;

const publish = async (peer: OctetsPeer, args: Buffer): Promise<boolean> => {
  countMessages();
  peer.request('PUBLISH', [{ acknowledge: true }, topic], args);
  return (await peer.take('PUBLISHED', 'ABORT')).message.type === 'PUBLISHED';
};

describe.each(serializerNames)('a payload in %s', (name) => {
  const setUp = async () => {
    const { url } = await createV2Router().listen({ port: 0 });
    const subscriber = await joinWithOctets(url, name);
    await subscriber.ask('SUBSCRIBE', [{}, topic]);
    const join = (): Promise<OctetsPeer> => joinWithOctets(url, name);
    return { subscriber, join, publisher: await join() };
  };

  test('arrives octet by octet', async () => {
    const { subscriber, publisher } = await setUp();
    const check = async (value: Buffer): Promise<void> => {
      const args = argsOf(value, name);
      expect(await publish(publisher, args)).toBe(true);
      const { data } = await subscriber.take('EVENT');
      expect(data.subarray(-args.length - serializers[name].tail.length).includes(args)).toBe(true);
    };
    await fc.assert(fc.asyncProperty(octetsIn[name], check), runs(150, 5_000));
  });

  test('that is damaged is refused before anybody has it, or is another that arrives as it is', async () => {
    const { subscriber, join, publisher } = await setUp();
    let peer = publisher;
    const damaged = fc
      .tuple(octetsIn[name], fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean())
      .map(([value, place, octet, isCut]) => {
        const args = argsOf(value, name);
        if (isCut) return args.subarray(0, place % args.length);
        args[place % args.length] = octet;
        return args;
      })
      .filter((args) => args.length > 0);
    const check = async (args: Buffer): Promise<void> => {
      if (await publish(peer, args)) {
        const { data, message } = await subscriber.take('EVENT');
        const isEmpty = 'payload' in message && message.payload.isEmpty;
        expect(isEmpty || data.includes(args.toString('latin1').trim(), 'latin1')).toBe(true);
      } else {
        peer = await join();
        // Whatever the damaged one had caused would have come before this.
        expect(await publish(peer, argsOf(Buffer.from('1'), name))).toBe(true);
        expect((await subscriber.take('EVENT')).message).toMatchObject({ type: 'EVENT' });
        expect(subscriber.has('EVENT')).toBe(false);
      }
    };
    await fc.assert(fc.asyncProperty(damaged, check), runs(100, 3_000));
  });
});
