import { describe, expect, test } from 'vitest';
import { readCborHead } from '../../src/codec/cbor-walk.ts';
import { readMsgpackHead } from '../../src/codec/msgpack-walk.ts';
import type { ReadHead } from '../../src/codec/walk.ts';
import { found, kind, refusalOf } from '../../src/codec/walk.ts';

const heads = { msgpack: readMsgpackHead, cbor: readCborHead } as const;
const most = Number.POSITIVE_INFINITY;
const refusal = (readHead: ReadHead, hex: string): string | undefined =>
  refusalOf(Buffer.from(hex, 'hex'), readHead, 64, most);

/** An element, what it is, and whether it is an empty container. */
const elements: Readonly<Record<keyof typeof heads, readonly (readonly [string, number, 0 | 1])[]>> = {
  msgpack: [
    ['c0', kind.nothing, 0],
    ['d40000', kind.nothing, 0],
    ['d40001', kind.extension, 0],
    ['90', kind.list, 1],
    ['dc0000', kind.list, 1],
    ['dd00000000', kind.list, 1],
    ['9190', kind.list, 0],
    ['80', kind.dictionary, 1],
    ['de0000', kind.dictionary, 1],
    ['81a080', kind.dictionary, 0],
    ['a0', kind.text, 0],
    ['c400', kind.binary, 0],
    ['c2', kind.scalar, 0],
  ],
  cbor: [
    ['f6', kind.nothing, 0],
    ['f7', kind.nothing, 0],
    ['80', kind.list, 1],
    ['9800', kind.list, 1],
    ['9fff', kind.list, 1],
    ['9f80ff', kind.list, 0],
    ['9f9fffff', kind.list, 0],
    ['a0', kind.dictionary, 1],
    ['bfff', kind.dictionary, 1],
    ['bf60bfffff', kind.dictionary, 0],
    ['60', kind.text, 0],
    ['7fff', kind.text, 0],
    ['5fff', kind.binary, 0],
    ['c180', kind.tag, 0],
    ['f4', kind.scalar, 0],
  ],
};

describe.each(['msgpack', 'cbor'] as const)('the walk over %s', (name) => {
  test.each(elements[name])('tells what the element %s is, and whether it is empty', (element, is, isEmpty) => {
    const size = element.length / 2;
    const [begin, zero] = [name === 'cbor' ? '83' : '93', '00'];
    expect(refusal(heads[name], begin + element + zero + element)).toBeUndefined();
    expect(found.elements).toBe(3);
    expect([...found.starts.subarray(0, 3)]).toEqual([1, 1 + size, 2 + size]);
    expect([...found.kinds.subarray(0, 3)]).toEqual([is, kind.scalar, is]);
    expect([...found.areEmpty.subarray(0, 3)]).toEqual([isEmpty, 0, isEmpty]);
    expect(found.end).toBe(2 + 2 * size);
  });

  test('finds no elements in what is no list', () => {
    const values = name === 'cbor' ? ['00', 'a16081', '6161', 'c1a0'] : ['00', '81a090', 'a161', 'd40181'];
    for (const value of values) {
      refusal(heads[name], value);
      expect(found.elements, value).toBe(0);
    }
  });

  test('counts elements beyond those whose place it knows', () => {
    const list = name === 'cbor' ? '8c' : '9c';
    expect(refusal(heads[name], list + '00'.repeat(12))).toBeUndefined();
    expect(found.elements).toBe(12);
    expect(found.end).toBe(13);
  });
});

test.each([
  ['a list without a length', '9f01f6ff', 3],
  ['tags', 'd9d9f7c28201f6', 7],
  ['tags, and a list without a length', 'd9d9f79f01f6ff', 6],
])('the elements of CBOR are found in %s', (_, octets, end) => {
  expect(refusal(readCborHead, octets)).toBeUndefined();
  expect(found.elements).toBe(2);
  expect(found.end).toBe(end);
  expect([...found.starts.subarray(0, 2)]).toEqual([end - 2, end - 1]);
});

test.each([
  ['msgpack', 'what begins nothing', '91c1', 'an octet that begins nothing'],
  ['msgpack', 'what follows', '9000', 'longer than it says'],
  ['msgpack', 'an extension that ends too early', '91d605', 'truncated'],
  ['cbor', 'a reserved length', '811c', 'an octet that begins nothing'],
  ['cbor', 'a reserved simple value', '81fc', 'an octet that begins nothing'],
  ['cbor', 'a simple value that is too long', '81f81f', 'an octet that begins nothing'],
  ['cbor', 'an integer without a length', '811fff', 'an octet that begins nothing'],
  ['cbor', 'a tag without a number', '81df00', 'an octet that begins nothing'],
  ['cbor', 'what follows', '8000', 'longer than it says'],
  ['cbor', 'a break outside', 'ff', 'a break that ends nothing'],
  ['cbor', 'a break in a list with a length', '8201ff', 'a break that ends nothing'],
  ['cbor', 'a break for a value', 'bf6161ff', 'a break that ends nothing'],
  ['cbor', 'a break for what a tag is about', '9fc1ffff', 'a break that ends nothing'],
  ['cbor', 'a binary part of a text', '7f4161ff', 'a part of another kind than the whole'],
  ['cbor', 'a text as part of a binary value', '5f6161ff', 'a part of another kind than the whole'],
  ['cbor', 'a part in parts', '7f7f6161ffff', 'a part of another kind than the whole'],
  ['cbor', 'half a character in a part', '7f61c361a9ff', 'a text is not UTF-8'],
] as const)('the walk over %s refuses %s', (name, _, octets, reason) => {
  expect(refusal(heads[name], octets)).toBe(reason);
});

test('a text in parts is no level', () => {
  expect(refusalOf(Buffer.from('817f6161ff', 'hex'), readCborHead, 1, most)).toBeUndefined();
  expect(refusalOf(Buffer.from('8180', 'hex'), readCborHead, 1, most)).toBe('nested too deeply');
});
