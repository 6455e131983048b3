import { expect, onTestFinished, test, vi } from 'vitest';
import { WorkLimit } from '../../src/realm/work-limit.ts';
import { settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const setUp = () => {
  const clock = { time: 0 };
  const turns: (() => void)[] = [];
  const limit = new WorkLimit({ now: () => clock.time, later: (task) => turns.push(task) });
  return { clock, turns, limit };
};

test('a realm that has delivered for its time pauses until the event loop has gone round', async () => {
  const { clock, turns, limit } = setUp();
  for (let ms = 0; ms <= 20; ms += 1) {
    clock.time = ms;
    limit.spend(5000);
    expect(limit.pause).toBeUndefined();
  }
  clock.time = 21;
  limit.spend(5000);
  const { pause } = limit;
  expect(pause).toBeInstanceOf(Promise);
  limit.spend(5000);
  expect(limit.pause).toBe(pause);
  expect(turns).toHaveLength(1);
  turns.shift()?.();
  expect(limit.pause).toBeUndefined();
  await pause;
  // What comes in another turn begins anew.
  clock.time = 1000;
  limit.spend(5000);
  expect(limit.pause).toBeUndefined();
});

test('few deliveries never look at the clock', () => {
  const limit = new WorkLimit({
    now: () => {
      throw new Error('looked');
    },
    later: () => {},
  });
  for (let count = 0; count < 20; count += 1) limit.spend(100);
});

// Design 5: no turn of the event loop longer than 50 ms. A millisecond passes whenever somebody looks at the clock.
test('many publications to many subscribers leave room for other realms, and arrive in order', async () => {
  const realms = ['busy', 'other'].map((name) => ({ name, anonymous: everythingAndMeta }));
  const postmaster = createV2Router({}, { realms });
  const join = (realm: string) => joinV2(postmaster, {}, 'json', realm);
  const subscribers = await Promise.all(Array.from({ length: 500 }, () => join('busy')));
  for (const peer of subscribers) await peer.subscribe('com.topic');
  const heard: unknown[] = [];
  const observing = postmaster.topic('com.topic', { realm: 'busy' }).subscribe(({ args }) => heard.push(args[0]));
  onTestFinished(() => observing.unsubscribe());
  const [publisher, colleague, neighbour] = [await join('busy'), await join('busy'), await join('other')];

  let time = Date.now();
  const ticking = vi.spyOn(Date, 'now').mockImplementation(() => {
    time += 1;
    return time;
  });
  onTestFinished(() => void ticking.mockRestore());
  const count = 400;
  for (let at = 0; at < count; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, 'com.topic', [at]);
  const first = heard.length;
  expect(first).toBeGreaterThan(20);
  expect(first).toBeLessThan(300);
  // A colleague waits as well, a neighbour does not.
  colleague.send(code.PUBLISH, colleague.next(), {}, 'com.topic', ['colleague']);
  expect(heard).toHaveLength(first);
  await neighbour.barrier();
  expect(heard.length).toBeLessThan(count);

  await settle(publisher, colleague, ...subscribers);
  const expected = Array.from({ length: count }, (_, at) => at);
  expect(heard.filter((event) => event !== 'colleague')).toEqual(expected);
  for (const peer of subscribers) {
    const events = peer.received.filter(([type]) => type === code.EVENT).map((event) => (event[4] as unknown[])[0]);
    expect(events).toEqual(heard);
  }
});
