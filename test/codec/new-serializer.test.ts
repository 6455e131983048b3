/** A serializer that is new takes its own file and a line in the table, here UBJSON: transports, client, translations, command line read that. */

import { Command } from 'commander';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { addClientOptions } from '../../src/cli/client-flags.ts';
import type { ReceivedEvent, WampClient } from '../../src/client.ts';
import { connect } from '../../src/client.ts';
import type { Serializer } from '../../src/codec/serializer.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import { joinWithOctets } from '../support/octets-peer.ts';
import { createUbjsonSerializer } from '../support/ubjson.ts';
import { createV2Router } from '../support/v2-router.ts';

const line: Readonly<Record<string, Serializer>> = { ubjson: createUbjsonSerializer() };
const [ubjson] = Object.keys(line) as [SerializerName];
const topic = 'com.topic';

beforeAll(() => {
  Object.assign(serializers, line);
  (serializerNames as SerializerName[]).push(ubjson);
});

const values = [null, true, 0, -1, 2 ** 53 - 1, 2n ** 60n, 1.5, 'é', '', [], {}, [{ deep: [[1]], '1': 'one' }]];

test.each(['WebSocket', 'RawSocket'])('peers of it and of the others reach each other over %s', async (transport) => {
  const postmaster = createV2Router();
  const { url, port } = await postmaster.listen({ port: 0, rawSocket: true });
  const where = transport === 'WebSocket' ? url : `rs://127.0.0.1:${port}`;
  const clients: WampClient[] = [];
  const heard: ReceivedEvent[] = [];
  for (const name of serializerNames) {
    const client = await connect({ url: where, realm: 'realm1', serializers: [name] });
    onTestFinished(() => client.close());
    await client.register(`com.echo.${name}`, ({ args }) => args[0]);
    await client.subscribe(topic, (event) => heard.push(event));
    clients.push(client);
  }
  const binary = Buffer.from([0, 1, 255]);
  for (const client of clients) {
    for (const name of serializerNames) {
      const given = { values, binary };
      expect((await client.call(`com.echo.${name}`, [given])).args).toEqual([given]);
    }
    await client.publish(topic, values, { binary }, { acknowledge: true, exclude_me: false });
  }
  for (const client of clients) await client.call('com.echo.json', [0]);
  expect(heard.map(({ args, kwargs }) => ({ args, kwargs }))).toEqual(
    Array(clients.length ** 2).fill({ args: values, kwargs: { binary } }),
  );
});

/** `[1.0, 1]`, as each has it. */
const oneAndOne = {
  ubjson: Buffer.from('5b443ff00000000000004c00000000000000015d', 'hex'),
  json: Buffer.from('[1.0,1]'),
  msgpack: Buffer.from('92cb3ff000000000000001', 'hex'),
  cbor: Buffer.from('82fb3ff000000000000001', 'hex'),
} as const;

test('payloads of it go on as octets, and are translated from and to all others', async () => {
  const { url } = await createV2Router().listen({ port: 0 });
  const peers = [];
  for (const name of serializerNames) {
    const peer = await joinWithOctets(url, name);
    await peer.ask('SUBSCRIBE', [{}, topic]);
    peers.push(peer);
  }
  for (const sender of peers) {
    await sender.ask('PUBLISH', [{ acknowledge: true, exclude_me: false }, topic], oneAndOne[sender.name]);
    for (const { name, take } of peers.map((peer) => ({ name: peer.name, take: () => peer.take('EVENT') }))) {
      const { data } = await take();
      const end = Buffer.concat([oneAndOne[name], Buffer.from(serializers[name].tail)]);
      expect([sender.name, name, data.toString('hex')]).toEqual([
        sender.name,
        name,
        expect.stringMatching(new RegExp(`${end.toString('hex')}$`)),
      ]);
    }
  }
});

test('payloads of it are kept as octets in histories and testaments', async () => {
  const { url } = await createV2Router({ history: [{ uri: topic, limit: 9 }] }).listen({ port: 0 });
  const [mortal, heir] = [await joinWithOctets(url, ubjson), await joinWithOctets(url, ubjson)];
  const { message } = await heir.ask('SUBSCRIBE', [{}, topic]);
  const { subscription } = message as { subscription: number };
  const args = oneAndOne[ubjson as 'ubjson'];
  const testament = Buffer.from(serializers[ubjson].encode([topic, []]) as Uint8Array).subarray(0, -3);
  await mortal.ask('CALL', [{}, 'wamp.session.add_testament'], Buffer.concat([testament, args, Buffer.from('{}]')]));
  mortal.send([6, {}, 'wamp.close.normal']);
  const event = await heir.take('EVENT');
  expect(event.data.toString('latin1').endsWith(`${args.toString('latin1')}]`)).toBe(true);
  const query = fromList([[subscription]]);
  const { data } = await heir.ask('CALL', [{}, 'wamp.subscription.get_events'], query);
  expect(data.toString('latin1').endsWith(`args${args.toString('latin1')}}]]`)).toBe(true);
});

/** The elements of a list, in octets. */
const fromList = (list: readonly unknown[]): Uint8Array =>
  Buffer.from(serializers[ubjson].encode(list) as Uint8Array).subarray(1, -1);

test('what it cannot hold ends no session', async () => {
  const { url } = await createV2Router().listen({ port: 0 });
  const [caller, callee] = [await joinWithOctets(url, 'cbor'), await joinWithOctets(url, ubjson)];
  await callee.ask('REGISTER', [{}, 'com.procedure']);
  // 273.15, a decimal.
  caller.request('CALL', [{}, 'com.procedure'], Buffer.from('81c48221196ab3', 'hex'));
  expect((await caller.take('ERROR')).message).toMatchObject({ error: 'wamp.error.invalid_argument' });
  caller.request('CALL', [{}, 'com.procedure'], oneAndOne.cbor);
  expect((await callee.take('INVOCATION')).data.includes(oneAndOne[ubjson as 'ubjson'])).toBe(true);
});

test('the command line offers it', () => {
  expect(addClientOptions(new Command()).helpInformation()).toContain('"ubjson"');
});
