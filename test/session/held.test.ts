import { describe, expect, test } from 'vitest';
import { Held } from '../../src/session/held.ts';

const KiB = 1024;

/** Accounts of a realm that may hold 100 KiB, each session 60 KiB; and how often something found no room. */
const setUp = () => {
  let refusals = 0;
  const realm = new Held(100 * KiB, () => {});
  const open = (): Held =>
    new Held(
      60 * KiB,
      () => {
        refusals += 1;
      },
      realm,
    );
  return { realm, open, count: () => refusals };
};

describe('an account of what is held', () => {
  test('takes as much as its session may hold, and again what has been given back', () => {
    const { realm, open, count } = setUp();
    const session = open();
    expect([session.take(60 * KiB), session.take(1)]).toEqual([true, false]);
    session.give(1);
    expect([session.take(1), session.octets, realm.octets, count()]).toEqual([true, 60 * KiB, 60 * KiB, 1]);
  });

  test('takes no more than its realm may hold, but for the first 16 KiB of each session', () => {
    const { realm, open } = setUp();
    const [first, second, third] = [open(), open(), open()];
    expect([first.take(60 * KiB), second.take(40 * KiB), second.take(1)]).toEqual([true, true, false]);
    expect([third.take(16 * KiB + 1), third.take(16 * KiB), third.take(1)]).toEqual([false, true, false]);
    expect(realm.octets).toBe(116 * KiB);
    first.give(16 * KiB + 1);
    expect(third.take(1)).toBe(true);
  });

  test('gives back what was to be kept when it is closed, once, and nothing else', () => {
    const { realm, open } = setUp();
    const session = open();
    expect([session.keep(10), session.take(5), session.keep(-3), session.keep(60 * KiB)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    session.close();
    session.close();
    expect([session.octets, realm.octets]).toEqual([5, 5]);
    session.give(5);
    expect(realm.octets).toBe(0);
  });
});
