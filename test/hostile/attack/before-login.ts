/** Attacks by peers without a session: all that they need is to reach the port. */

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { maskedFrame, opcode } from '../../bench/frame.ts';
import { type Attack, expect, type Target } from './attack.ts';
import { join, megabyte, open, openSocket, times } from './peer.ts';

const helloOf = (details: object): Buffer =>
  maskedFrame(opcode.text, Buffer.from(JSON.stringify([1, 'realm1', { roles: { caller: {} }, ...details }])));

const unfinishedHello = async (target: Target): Promise<void> => {
  const hello = helloOf({ authextra: { x_padding: megabyte } });
  const links = await times(400, () => open(target));
  for (const link of links) link.write(hello.subarray(0, -1));
  await delay(4_000);
};

/** RawSocket: messages in JSON of up to 16 MiB, please; then the header of a message of a mebibyte less one octet. */
const rawSocketStart = Buffer.from([0x7f, 0xf1, 0, 0, 0, 0x0f, 0xff, 0xff]);

const unfinishedRawSocketHello = async (target: Target): Promise<void> => {
  const sockets = await times(400, () => openSocket(target));
  for (const socket of sockets) socket.write(Buffer.concat([rawSocketStart, Buffer.alloc(1_000_000, 0x20)]));
  await delay(4_000);
};

const largeHello = async (target: Target): Promise<void> => {
  const hello = helloOf({ authextra: { x_maps: JSON.parse(`[${'{},'.repeat(340_000)}{}]`) } });
  const links = await times(100, () => open(target));
  for (const link of links) link.write(hello);
  await delay(4_000);
};

/** Each asks for an upgrade at once; none waits for its answer before the next one comes. */
const connectFlood = async (target: Target): Promise<void> => {
  const begin = performance.now();
  for (let wave = 0; wave < 50; wave += 1) {
    for (let each = 0; each < 100; each += 1) void open(target).catch(() => {});
    await delay(begin + 20 * (wave + 1) - performance.now());
  }
  await delay(2_000);
};

const slowRequest = async (target: Target): Promise<void> => {
  const sockets = await times(500, () => openSocket(target));
  const request = `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Padding: ${'x'.repeat(100)}`;
  for (let second = 0; second < 12; second += 1) {
    for (const socket of sockets) if (socket.writable) socket.write(request.charAt(second));
    await delay(1_000);
  }
  const open = sockets.filter(({ destroyed }) => !destroyed).length;
  expect(open === 0, `${open} connections were still waited for after 12 s`);
};

const descriptors = async (target: Target): Promise<void> => {
  const sockets = await times(400, () => openSocket(target));
  await delay(2_000);
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map((socket) => (socket.closed ? undefined : once(socket, 'close'))));
  const joined = await Promise.race([
    join(target).then(
      () => true,
      () => false,
    ),
    delay(5_000).then(() => false),
  ]);
  expect(joined, 'nobody could join once descriptors were free again');
};

/** Attacks before login. */
export const beforeLogin: readonly Attack[] = [
  {
    id: 'before-login/unfinished-hello',
    does: 'keeps 400 WebSockets each with a HELLO of 1 MiB that lacks its last octet',
    before: 'took 380 MB',
    bound: { growth: 128, because: 'Node has read two buffers of 64 KiB of each before it can be stopped' },
    run: unfinishedHello,
  },
  {
    id: 'before-login/unfinished-hello-rawsocket',
    does: 'keeps 400 RawSockets each with a message of 1 MiB that is not whole, instead of a HELLO',
    before: 'not tried',
    bound: { growth: 64 },
    run: unfinishedRawSocketHello,
  },
  {
    id: 'before-login/large-hello',
    does: 'says 100 HELLOs of 1 MiB that are full of tiny maps',
    before: 'stalled everybody for 6.6 s',
    bound: { growth: 64 },
    run: largeHello,
  },
  {
    id: 'before-login/connect-flood',
    does: 'asks for 5,000 WebSockets in a second from one address',
    before: 'not tried',
    bound: { growth: 128 },
    options: { limitLoopback: true },
    run: connectFlood,
  },
  {
    id: 'before-login/slow-request',
    does: 'keeps 500 connections that each send one octet of an upgrade request per second',
    before: 'not tried',
    bound: { growth: 32 },
    run: slowRequest,
  },
  {
    id: 'before-login/descriptors',
    does: 'opens 400 connections to a router that may have 256 descriptors, and goes',
    before: 'not tried',
    bound: { growth: 32 },
    descriptors: 256,
    run: descriptors,
  },
];
