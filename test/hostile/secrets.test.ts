/** Messages that contain a secret and are broken in many ways: nothing of the secret gets into a log line or an answer. */

import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { readOctets } from '../../src/codec/v2.ts';
import type { PostmasterOptions } from '../../src/index.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import { ProtocolViolation } from '../../src/wamp/error.ts';
import { code, createV2Router } from '../support/v2-router.ts';

/** Two of its characters beside each other stand in nothing else that a router says. */
const secret = '!~'.repeat(12);
const traces = /!~|~!/;
/** Octets that mean something in one serializer or the other, or nothing in any. */
const octets = [0x00, 0x22, 0x27, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x81, 0xc0, 0xc1, 0xd4, 0xd9, 0xdf, 0xff];

/** `message` cut off, followed by more, and with each of `octets` in each place, instead of what is there and beside it. */
const breakIt = (message: Buffer): readonly Buffer[] =>
  [...Array(message.length).keys()].flatMap((at) => [
    message.subarray(0, at),
    Buffer.concat([message, message.subarray(at)]),
    ...octets.flatMap((octet) => [
      Buffer.concat([message.subarray(0, at), Buffer.of(octet), message.subarray(at)]),
      Buffer.concat([message.subarray(0, at), Buffer.of(octet), message.subarray(at + 1)]),
    ]),
  ]);

/** What a router that logs everything says on the wire and in the log. Each list of messages is said on a link of its own. */
const listenTo = (options: Partial<PostmasterOptions> = {}) => {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line) => lines.push(line) });
  const router = createV2Router(
    { authenticators: { ticket: () => Promise.resolve(undefined) } },
    { logger, ...options },
  );
  const say = (protocol: string, ...messages: readonly (string | Uint8Array)[]): readonly Buffer[] => {
    const said: Buffer[] = [];
    const link = {
      framing: payloadFraming,
      write: (frames: readonly Uint8Array[]) => said.push(...frames.map((frame) => Buffer.from(frame))) > 0,
      close: (_: number, reason: string) => void said.push(Buffer.from(reason)),
      terminate: () => {},
      pause: () => {},
      resume: () => {},
    };
    const { listener, start } = router.connect(link, { protocol, remoteAddress: undefined, headers: {} });
    start();
    const isBinary = protocol.endsWith('msgpack') || protocol.endsWith('cbor');
    for (const message of messages) listener.received(Buffer.from(message as Uint8Array), isBinary);
    listener.closed();
    return said;
  };
  return { lines, say, router };
};

/** Words for what cannot be decoded: the router's own, all of them. */
const sentences =
  /^the message cannot be read as (json|msgpack|cbor)(: (nested too deeply|too many values|truncated|longer than it says|an octet that begins nothing|a break that ends nothing|a part of another kind than the whole|a text is not UTF-8|extension types are not supported))?$/;

const canDecode = (name: SerializerName, message: Buffer): boolean => {
  try {
    serializers[name].decode(message, 64);
    return true;
  } catch {
    return false;
  }
};

// Whoever breaks off in the middle of AUTHENTICATE, or writes it badly, has sent a password.
test.each(serializerNames)('nothing of a broken AUTHENTICATE in %s is in ABORT or in the log', async (name) => {
  const { encode } = serializers[name];
  const { lines, say, router } = listenTo();
  const hello = encode([code.HELLO, 'realm1', { roles: { caller: {} }, authmethods: ['ticket'], authid: 'joe' }]);
  const messages = breakIt(Buffer.from(encode([code.AUTHENTICATE, secret, {}]) as Uint8Array));
  for (const message of messages) {
    for (const before of [[], [hello]]) {
      const said = say(`wamp.2.${name}`, ...before, message);
      // What is more than a turn has time for is heard in the next.
      await new Promise(setImmediate);
      expect(String(said)).not.toMatch(traces);
    }
    if (canDecode(name, message)) continue;
    const violation = readOctets(
      serializers[name],
      message,
      { maxDepth: 64, maxElements: 1000 },
      'peer',
    ) as ProtocolViolation;
    expect(violation.message).toMatch(sentences);
  }
  expect(router.stats().counters.bad_message).toBeGreaterThan(messages.length);
  expect(lines.length).toBeGreaterThan(messages.length);
  expect(lines.filter((line) => traces.test(line))).toEqual([]);
});

test.each([false, true])(
  'nothing of a broken CALL of auth in WAMP v1 is in an answer or in the log, strict: %s',
  async (strict) => {
    const { lines, say } = listenTo({ v1: { strict } });
    const message = Buffer.from(JSON.stringify([2, 'id', 'http://api.wamp.ws/procedure#auth', secret]));
    for (const broken of breakIt(message)) {
      const said = say('wamp.1', broken);
      await new Promise(setImmediate);
      expect(String(said)).not.toMatch(traces);
    }
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => traces.test(line))).toEqual([]);
  },
);

test.each(serializerNames)('nothing of a broken message of a router in %s is in what the client is told', (name) => {
  const message = Buffer.from(serializers[name].encode([code.CHALLENGE, 'ticket', { pin: secret }]) as Uint8Array);
  for (const broken of breakIt(message)) {
    const read = readOctets(serializers[name], broken, { maxDepth: 64, maxElements: 1000 }, 'router');
    if (read instanceof ProtocolViolation) expect(read.message).not.toMatch(traces);
  }
});
