import { describe, expect, test } from 'vitest';
import { serializers } from '../../src/codec/serializers.ts';

const { msgpack } = serializers;
const decode = (...octets: number[]): unknown => msgpack.decode(Buffer.from(octets), 64);

describe('MessagePack', () => {
  test('reads the octet by which msgpackr writes undefined, as its clients send it in options', () => {
    expect(decode(0x92, 0x01, 0xd4, 0x00, 0x00)).toEqual([1, undefined]);
  });

  test.each([
    ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0]],
    ['an extension of one octet', [0xd4, 0x00, 0x01]],
    ['an extension of another type', [0xd4, 0x05, 0x00]],
    ['an empty extension', [0xc7, 0x00, 0x00]],
  ])('refuses %s', (_, octets) => {
    expect(() => decode(0x91, ...octets)).toThrow();
  });

  test('keeps integers up to 2^53 - 1 as numbers and larger ones as bigints, whatever stands beside them', () => {
    const values = [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, 5, 2n ** 60n, -(2n ** 60n)];
    expect(msgpack.decode(msgpack.encode(values) as Uint8Array, 64)).toEqual(values);
  });

  test('refuses a message that is nested more deeply than it may be, before it is built', () => {
    const deep = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.from([0x01])]);
    expect(() => msgpack.decode(deep(65), 64)).toThrow('nested too deeply');
    expect(msgpack.decode(deep(64), 64)).toBeInstanceOf(Array);
    const before = process.cpuUsage().user;
    expect(() => msgpack.decode(deep(1024 * 1024), 64)).toThrow('nested too deeply');
    expect(process.cpuUsage().user - before).toBeLessThan(100_000);
  });
});
