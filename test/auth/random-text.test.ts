import { expect, test } from 'vitest';
import { createRandomText } from '../../src/auth/random-text.ts';

test('random texts are all different, also beyond what is drawn at once', () => {
  const texts = Array.from({ length: 10_000 }, createRandomText);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.every((text) => /^[\w-]{16}$/.test(text))).toBe(true);
});

test('random texts use every character at every place', () => {
  const texts = Array.from({ length: 10_000 }, createRandomText);
  for (let place = 0; place < 16; place += 1) {
    expect(new Set(texts.map((text) => text[place])).size).toBe(64);
  }
});
