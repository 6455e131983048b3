import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeWithTail } from '../../src/codec/constant-tail.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { routerRoles } from '../../src/wamp/feature.ts';
import { runs } from '../property/settings.ts';

const dict = fc.dictionary(fc.string(), fc.jsonValue());

test.each(Object.values(serializers))('$name with a tail is $name of the whole', (serializer) => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), dict, fc.oneof(dict, fc.constant(routerRoles)), (before, details, tail) => {
      // Keys that look like numbers come first in any dictionary.
      const { last: _, ...others } = details;
      const encode = encodeWithTail(serializer, tail);
      const data = encode([...before, { ...others, last: {} }]);
      const whole = serializer.encode([...before, { ...others, last: tail }]);
      expect(Buffer.from(data as Uint8Array)).toEqual(Buffer.from(whole as Uint8Array));
    }),
    runs(300, 20_000),
  );
});
