/** Attacks by pings. */

import { setTimeout as delay } from 'node:timers/promises';
import { maskedFrame, opcode } from '../../bench/frame.ts';
import { type Attack, expect, type Target } from './attack.ts';
import { flood, join, times } from './peer.ts';

const ping = maskedFrame(opcode.ping, Buffer.alloc(125, 0x70));
const pings = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => ping));

/** Nobody reads what is answered. */
const floodWith =
  (octets: Buffer) =>
  async (target: Target): Promise<void> => {
    const peers = await times(20, () => join(target));
    for (const { socket } of peers) socket.pause();
    await Promise.all(peers.map((peer) => flood(peer, octets, 10_000)));
  };

const emptyPong = maskedFrame(opcode.pong, Buffer.alloc(0));

const many = async (target: Target): Promise<void> => {
  const peer = await join(target);
  const burst = pings(100);
  const begin = performance.now();
  for (let sent = 0; sent < 500; sent += 1) {
    peer.write(burst);
    await delay(begin + 10 * (sent + 1) - performance.now());
  }
  expect(
    peer.frames.some(({ opcode: code }) => code === opcode.pong),
    'no ping was answered',
  );
};

/** Attacks by pings. */
export const heartbeat: readonly Attack[] = [
  {
    id: 'heartbeat/pings-unread',
    does: 'pings from 20 connections as fast as the router reads, and reads no answer',
    before: 'took 634 MB in 45 s',
    bound: {
      growth: 128,
      because: 'of each connection 64 KiB of pings may wait, which take more when they are taken apart',
    },
    run: floodWith(pings(500)),
  },
  {
    id: 'heartbeat/pongs',
    does: 'sends pongs that nobody has asked for from 20 connections as fast as the router reads',
    before: 'not tried',
    bound: { growth: 64 },
    run: floodWith(Buffer.concat(Array.from({ length: 10_000 }, () => emptyPong))),
  },
  {
    id: 'heartbeat/pings',
    does: 'pings 10,000 times a second for 5 s on one connection',
    before: 'not tried',
    bound: { growth: 64 },
    run: many,
  },
];
