import { randomFillSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { countTimers } from '../../src/base/clock.ts';
import { formatV1SessionId, parseV1SessionId } from '../../src/codec/session-id-v1.ts';
import { createRandomIds, createSequentialIds, idFromBytes } from '../../src/wamp/id.ts';
import { covers } from '../../src/wamp/pattern.ts';
import { exceedsOctets, isReserved } from '../../src/wamp/uri.ts';

describe('ids', () => {
  test('at random are whole numbers from 1 to 2^53 - 1, over the whole range', () => {
    const next = createRandomIds(randomFillSync);
    const ids = Array.from({ length: 20_000 }, next);
    expect(ids.every((id) => Number.isSafeInteger(id) && id >= 1)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.max(...ids)).toBeGreaterThan(2 ** 53 * 0.99);
    expect(Math.min(...ids)).toBeLessThan(2 ** 53 * 0.01);
  });

  test('never are 0 nor beyond 2^53 - 1', () => {
    expect(idFromBytes(new Uint8Array(7))).toBe(1);
    expect(idFromBytes(new Uint8Array(7).fill(255))).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('in sequence begin at 1', () => {
    const next = createSequentialIds();
    expect([next(), next(), next()]).toEqual([1, 2, 3]);
  });

  test('of v1 sessions hold the number in their text', () => {
    const next = createRandomIds(randomFillSync);
    for (const id of [1, 2 ** 32, Number.MAX_SAFE_INTEGER, ...Array.from({ length: 1000 }, next)]) {
      expect(parseV1SessionId(formatV1SessionId(id))).toBe(id);
    }
    for (const text of ['', 'short', 'A'.repeat(17), `${'A'.repeat(15)}!`])
      expect(parseV1SessionId(text)).toBeUndefined();
  });
});

describe('URIs', () => {
  test('are measured in octets', () => {
    expect(exceedsOctets('a'.repeat(512), 512)).toBe(false);
    expect(exceedsOctets('a'.repeat(513), 512)).toBe(true);
    expect(exceedsOctets('€'.repeat(171), 512)).toBe(true);
    expect(exceedsOctets('€'.repeat(170), 512)).toBe(false);
  });

  test('match exactly, by textual prefix, or by component', () => {
    expect(covers('com.a', 'exact', 'com.a')).toBe(true);
    expect(covers('com.a.obj1', 'prefix', 'com.a.obj1-x')).toBe(true);
    expect(covers('com.a.', 'prefix', 'com.a')).toBe(false);
    expect(covers('com..b', 'wildcard', 'com.a.b')).toBe(true);
    expect(covers('com..b', 'wildcard', 'com.a.a.b')).toBe(false);
  });

  test('of the protocol itself are reserved', () => {
    expect(isReserved('wamp.session.on_join')).toBe(true);
    expect(isReserved('http://api.wamp.ws/topic#x')).toBe(true);
    expect(isReserved('wamp')).toBe(true);
    expect(isReserved('wamp', 'prefix')).toBe(false);
    expect(isReserved('wamp..x', 'wildcard')).toBe(true);
    expect(isReserved('wampum.trade')).toBe(false);
  });
});

describe('the counting clock', () => {
  test('knows the timers that run', () => {
    const tasks: (() => void)[] = [];
    const clock = countTimers({
      setTimeout: (task) => tasks.push(task),
      clearTimeout: () => {},
      now: () => 0,
      elapsed: () => 0,
    });
    const first = clock.setTimeout(() => {}, 1);
    clock.setTimeout(() => {}, 1);
    expect(clock.pending).toBe(2);
    clock.clearTimeout(first);
    tasks[1]?.();
    expect(clock.pending).toBe(0);
  });
});
