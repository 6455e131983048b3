import { describe, expect, it } from 'vitest';
import { natsWire, socketIoWire } from './foreign-wire.ts';
import { clientFrame, createRing, payload } from './frame.ts';
import { missingAmong } from './peers.ts';
import { floor } from './targets.ts';
import type { Wire } from './wire.ts';
import { workloads } from './workloads.ts';

const text = (wire: Wire, message: unknown): string => Buffer.from(wire.encode(message)).toString();
const read = (wire: Wire, message: string): unknown => wire.decode(Buffer.from(message));

/** What a frame of a client carries, without the mask. */
const unmasked = (frame: Buffer): string => {
  const start = (frame[1] as number & 127) < 126 ? 2 : 4;
  const mask = frame.subarray(start, start + 4);
  return Buffer.from(frame.subarray(start + 4).map((octet, at) => octet ^ (mask[at & 3] as number))).toString();
};

describe('the loads in Socket.IO', () => {
  it('are events with an acknowledgement, and events to a room', () => {
    expect(text(socketIoWire, socketIoWire.publish(7, 'topic', 'an event'))).toBe('42["publish","topic","an event"]');
    expect(text(socketIoWire, socketIoWire.call(7, 'sum', 1, 2))).toBe('427["call","sum",[1,2]]');
    expect(text(socketIoWire, socketIoWire.yield(read(socketIoWire, '425["call",[1,2]]')))).toBe('435[3]');
    expect(text(socketIoWire, socketIoWire.echo(read(socketIoWire, '425["call",["a"]]')))).toBe('435["a"]');
    expect(socketIoWire.eventOf(read(socketIoWire, '42["event","an event"]'))).toBe('an event');
    expect(socketIoWire.resultOf(read(socketIoWire, '4312[3]'))).toEqual([12, 3]);
  });

  it('know the packets of the transport from messages', () => {
    expect(socketIoWire.isGreeting?.(read(socketIoWire, '0{"sid":"a"}'))).toBe(true);
    expect(socketIoWire.isWelcome(read(socketIoWire, '40{"sid":"a"}'))).toBe(true);
    expect([0, 1].map((at) => socketIoWire.answerTo?.(Buffer.from(['2', '42["event",1]'][at] ?? ''), 0))).toEqual([
      '3',
      undefined,
    ]);
    expect([socketIoWire.typeOf(Buffer.from('42[]'), 0), socketIoWire.typeOf(Buffer.from(' 43[]'), 1)]).toEqual([
      42, 43,
    ]);
  });
});

describe('the loads in NATS', () => {
  it('are messages for a subject, and requests with an inbox', () => {
    expect(text(natsWire, natsWire.publish(7, 'topic', 'an event'))).toBe('PUB topic 8\r\nan event\r\n');
    const call = 'PUB sum _INBOX.3.0000000007 3\r\n1 2\r\n';
    expect(text(natsWire, natsWire.call(7, 'sum', 1, 2, natsWire.inboxOf?.(3)))).toBe(call);
    const invocation = read(natsWire, 'MSG sum 1 _INBOX.3.0000000007 3\r\n1 2\r\n');
    expect(text(natsWire, natsWire.yield(invocation))).toBe('PUB _INBOX.3.0000000007 1\r\n3\r\n');
    expect(natsWire.resultOf(read(natsWire, 'MSG _INBOX.3.0000000007 1 1\r\n3\r\n'))).toEqual([7, 3]);
    expect(natsWire.eventOf(read(natsWire, 'MSG topic 1 8\r\nan event\r\n'))).toBe('an event');
  });

  it('find several messages in a frame', () => {
    const parts = ['MSG topic 1 2\r\na\n\r\n', 'PING\r\n', 'MSG topic 1 inbox 12\r\n\r\n0123456789\r\n', 'PONG\r\n'];
    const frame = Buffer.from(parts.join(''));
    const found: string[] = [];
    for (let at = 0; at < frame.length; ) {
      const end = natsWire.endOf?.(frame, at) ?? 0;
      found.push(frame.toString('utf8', at, end));
      at = end;
    }
    expect(found).toEqual(parts);
    expect(found.map((part) => natsWire.answerTo?.(Buffer.from(part), 0))).toEqual([
      undefined,
      'PONG\r\n',
      undefined,
      undefined,
    ]);
    expect(() => natsWire.endOf?.(Buffer.from('MSG topic'), 0)).toThrow('another frame');
  });
});

it.each([socketIoWire, natsWire])('the ids of calls are written anew each time the calls go round: $name', (wire) => {
  const ring = createRing(wire, 2, (id, index) => wire.say(id, 'echo', payload(index), wire.inboxOf?.(0)));
  for (const id of [1, 9, 10, 99_999]) {
    const taken = ring.take(id - 1, 1, id);
    expect(unmasked(taken)).toBe(
      unmasked(clientFrame(wire, wire.say(id, 'echo', payload((id - 1) % 2), wire.inboxOf?.(0)))),
    );
  }
});

it('brokers that speak no WAMP have the fan-outs and the calls to one callee', () => {
  const common = workloads.filter(({ protocol, isCommon }) => protocol === 'json' && isCommon);
  const ids = common.flatMap(({ rows }) => rows.map(({ id }) => id));
  expect(ids).toEqual(
    expect.arrayContaining(['json/fan-out-100-burst', 'json/pairs-16k', 'json/call', 'json/call-latency-p50']),
  );
  expect(ids.filter((id) => /connect|\/memory|callees|publish/.test(id))).toEqual([]);
});

it('peers that are not installed are named', () => {
  expect(missingAmong([])).toEqual(['fox-wamp', 'nexus', 'crossbar', 'socket.io', 'nats']);
  expect(missingAmong([{ ...floor, name: 'nats' }])).not.toContain('nats');
});
