/**
 * Frames that RFC 6455 forbids, and messages in the wrong kind of frame: the sender's connection is closed with a code, and
 * no other peer notices.
 */

import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { Link } from '../../src/transport/link.ts';
import { createWatchedRouter } from '../support/bystanders.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { basicRoles } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const control = [opcodes.close, opcodes.ping, opcodes.pong];
const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const reservedBits = [1, 2, 4];
const begun = frame(opcodes.text, '[', { fin: false });

type Row = readonly [what: string, frames: readonly Buffer[]];

const forbidden: readonly Row[] = [
  ...Object.entries(opcodes).map(
    ([name, opcode]): Row => [`a frame without a mask (${name})`, [frame(opcode, '', { masked: false })]],
  ),
  ...reserved.map((opcode): Row => [`the reserved opcode ${opcode}`, [frame(opcode, 'x')]]),
  ...Object.entries(opcodes).flatMap(([name, opcode]) =>
    reservedBits.map((rsv): Row => {
      const before = opcode === opcodes.continuation ? [begun] : [];
      return [`reserved bit ${rsv} without an extension (${name})`, [...before, frame(opcode, '', { rsv })]];
    }),
  ),
  ...control.map((opcode): Row => [`a control frame in parts (${opcode})`, [frame(opcode, 'x', { fin: false })]]),
  ...control.flatMap((opcode) =>
    [126, 10_000].map((length): Row => {
      const payload = Buffer.alloc(length, 0x20);
      // A close frame with a code that is good.
      payload.writeUInt16BE(1000);
      return [`a control frame of ${length} octets (${opcode})`, [frame(opcode, payload)]];
    }),
  ),
  ['a close body of one octet', [frame(opcodes.close, 'x')]],
  ['a continuation of nothing', [frame(opcodes.continuation, 'x')]],
  ['a continuation of what has ended', [begun, frame(opcodes.continuation, ']'), frame(opcodes.continuation, 'x')]],
  ['a text in the middle of a message', [begun, frame(opcodes.text, '[]')]],
  ['a binary message in the middle of a message', [begun, frame(opcodes.binary, 'x')]],
];

const protocols = ['wamp', 'wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor'] as const;

describe('what RFC 6455 forbids', () => {
  test.each(forbidden)('is closed with 1002, over each subprotocol: %s', async (_, frames) => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ v1: { open: true } });
    const { port } = await postmaster.listen({ port: 0 });
    for (const protocol of protocols) {
      const client = await connectRaw(port, '/ws', protocol);
      client.write(...frames);
      await client.ended;
      expect([protocol, client.closing?.code]).toEqual([protocol, 1002]);
    }
    await expectUnharmed();
  });
});

describe('with compression', () => {
  /** Nothing, compressed (RFC 7692, 7.2.3.6). */
  const empty = Buffer.of(0x00);
  const rows: readonly Row[] = [
    ['a control frame that says it is compressed', [frame(opcodes.ping, '', { rsv: 4 })]],
    ['a later part that says it is compressed', [begun, frame(opcodes.continuation, empty, { rsv: 4 })]],
    ['the second reserved bit', [frame(opcodes.text, empty, { rsv: 6 })]],
    ['the third reserved bit', [frame(opcodes.text, empty, { rsv: 5 })]],
  ];
  test.each(rows)('what RFC 7692 forbids is closed with 1002: %s', async (_, frames) => {
    const { postmaster, expectUnharmed } = await createWatchedRouter({ compression: true });
    const { port } = await postmaster.listen({ port: 0 });
    const client = await connectRaw(port, '/ws', 'wamp.2.json', undefined, 'permessage-deflate');
    client.write(...frames);
    await client.ended;
    expect(client.closing?.code).toBe(1002);
    await expectUnharmed();
  });
});

describe('a message in the wrong kind of frame', () => {
  test.each(serializerNames)('is a violation in the place of HELLO and in a session: %s', async (name) => {
    const { encode, decode, isBinary } = serializers[name];
    const { postmaster, expectUnharmed } = await createWatchedRouter();
    const { port } = await postmaster.listen({ port: 0 });
    const [right, wrong] = isBinary ? [opcodes.binary, opcodes.text] : [opcodes.text, opcodes.binary];
    const hello = [code.HELLO, 'realm1', { roles: basicRoles }];
    for (const before of [[], [frame(right, encode(hello))]]) {
      const client = await connectRaw(port, '/ws', `wamp.2.${name}`);
      onTestFinished(() => void client.socket.destroy());
      // Text that is UTF-8, so that nothing is wrong with the frame.
      client.write(...before, frame(wrong, JSON.stringify(hello)));
      await client.ended;
      const said = client.frames.filter(({ opcode }) => opcode === right);
      expect(decode(said.at(-1)!.payload, 8)).toEqual([
        code.ABORT,
        { message: `a message in ${name} must be a ${isBinary ? 'binary' : 'text'} message of WebSocket` },
        'wamp.error.protocol_violation',
      ]);
      expect(said).toHaveLength(before.length + 1);
      expect(client.closing?.code).toBe(1002);
    }
    await expectUnharmed();
  });
});

test('a reason to close is a text, by type', () => {
  expectTypeOf<Parameters<Link['close']>>().toEqualTypeOf<[code: number, reason: string]>();
  const close: Link['close'] = () => {};
  // @ts-expect-error Memory that was never written to would go to the peer.
  close(1000, new Float32Array(20));
  // @ts-expect-error An object with a length is no text either.
  close(1000, { length: 20 });
});
