/**
 * Payloads of foreign clients: every client sends values to every other, as event, argument and result. What arrives is what the
 * table "Payloads between serializers" in PROTOCOL.md says, and no session ends.
 */

import './silence.ts';
import { expect, test, vi } from 'vitest';
import type { ForeignClient, ForeignSession } from './client.ts';
import { nothing } from './client.ts';
import { startMatrixRouter } from './router.ts';
import { clients } from './table.ts';

const isJson = ({ serializer }: ForeignClient): boolean => serializer.startsWith('JSON');

/** What a client shows, without the differences between number and bigint, and between arrays of octets. */
const shown = (value: unknown): unknown => {
  if (typeof value === 'number' || typeof value === 'bigint') return `number ${value}`;
  if (value instanceof Uint8Array) return `octets ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `time ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
};

interface Value {
  readonly value: unknown;
  /** What a receiver shows. */
  readonly arrives: (to: ForeignClient) => unknown;
  /** Whether a client has it: some of their serializers do not. */
  readonly has: (from: ForeignClient) => boolean;
}

const same = (value: unknown): Value => ({ value, arrives: () => shown(value), has: () => true });
const octets = Buffer.from([0, 1, 255]);
const octetsText = `\0${octets.toString('base64')}`;
const time = new Date('2026-11-26T14:30:00.123Z');
const large = 2n ** 60n;
const canBigint = new Set([
  'wampy 8, MessagePack, WebSocket',
  'wampy 8, CBOR, WebSocket',
  'autobahn 22, CBOR, WebSocket',
]);

const values: Readonly<Record<string, Value>> = {
  integer: same(-33),
  'largest integer': same(Number.MAX_SAFE_INTEGER),
  fraction: same(1.5),
  text: same('ü\u{1f600}'),
  'long text': same('x'.repeat(20_000)),
  null: same(null),
  list: same(Array.from({ length: 300 }, (_, at) => at)),
  dictionary: same({ b: [true, { deep: {} }], '10': 1, '2': 2 }),
  octets: {
    value: octets,
    arrives: (to) => (isJson(to) ? octetsText : shown(octets)),
    has: (from) => !isJson(from),
  },
  time: {
    value: time,
    arrives: (to) => (isJson(to) ? time.toISOString() : shown(time)),
    has: (from) => !isJson(from),
  },
  'integer of 60 bits': {
    value: large,
    // It arrives whole, and is rounded by clients that have numbers only.
    arrives: () => expect.stringMatching(/^number 11529215046068(46976|47000)$/),
    has: (from) => canBigint.has(label(from)),
  },
};

const label = ({ name, serializer }: ForeignClient): string => `${name}, ${serializer}`;

interface Receiver {
  readonly client: ForeignClient;
  readonly session: ForeignSession;
  readonly heard: unknown[];
}

/** A session that hears `topic` and answers with what it is given. */
const createReceiver = async (
  client: ForeignClient,
  where: Parameters<ForeignClient['open']>[0],
  at: number,
): Promise<Receiver> => {
  const session = await client.open(where, 'anonymous');
  const heard: unknown[] = [];
  await session.subscribe('com.topic', ({ args }) => heard.push(args[0]));
  await session.register(`com.echo.${at}`, async (given) => {
    heard.push(given.args[0]);
    return given;
  });
  return { client, session, heard };
};

test.each(clients.map((client) => [label(client), client] as const))('values of %s arrive', async (_, from) => {
  const router = await startMatrixRouter();
  const receivers: Receiver[] = [];
  for (const [at, client] of clients.entries()) receivers.push(await createReceiver(client, router, at));
  const sender = await from.open(router, 'anonymous');
  for (const [name, { value, arrives }] of Object.entries(values).filter(([, { has }]) => has(from))) {
    await sender.publish('com.topic', { args: [value], kwargs: {} });
    for (const [at, { client, heard }] of receivers.entries()) {
      const { args } = await sender.call(`com.echo.${at}`, { args: [value], kwargs: {} });
      await vi.waitFor(() => expect(heard).toHaveLength(2), { interval: 2 });
      const expected = [name, label(client), arrives(client)];
      for (const each of heard.splice(0)) expect([name, label(client), shown(each)]).toEqual(expected);
      if (isJson(client) === isJson(from))
        expect([name, label(client), shown(args[0] ?? null)]).toEqual([name, label(client), arrives(from)]);
    }
  }
  for (const { session } of receivers) await session.call('wamp.session.count', nothing);
  const { bad_message, internal_error } = router.postmaster.stats().counters;
  expect([router.postmaster.stats().sessions, bad_message, internal_error]).toEqual([clients.length + 1, 0, 0]);
  await Promise.all([sender, ...receivers.map(({ session }) => session)].map((session) => session.close()));
});
