import { expect, test } from 'vitest';
import { sizeOfValue } from '../../src/base/value-size.ts';
import { EncodedValue } from '../../src/wamp/encoded-value.ts';

test.each([
  ['a Map', new Map([['b', 'a'.repeat(1000)]]), { b: 'a'.repeat(1000) }],
  ['keys of a Map', new Map([['a'.repeat(1000), 1]]), { ['a'.repeat(1000)]: 1 }],
  ['a value in octets', new EncodedValue('cbor', Buffer.alloc(1000)), { octets: Buffer.alloc(1000) }],
])('%s takes no less than what it stands for', (_, value, same) => {
  expect(sizeOfValue(value)).toBeGreaterThanOrEqual(sizeOfValue(same));
});
