import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { discard } from '../../src/transport/discard.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A peer that always has more, and how much of it has been read. */
const createFlood = () => {
  const flood = { read: 0, heard: 0 };
  const raw = new Duplex({
    highWaterMark: 1,
    read() {
      flood.read += 1;
      this.push(Buffer.alloc(1_000));
    },
    write: (_chunk, _encoding, done) => done(),
  });
  raw.on('data', () => (flood.heard += 1));
  return { flood, raw };
};

test('what peers send behind the end of their links is read, of a few of them in one turn of the event loop', async () => {
  const floods = Array.from({ length: 200 }, createFlood);
  for (const { raw } of floods) discard(raw);
  const read = (): number => floods.reduce((sum, { flood }) => sum + flood.read, 0);
  // The first of each.
  await turn();
  const counts = [read()];
  for (let at = 0; at < 100; at += 1) {
    await turn();
    counts.push(read());
  }
  const inTurns = counts.slice(1).map((count, at) => count - (counts[at] as number));
  // Node reads one ahead.
  expect(Math.max(...inTurns)).toBeLessThanOrEqual(2 * 16);
  expect(floods.every(({ flood }) => flood.read > 2 && flood.heard === 0)).toBe(true);
  for (const { raw } of floods) raw.destroy();
});
