import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../src/wamp/options.ts';

describe('the options of a CALL', () => {
  test('are those that are known: a pending call keeps nothing else', () => {
    const known = { timeout: 5, receive_progress: true };
    expect(checkOptions('CALL', { ...known, x_large: 'x'.repeat(1_000), disclose_me: null })).toEqual(known);
  });

  test('are not copied where all of them are known', () => {
    const known = { timeout: 5, receive_progress: true };
    expect(checkOptions('CALL', known)).toBe(known);
  });
});

test.each(['PUBLISH', 'CALL', 'YIELD'] as const)('a ppt_ attribute of %s has at most 1,024 octets', (type) => {
  const longest = { ppt_scheme: 'x'.repeat(1_024), ppt_keyid: 'ä'.repeat(512) };
  expect(checkOptions(type, longest)).toEqual(longest);
  expect(() => checkOptions(type, { ppt_scheme: 'x', ppt_keyid: 'ä'.repeat(513) })).toThrow(
    'the option ppt_keyid must be a string of at most 1024 octets',
  );
});
