import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { discard } from '../../src/transport/discard.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what a peer sends behind the end of its link is read, one chunk in a turn of the event loop', async () => {
  let asked = 0;
  // A peer that always has more.
  const raw = new Duplex({
    highWaterMark: 1,
    read() {
      asked += 1;
      this.push(Buffer.alloc(1_000));
    },
    write: (_chunk, _encoding, done) => done(),
  });
  let heard = 0;
  raw.on('data', () => (heard += 1));
  discard(raw);
  const counts: number[] = [];
  for (let at = 0; at < 20; at += 1) {
    await turn();
    counts.push(asked);
  }
  expect(heard).toBe(0);
  expect(asked).toBeGreaterThan(5);
  const most = Math.max(...counts.map((count, at) => count - (counts[at - 1] ?? 0)).slice(1));
  expect(most).toBeLessThanOrEqual(2);
  raw.destroy();
});
