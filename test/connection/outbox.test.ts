import { describe, expect, test } from 'vitest';
import { createFlushQueue } from '../../src/connection/flush-queue.ts';
import type { OutboxPolicy } from '../../src/connection/outbox.ts';
import { Outbox } from '../../src/connection/outbox.ts';
import type { Link } from '../../src/transport/link.ts';

const frame = (text: string): Uint8Array => Buffer.from(text);

const setUp = (options: { readonly limit?: number; readonly policy?: OutboxPolicy } = {}) => {
  const writes: string[] = [];
  const state = { accepts: true, dropped: 0, overflows: 0 };
  let turn: (() => void) | undefined;
  const link: Link = {
    framing: { text: frame, binary: (payload) => payload, room: (octets) => Buffer.alloc(octets) },
    write: (frames, bytes) => {
      const written = Buffer.concat(frames);
      expect(written.length).toBe(bytes);
      writes.push(written.toString());
      return state.accepts;
    },
    close: () => {},
    terminate: () => {},
    pause: () => {},
    resume: () => {},
  };
  const schedule = (flush: () => void): void => {
    turn = flush;
  };
  const settings = {
    limit: options.limit ?? 100,
    policy: options.policy ?? 'close',
    queue: createFlushQueue({ schedule, now: () => 0, onFault: () => {} }),
  };
  const outbox = new Outbox(link, settings, {
    dropped: (events) => {
      state.dropped += events;
    },
    overflowed: () => {
      state.overflows += 1;
    },
  });
  const nextTurn = (): void => {
    const flush = turn;
    turn = undefined;
    flush?.();
  };
  /** Lets the link take one octet and then no more, until `release`. */
  const block = (): void => {
    state.accepts = false;
    outbox.reply(frame('-'));
    nextTurn();
    writes.length = 0;
  };
  const release = (): void => {
    state.accepts = true;
    outbox.drained();
  };
  return { outbox, writes, state, nextTurn, block, release, isScheduled: () => turn !== undefined };
};

describe('the outbox', () => {
  test('writes replies and events of one turn in one write, in order', () => {
    const { outbox, writes, nextTurn } = setUp();
    outbox.event(frame('a'));
    outbox.reply(frame('b'));
    outbox.event(frame('c'));
    expect(writes).toEqual([]);
    nextTurn();
    expect(writes).toEqual(['abc']);
    expect(outbox.pending).toBe(0);
  });

  test('keeps what a full link does not take, and writes it when the link drains', () => {
    const { outbox, writes, state, nextTurn, isScheduled } = setUp();
    state.accepts = false;
    outbox.event(frame('a'));
    nextTurn();
    outbox.event(frame('b'));
    outbox.event(frame('c'));
    expect(isScheduled()).toBe(false);
    expect(writes).toEqual(['a']);
    expect(outbox.pending).toBe(3);
    state.accepts = true;
    outbox.drained();
    expect(writes).toEqual(['a', 'bc']);
    expect(outbox.pending).toBe(0);
  });

  test('overflows once when the limit is reached, and takes nothing after that', () => {
    const { outbox, writes, state, block, release } = setUp({ limit: 10 });
    block();
    outbox.event(frame('123456789'));
    outbox.event(frame('x'));
    outbox.event(frame('y'));
    expect(state.overflows).toBe(1);
    release();
    expect(writes).toEqual([]);
    expect(outbox.pending).toBe(0);
  });

  test('counts what the link has taken but not written', () => {
    const { outbox, state, nextTurn } = setUp({ limit: 10 });
    state.accepts = false;
    outbox.event(frame('01234567'));
    nextTurn();
    outbox.event(frame('890'));
    expect(state.overflows).toBe(1);
  });

  test('drops the newest event under that policy', () => {
    const { outbox, writes, state, block, release } = setUp({ limit: 5, policy: 'drop-newest' });
    block();
    for (const text of ['aa', 'bb', 'cc', 'dd']) outbox.event(frame(text));
    release();
    expect(writes.join('')).toBe('aabb');
    expect(state).toMatchObject({ dropped: 2, overflows: 0 });
  });

  test('drops the oldest events under that policy, never a reply', () => {
    const { outbox, writes, state, block, release } = setUp({ limit: 7, policy: 'drop-oldest' });
    block();
    outbox.reply(frame('R1'));
    for (const text of ['aa', 'bb', 'cc']) outbox.event(frame(text));
    outbox.reply(frame('R2'));
    release();
    expect(writes.join('')).toBe('R1ccR2');
    expect(state).toMatchObject({ dropped: 2, overflows: 0 });
  });

  test('makes room for a reply with the newest events under the policy that drops those', () => {
    const { outbox, writes, state, block, release } = setUp({ limit: 7, policy: 'drop-newest' });
    block();
    for (const text of ['aa', 'bb', 'cc', 'dd']) outbox.event(frame(text));
    outbox.reply(frame('R1'));
    release();
    expect(writes.join('')).toBe('aabbR1');
    expect(state).toMatchObject({ dropped: 2, overflows: 0 });
  });

  test('gives a full link all that waits when it is about to be closed', () => {
    const { outbox, writes, block } = setUp({ limit: 100 });
    block();
    for (const text of ['a', 'b', 'c']) outbox.event(frame(text));
    outbox.flush();
    expect(writes).toEqual([]);
    outbox.finish();
    expect(writes.join('')).toBe('abc');
  });

  test('hands over no more than half the limit, so that events can still make room for a reply', () => {
    const { outbox, writes, state, nextTurn, release } = setUp({ limit: 10, policy: 'drop-oldest' });
    state.accepts = false;
    outbox.event(frame('aaaa'));
    outbox.event(frame('bbbb'));
    nextTurn();
    outbox.reply(frame('RRRR'));
    release();
    expect(writes.join('')).toBe('aaaaRRRR');
    expect(state).toMatchObject({ dropped: 1, overflows: 0 });
  });

  test('writes at once what exceeds the limit within one turn, as long as the link is free', () => {
    for (const policy of ['close', 'drop-oldest', 'drop-newest'] as const) {
      const { outbox, writes, state, nextTurn } = setUp({ limit: 4, policy });
      for (const text of ['aa', 'bb', 'cc', 'dd', 'ee']) outbox.event(frame(text));
      nextTurn();
      expect(writes.join('')).toBe('aabbccddee');
      expect(state).toMatchObject({ dropped: 0, overflows: 0 });
    }
  });

  test('closes rather than drop a reply', () => {
    for (const policy of ['drop-oldest', 'drop-newest'] as const) {
      const { outbox, state, block } = setUp({ limit: 5, policy });
      block();
      outbox.reply(frame('R1'));
      outbox.reply(frame('R2'));
      outbox.reply(frame('R3'));
      expect(state.overflows).toBe(1);
    }
  });

  test('drops an event that is larger than all there is', () => {
    const { outbox, state, writes, nextTurn } = setUp({ limit: 4, policy: 'drop-oldest' });
    outbox.event(frame('too long'));
    outbox.event(frame('ok'));
    nextTurn();
    expect(state.dropped).toBe(1);
    expect(writes).toEqual(['ok']);
  });

  test('hands over large amounts in parts', () => {
    const { outbox, state, writes, nextTurn } = setUp({ limit: 10_000_000 });
    state.accepts = false;
    for (let at = 0; at < 30; at += 1) outbox.event(Buffer.alloc(100_000, at + 65));
    nextTurn();
    expect(writes[0]!.length).toBeLessThanOrEqual(1024 * 1024);
    state.accepts = true;
    outbox.drained();
    expect(writes.join('')).toBe(
      Array.from({ length: 30 }, (_, at) => String.fromCharCode(at + 65).repeat(100_000)).join(''),
    );
  });
});
