/** Publications whose audience cannot be meant: which sessions receive them. */

import { describe, expect, test } from 'vitest';
import { mayReceive, preparedAudience } from '../../src/broker/audience.ts';
import { emptyPayload } from '../../src/wamp/payload.ts';
import type { Audience, RoutedPublication } from '../../src/wamp/publication.ts';

const receiver = { id: 1, authid: 'joe', authrole: 'staff', takesTransparent: true };

const isReceived = (audience: unknown): boolean =>
  mayReceive(
    preparedAudience({ audience: audience as Audience, payload: emptyPayload } as RoutedPublication),
    receiver,
  );

describe('a publication', () => {
  test.each<[string, object]>([
    ['an unknown key', { eligable: [1] }],
    ['a list of no session ids', { exclude: ['2'] }],
    ['a list that is null', { exclude: null }],
    ['a list that is none', { exclude_authid: 'ann' }],
    ['a publisher that is none', { publisher: '2' }],
    ['nothing but being a list', []],
  ])('for an audience with %s is heard by nobody', (_, audience) => {
    expect(isReceived(audience)).toBe(false);
    expect(isReceived(audience)).toBe(false);
  });

  test.each<[object, boolean]>([
    [{}, true],
    [{ publisher: 2, exclude: [2], eligible_authid: ['joe'] }, true],
    [{ publisher: 1 }, false],
    [{ eligible: [] }, false],
  ])('for the audience %j is heard by session 1: %s', (audience, expected) => {
    expect(isReceived(audience)).toBe(expected);
  });
});
