import { expect, test } from 'vitest';
import { RequestIds } from '../../src/connection/request-ids.ts';

// Advanced Profile, "Progressive Call Invocations", "Verification of CALL Request IDs"
test('the ids of the last 1,024 calls in parts may come again, older ones are forgotten', () => {
  const ids = new RequestIds('strict', () => {});
  for (let id = 1; id <= 1025; id += 1) expect(ids.refusalOf('CALL', id, true, 'com.procedure')).toBeUndefined();
  expect(ids.refusalOf('CALL', 2, true, 'com.procedure')).toBeUndefined();
  expect(ids.refusalOf('CALL', 1, true, 'com.procedure')).toBe('the request id must be 1026, not 1');
});
