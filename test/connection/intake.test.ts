import { describe, expect, test } from 'vitest';
import { Intake } from '../../src/connection/intake.ts';
import { ReadTurns } from '../../src/connection/read-turns.ts';
import type { Link } from '../../src/transport/link.ts';

const large = 100_000;

/** Turns whose time goes by only while something is heard. */
const createWorld = () => {
  const heard: string[] = [];
  const faults: unknown[] = [];
  const scheduled: (() => void)[] = [];
  let time = 0;
  const turns = new ReadTurns({
    now: () => time,
    longest: () => 20,
    later: (task) => scheduled.push(task),
    before: () => heard.push('before'),
    onFault: (error) => faults.push(error),
  });
  /** A connection; each of its messages takes `cost` ms. */
  const connect = (name: string, cost = 25) => {
    let count = 0;
    const log: string[] = [];
    const owner = {
      isOver: false,
      received: (data: Uint8Array): void => {
        time += cost;
        heard.push(`${name}${data[0]}`);
      },
      delivery: {
        outbox: {
          drained: () => log.push('drained'),
          flush: () => log.push('flush'),
          finish: () => log.push('finish'),
        },
      },
      unresponsive: () => log.push('unresponsive'),
      unreadable: (why: string) => heard.push(`${name} unreadable ${why}`),
      closed: () => heard.push(`${name} closed`),
    };
    const link = { pause: () => log.push('pause'), resume: () => log.push('resume') } as unknown as Link;
    const intake = new Intake(owner, link, turns);
    const say = (octets = large): void => {
      count += 1;
      const data = Buffer.alloc(octets, count);
      intake.received(data, true);
      data.fill(255);
    };
    return { owner, intake, log, say };
  };
  /** Everything that was heard since it was last asked. */
  const take = (): string[] => heard.splice(0);
  /** Lets the loop go round once. */
  const turn = (): string[] => {
    for (const task of scheduled.splice(0)) task();
    return take();
  };
  return { connect, take, turn, faults, scheduled };
};

describe('what comes in', () => {
  test('is heard at once while its turn has time', () => {
    const { connect, take, turn } = createWorld();
    const peer = connect('a', 5);
    for (let at = 0; at < 5; at += 1) peer.say();
    expect(take()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    expect(peer.log).toEqual([]);
    expect(turn()).toEqual([]);
  });

  test('is kept, in order, once a turn has taken 20 ms; its link is not read meanwhile', () => {
    const { connect, take, turn, scheduled } = createWorld();
    const peer = connect('a');
    for (let at = 0; at < 4; at += 1) peer.say();
    peer.say(10);
    expect(take()).toEqual(['a1']);
    expect(peer.log).toEqual(['pause']);
    expect(turn()).toEqual(['before', 'a2']);
    expect(turn()).toEqual(['before', 'a3']);
    expect(peer.log).toEqual(['pause']);
    expect(turn()).toEqual(['before', 'a4']);
    expect(turn()).toEqual(['before', 'a5']);
    expect(peer.log).toEqual(['pause', 'resume']);
    turn();
    expect(scheduled).toEqual([]);
    peer.say();
    expect(take()).toEqual(['a6']);
  });

  test('that is small counts, too, when there is much of it', () => {
    const { connect, take } = createWorld();
    const peer = connect('a', 1);
    for (let at = 0; at < 500; at += 1) peer.say(1_000);
    // The clock is looked at every 16 KiB.
    expect(take().length).toBeGreaterThan(20);
    expect(peer.log).toEqual(['pause']);
  });

  test('is heard at once from who says little, although the turn is over', () => {
    const { connect, take, turn } = createWorld();
    const [flood, peer] = [connect('a'), connect('b', 0)];
    flood.say();
    flood.say();
    peer.say(2_000);
    peer.say(2_000);
    peer.say(2_000);
    expect(take()).toEqual(['a1', 'b1', 'b2']);
    expect(peer.log).toEqual(['pause']);
    // It has made nobody wait so far, so it is first.
    expect(turn()).toEqual(['before', 'b3', 'a2']);
    for (let at = 0; at < 3; at += 1) flood.say();
    turn();
    peer.say(2_000);
    // What is neither little nor enough to look at the clock waits with those who wait.
    connect('c').say(10_000);
    expect(take()).toEqual(['b4']);
  });

  test('is heard at once from many who say little up to 64 KiB', () => {
    const { connect, take, turn } = createWorld();
    const flood = connect('a');
    flood.say();
    flood.say();
    const peers = Array.from({ length: 20 }, (_, at) => connect(`p${at}/`, 0));
    for (const peer of peers) peer.say(4_000);
    expect(take()).toEqual(['a1', ...Array.from({ length: 16 }, (_, at) => `p${at}/1`)]);
    // One who says less than they is first.
    const last = connect('b', 0);
    last.say(70);
    expect(turn()).toEqual(['before', 'b1', 'p16/1', 'p17/1', 'p18/1', 'p19/1', 'a2']);
    // So it is in each turn.
    for (let at = 0; at < 3; at += 1) flood.say();
    turn();
    for (const peer of peers) peer.say(4_000);
    expect(take()).toHaveLength(16);
  });

  test('ends first who has made others wait for the fewest octets', () => {
    const { connect, take, turn } = createWorld();
    const floods = ['a', 'b', 'c'].map((name) => connect(name));
    const peer = connect('p');
    for (const flood of floods) for (let at = 0; at < 3; at += 1) flood.say();
    expect(take()).toEqual(['a1']);
    const order = [turn(), turn()].flat();
    peer.say(large / 2);
    order.push(...turn());
    expect(order.filter((what) => what !== 'before')).toEqual(['a2', 'b1', 'c1']);
    const rest = Array.from({ length: 6 }, turn)
      .flat()
      .filter((what) => what !== 'before');
    expect(rest).toEqual(['p1', 'a3', 'b2', 'c2', 'b3', 'c3']);
  });

  test('is followed by pongs and by the end, not preceded', () => {
    const { connect, take, turn } = createWorld();
    const peer = connect('a');
    const heard: string[] = [];
    peer.intake.inOrder(() => heard.push('at once'));
    peer.say();
    peer.say();
    peer.intake.inOrder(() => heard.push('pong'));
    peer.say();
    peer.intake.inOrder(() => {
      peer.intake.unreadable('broken');
      heard.push('close');
    });
    peer.intake.closed();
    expect([take(), heard.splice(0)]).toEqual([['a1'], ['at once']]);
    expect([turn(), heard.splice(0)]).toEqual([['before', 'a2'], []]);
    expect([turn(), heard.splice(0)]).toEqual([['before', 'a3'], ['pong']]);
    expect([turn(), heard.splice(0)]).toEqual([['before', 'a unreadable broken', 'a closed'], ['close']]);
  });

  test('is read no faster where it is pings and pongs', () => {
    const { connect, take, turn } = createWorld();
    const [flood, peer] = [connect('a'), connect('b', 0)];
    let answered = 0;
    const ping = (): void => flood.intake.inOrder(() => (answered += 1), 20_000);
    flood.say();
    for (let at = 0; at < 5; at += 1) ping();
    expect([take(), answered, flood.log]).toEqual([['a1'], 0, ['pause']]);
    peer.say(5_000);
    expect(turn()).toEqual(['before', 'b1']);
    expect([answered, flood.log]).toEqual([5, ['pause', 'resume']]);
  });

  test('may say nothing at all, and is read no faster for that', () => {
    const { connect, take, turn } = createWorld();
    const flood = connect('a');
    flood.say();
    for (let at = 0; at < 20_000; at += 1) flood.intake.idle(20);
    flood.say(10);
    expect([take(), flood.log]).toEqual([['a1'], ['pause']]);
    expect(turn()).toEqual(['before', 'a2']);
    expect(flood.log).toEqual(['pause', 'resume']);
    // The last that comes of a connection that has taken leave is not held back.
    flood.owner.isOver = true;
    flood.intake.idle(1_000_000);
    expect(flood.log).toEqual(['pause', 'resume']);
  });

  test('that says nothing makes who says little wait no longer than a message of as many octets', () => {
    const { connect, take, turn } = createWorld();
    const first = connect('first');
    first.say();
    first.say();
    const floods = Array.from({ length: 5 }, (_, at) => connect(`${at}/`, 0));
    for (const { intake, say } of floods) {
      for (let at = 0; at < 2_000; at += 1) intake.idle(6);
      say(10);
    }
    const peer = connect('p', 0);
    peer.say(5_000);
    take();
    expect(turn()).toEqual(['before', 'p1', '0/1', '1/1', '2/1', '3/1', '4/1', 'first2']);
  });

  test('is taken apart only when its turn comes, behind what came before and ahead of what makes others wait longer', () => {
    const { connect, take, turn } = createWorld();
    const [flood, peer] = [connect('a'), connect('b')];
    const chunkOf = (from: typeof peer, messages: number) => ({
      release: () => {
        for (let at = 0; at < messages; at += 1) from.say(18_000);
      },
    });
    expect(peer.intake.defers(64_000, chunkOf(peer, 0))).toBe(false);
    flood.say();
    flood.say();
    expect(peer.intake.defers(60_000, chunkOf(peer, 3))).toBe(true);
    expect([take(), peer.log]).toEqual([['a1'], ['pause']]);
    peer.intake.closed();
    expect([turn(), turn()].flat()).toEqual(['before', 'b1', 'before', 'b2']);
    // Who has something that waits waits with all that follows, however little.
    expect(peer.intake.defers(10, chunkOf(peer, 1))).toBe(true);
    expect(turn()).toEqual(['before', 'b3']);
    // By now it has made others wait longer.
    expect([turn(), turn()].flat()).toEqual(['before', 'a2', 'before', 'b closed', 'b4']);
    expect(peer.log).toEqual(['pause', 'resume']);
  });

  test('is taken apart at once of who says little, and of who has taken leave', () => {
    const { connect } = createWorld();
    const [flood, peer] = [connect('a'), connect('b')];
    const chunk = { release: () => {} };
    flood.say();
    flood.say();
    expect(peer.intake.defers(100, chunk)).toBe(false);
    expect(peer.intake.defers(10_000, chunk)).toBe(true);
    flood.owner.isOver = true;
    expect(flood.intake.defers(10_000, chunk)).toBe(false);
  });

  test('is the end of links: of many that end together some wait', () => {
    const { connect, take, turn } = createWorld();
    const flood = connect('a');
    flood.say();
    flood.say();
    const peers = Array.from({ length: 20 }, (_, at) => connect(`p${at}`));
    for (const { intake } of peers) intake.closed();
    // As many as may say little in a turn that is over.
    expect(take()).toEqual(['a1', ...Array.from({ length: 16 }, (_, at) => `p${at} closed`)]);
    expect(turn()).toEqual(['before', 'p16 closed', 'p17 closed', 'p18 closed', 'p19 closed', 'a2']);
  });

  test('of a connection that has taken leave is not kept, and its end not delayed', () => {
    const { connect, take, turn } = createWorld();
    const peer = connect('a');
    peer.say();
    peer.say();
    peer.owner.isOver = true;
    peer.say();
    peer.intake.closed();
    expect(take()).toEqual(['a1', 'a closed']);
    // What had waited before is for its owner to ignore; what came since is not there.
    expect(turn()).toEqual(['before', 'a2']);
    expect(turn()).toEqual([]);
    // Nor is its link held back: its peer's last is still to come.
    peer.intake.hold(true);
    expect(peer.log).toEqual(['pause', 'resume']);
  });

  test('is read again only when neither its turn nor its owner holds it back', () => {
    const { connect, turn } = createWorld();
    const peer = connect('a');
    peer.say();
    peer.say();
    peer.intake.hold(true);
    turn();
    turn();
    expect(peer.log).toEqual(['pause']);
    peer.intake.hold(false);
    expect(peer.log).toEqual(['pause', 'resume']);
  });

  test('waits in 4 MiB at most: of what comes all the same the oldest is heard at once', () => {
    const { connect, take } = createWorld();
    const peer = connect('a', 25);
    for (let at = 0; at < 8; at += 1) peer.say(1024 * 1024);
    expect(take()).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test('waits however much comes behind it that says nothing, as that takes no memory', () => {
    const { connect, take, turn } = createWorld();
    const peer = connect('a', 25);
    peer.say();
    peer.say();
    for (let at = 0; at < 5; at += 1) peer.intake.idle(1024 * 1024);
    peer.say(10);
    expect(take()).toEqual(['a1']);
    expect([turn(), turn()]).toEqual([
      ['before', 'a2'],
      ['before', 'a3'],
    ]);
  });

  test('and fails in being heard keeps nobody from being heard', () => {
    const { connect, take, turn, faults } = createWorld();
    const [broken, peer] = [connect('a'), connect('b')];
    broken.say();
    broken.intake.received(Buffer.alloc(large), true);
    broken.intake.inOrder(() => {
      throw new Error('broken');
    });
    broken.say();
    peer.say();
    take();
    for (let at = 0; at < 5; at += 1) turn();
    expect(faults).toEqual([new Error('broken')]);
    expect([broken.log, peer.log]).toEqual([
      ['pause', 'resume'],
      ['pause', 'resume'],
    ]);
  });

  test('is told of what concerns the other direction at once', () => {
    const { connect } = createWorld();
    const { intake, say, log } = connect('a');
    say();
    say();
    intake.drained();
    intake.flush();
    intake.finish();
    intake.unresponsive();
    expect(log).toEqual(['pause', 'drained', 'flush', 'finish', 'unresponsive']);
  });
});
