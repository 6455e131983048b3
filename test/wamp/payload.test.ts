/** Payloads by themselves: what of them goes on, and what memory they take. */

import { describe, expect, test, vi } from 'vitest';
import { serializers } from '../../src/codec/serializers.ts';
import { octetsFor } from '../../src/codec/write-payload.ts';
import type { PayloadReader } from '../../src/wamp/payload.ts';
import { MessagePayload } from '../../src/wamp/payload.ts';

const octets = Buffer.from('["octets"]');

const setUp = () => {
  const readPayload = vi.fn<PayloadReader['readPayload']>((_, known) => known ?? { args: ['read'], kwargs: undefined });
  const reader = { name: 'json', readPayload, nested: () => undefined };
  const payload = MessagePayload.encoded({ octets, count: 1, reader }, ['known']);
  return { payload, readPayload };
};

describe('a payload of octets', () => {
  test('goes on as octets while nobody has looked', () => {
    const { payload } = setUp();
    payload.settle();
    expect(payload.encoded?.octets).toBe(octets);
  });

  test('is read once, with what is known of it', () => {
    const { payload, readPayload } = setUp();
    expect([payload.args, payload.kwargs, payload.args]).toEqual([['known'], undefined, ['known']]);
    expect(readPayload).toHaveBeenCalledTimes(1);
  });

  test('counts with its octets and a little more, and with its values when it goes on as these', () => {
    const { payload } = setUp();
    expect(payload.size).toBe(octets.length + 64);
    payload.decode();
    payload.settle();
    expect(payload.size).toBe(MessagePayload.of(['known']).size);
  });

  test('that waits takes the memory of its octets alone, which are a copy', () => {
    const { payload } = setUp();
    payload.keep();
    expect(payload.encoded?.octets).toEqual(octets);
    expect(payload.encoded?.octets).not.toBe(octets);
    expect(payload.args).toEqual(['read']);
  });

  test('that a program has seen takes the memory of its values alone when it waits', () => {
    const { payload } = setUp();
    payload.decode();
    payload.keep();
    expect(payload.encoded).toBeUndefined();
    expect(payload.args).toEqual(['known']);
  });

  test('that waits for one of its receivers goes on as octets, seen or not', () => {
    for (const isSeen of [true, false]) {
      const { payload } = setUp();
      if (isSeen) payload.decode();
      payload.rest();
      expect(payload.encoded?.octets).toEqual(octets);
      expect(payload.args).toEqual([isSeen ? 'known' : 'read']);
    }
  });

  test('has not been seen when it was tried whether programs can have it', () => {
    const { payload, readPayload } = setUp();
    const named = MessagePayload.encoded({ ...payload.encoded!, count: 2 });
    expect([payload.isReadable, named.isReadable, named.isReadable]).toEqual([true, true, true]);
    expect(readPayload).toHaveBeenCalledTimes(1);
    named.settle();
    expect(named.encoded).toBeDefined();
    named.rest();
    expect(named.args).toEqual(['read']);
    expect(readPayload).toHaveBeenCalledTimes(2);
  });

  test('that is kept shares its octets, and what is read of it is not held there', () => {
    const { payload } = setUp();
    const kept = payload.kept();
    const copied = kept.encoded?.octets;
    const again = kept.kept();
    expect(again.encoded?.octets).toBe(copied);
    expect(again.args).toEqual(['read']);
    kept.settle();
    expect(kept.encoded).toBeDefined();
  });
});

test('a payload that would take more than 16 MiB in another serializer is not translated', () => {
  const ofFloats = (count: number): MessagePayload => {
    const head = Buffer.from('81d8545a00000000', 'hex');
    head.writeUInt32BE(count * 2, 4);
    const list = Buffer.concat([head, Buffer.alloc(count * 2, Buffer.from('0004', 'hex'))]);
    return MessagePayload.encoded({ octets: list, count: 1, reader: serializers.cbor });
  };
  expect(octetsFor(ofFloats(1000), serializers.json)).toHaveLength('0.00006103515625,'.length * 1000 + 3);
  expect(() => octetsFor(ofFloats(1_000_000), serializers.json)).toThrow('json cannot hold it in 16777216 octets');
});
