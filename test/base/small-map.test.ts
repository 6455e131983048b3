import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SmallMap } from '../../src/base/small-map.ts';
import { runs } from '../property/settings.ts';

test('a small map is a map', () => {
  const step = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 1, max: 4 }), fc.string());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const [small, map] = [new SmallMap<number, string>(), new Map<number, string>()];
      for (const [name, key, value] of steps) {
        if (name === 'set') {
          small.set(key, value);
          map.set(key, value);
        } else {
          small.delete(key);
          map.delete(key);
        }
        expect([small.size, small.get(key)]).toEqual([map.size, map.get(key)]);
        expect([small.keys(), small.values()]).toEqual([[...map.keys()], [...map.values()]]);
      }
    }),
    runs(500, 20_000),
  );
});
