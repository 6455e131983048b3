/**
 * Payloads that are one binary value in the place of args, as clients send them that know payload passthru by its older name
 * (`payload_transparency`): the options or details have `enc_algo`.
 */

import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../../src/codec/serializers.ts';
import { serializerNames } from '../../../src/codec/serializers.ts';
import type { PostmasterOptions, RealmSettings } from '../../../src/index.ts';
import type { Message, MessageType } from '../../../src/wamp/message.ts';
import type { OctetsPeer, Received } from '../../support/octets-peer.ts';
import { joinByReusedMemory } from '../../support/octets-peer.ts';
import { connectV1InMemory } from '../../support/v1-client.ts';
import { basicRoles } from '../../support/v2-client.ts';
import { createV2Router } from '../../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';
const enc = { enc_algo: 'cryptobox', enc_serializer: 'json', enc_key: 'key' };
const binary: Readonly<Record<SerializerName, Buffer>> = {
  json: Buffer.from('"\\u0000AQI="'),
  msgpack: Buffer.from('c4020102', 'hex'),
  cbor: Buffer.from('420102', 'hex'),
};
const older = Object.fromEntries(
  ['publisher', 'subscriber', 'caller', 'callee'].map((role) => [role, { features: { payload_transparency: true } }]),
);

const setUp = (options: Partial<PostmasterOptions> = {}, realm: Partial<RealmSettings> = {}) => {
  const router = createV2Router(realm, { ...options, limits: { closeTimeout: 1 } });
  const join = (name: SerializerName = 'cbor', roles?: object): Promise<OctetsPeer> =>
    joinByReusedMemory(router, name, roles);
  return { router, join };
};

/** Whether a message ends with the binary value by itself, behind attributes of its payload. */
const isTransparent = ({ data, message }: Received, name: SerializerName): boolean => {
  const end = Buffer.concat([binary[name], Buffer.from(name === 'json' ? ']' : '')]);
  expect('details' in message && message.details).toEqual(expect.objectContaining(enc));
  const isBehindDetails = message.type === 'ERROR' || data.includes(enc.enc_key);
  return isBehindDetails && data.subarray(-end.length).equals(end) && !isList(data, end.length, name);
};
/** Whether the octet before the value is the head of a list. */
const isList = (data: Buffer, length: number, name: SerializerName): boolean =>
  data[data.length - length - 1] === { json: 0x5b, msgpack: 0x91, cbor: 0x81 }[name];

const requestOf = ({ message }: Received): number => (message as Message<'INVOCATION'>).request as number;
const aborted = async (peer: OctetsPeer): Promise<unknown> =>
  ((await peer.take('ABORT')).message as Message<'ABORT'>).details.message;

describe.each(serializerNames.flatMap((from) => serializerNames.map((to) => [from, to] as const)))(
  'a binary value in the place of args from %s to %s',
  (from, to) => {
    test.each([
      ['payload_passthru_mode', undefined],
      ['payload_transparency', older],
    ])('is passed on between peers that announced %s', async (_, roles) => {
      const { join } = setUp();
      const [sender, receiver] = [await join(from, roles), await join(to, roles)];
      await receiver.ask('SUBSCRIBE', [{}, topic]);
      await sender.ask('PUBLISH', [{ acknowledge: true, ...enc }, topic], binary[from]);
      expect(isTransparent(await receiver.take('EVENT'), to)).toBe(true);
      await receiver.ask('REGISTER', [{}, procedure]);
      for (const answer of [[70], [8, 68]]) {
        sender.request('CALL', [enc, procedure], binary[from]);
        const invocation = await receiver.take('INVOCATION');
        expect(isTransparent(invocation, to)).toBe(true);
        const error = answer.length === 2 ? ['com.error'] : [];
        receiver.send([...answer, requestOf(invocation), enc, ...error], binary[to]);
        expect(isTransparent(await sender.take('RESULT', 'ERROR'), from)).toBe(true);
      }
    });

    test('is kept as it is: retained, and as the args of an event in a history', async () => {
      const { join } = setUp({}, { history: [{ uri: topic }] });
      const [sender, receiver] = [await join(from), await join(to)];
      await sender.ask('PUBLISH', [{ acknowledge: true, retain: true, ...enc }, topic], binary[from]);
      const { message } = await receiver.ask('SUBSCRIBE', [{ get_retained: true }, topic]);
      expect(isTransparent(await receiver.take('EVENT'), to)).toBe(true);
      const { subscription } = message as Message<'SUBSCRIBED'>;
      receiver.send([48, 2, {}, 'wamp.subscription.get_events', [subscription]]);
      const found = (await receiver.take('RESULT')).message as Message<'RESULT'>;
      expect(found.payload.args).toMatchObject([{ args: Buffer.of(1, 2), details: enc }]);
    });
  },
);

describe('a binary value in the place of args', () => {
  test('is the only argument for programs, and goes on as it is when they have looked', async () => {
    const seen: unknown[] = [];
    const { router, join } = setUp({ messageToPublish: (_, { args }) => void seen.push(args) });
    const [sender, receiver] = [await join(), await join('json')];
    await receiver.ask('SUBSCRIBE', [{}, topic]);
    await router.session().subscribe(topic, ({ args }) => void seen.push(args));
    await sender.ask('PUBLISH', [{ acknowledge: true, ...enc }, topic], binary.cbor);
    expect(isTransparent(await receiver.take('EVENT'), 'json')).toBe(true);
    expect(seen).toEqual([[Buffer.of(1, 2)], [Buffer.of(1, 2)]]);
  });

  test('is no event for those who announced no such payloads, of WAMP v1 as well', async () => {
    const { router, join } = setUp({ v1: { open: true } });
    const [sender, receiver] = [await join(), await join('json', basicRoles)];
    const v1 = await connectV1InMemory(router);
    v1.subscribe(topic);
    await v1.barrier();
    await receiver.ask('SUBSCRIBE', [{}, topic]);
    await sender.ask('PUBLISH', [{ acknowledge: true, retain: true, ...enc }, topic], binary.cbor);
    await sender.ask('PUBLISH', [{ acknowledge: true }, topic], Buffer.from('8102', 'hex'));
    expect((await receiver.take('EVENT')).data.toString()).toMatch(/\[2\]\]$/);
    await v1.barrier();
    expect(v1.events.map(([, event]) => event)).toEqual([2]);
    await (await join('json', basicRoles)).ask('SUBSCRIBE', [{ get_retained: true }, topic]);
    expect(receiver.has('EVENT')).toBe(false);
  });

  test.each<[string, object, object | undefined, string, RegExp]>([
    ['PUBLISH', {}, undefined, topic, /payload of PUBLISH must be a list/],
    ['PUBLISH', { enc_algo: '' }, undefined, topic, /payload of PUBLISH must be a list/],
    ['PUBLISH', { ppt_scheme: 'wamp' }, undefined, topic, /payload of PUBLISH must be a list/],
    ['PUBLISH', enc, basicRoles, topic, /PUBLISH.Options.enc_algo needs the feature/],
    ['CALL', {}, undefined, procedure, /payload of CALL must be a list/],
    ['CALL', enc, basicRoles, procedure, /CALL.Options.enc_algo needs the feature/],
  ])('ends the session of who sends it in a %s with %j', async (type, options, roles, uri, message) => {
    const { join } = setUp();
    for (const name of serializerNames) {
      const peer = await join(name, roles);
      peer.request(type as MessageType, [options, uri], binary[name]);
      expect(await aborted(peer)).toMatch(message);
    }
  });

  test.each<[SerializerName, Buffer]>([
    ['json', Buffer.from(',{"a":1}')],
    ['msgpack', Buffer.from('81a16101', 'hex')],
    ['cbor', Buffer.from('a1616101', 'hex')],
  ])('has no keyword arguments behind it in %s: a PUBLISH with both is a violation', async (name, kwargs) => {
    const peer = await setUp().join(name);
    peer.send([16, 1, enc, topic], Buffer.concat([binary[name], kwargs]), 2);
    expect(await aborted(peer)).toMatch(/payload of PUBLISH must be a list/);
  });

  test('is refused to a callee, and to a caller, that announced no such payloads', async () => {
    const { join } = setUp();
    const [able, basic] = [await join(), await join('cbor', basicRoles)];
    await basic.ask('REGISTER', [{}, procedure]);
    const refused = { type: 'ERROR', error: 'wamp.error.feature_not_supported' };
    expect((await able.ask('CALL', [enc, procedure], binary.cbor)).message).toMatchObject(refused);
    await able.ask('REGISTER', [{}, 'com.able']);
    for (const [start, end] of [
      [[70], []],
      [[8, 68], ['com.error']],
    ] as const) {
      basic.request('CALL', [{}, 'com.able']);
      able.send([...start, requestOf(await able.take('INVOCATION')), enc, ...end], binary.cbor);
      expect((await basic.take('RESULT', 'ERROR')).message).toMatchObject(refused);
    }
    basic.request('CALL', [{}, procedure]);
    basic.send([8, 68, requestOf(await basic.take('INVOCATION')), enc, 'com.error'], binary.cbor);
    expect(await aborted(basic)).toMatch(/ERROR.Details.enc_algo needs the feature/);
  });

  test('is no part of a call whose first part had none', async () => {
    const { join } = setUp();
    const [caller, callee] = [await join(), await join()];
    await callee.ask('REGISTER', [{}, procedure]);
    const request = caller.request('CALL', [{ progress: true }, procedure]);
    await callee.take('INVOCATION');
    caller.send([48, request, enc, procedure], binary.cbor);
    expect(await aborted(caller)).toMatch(/the first part had no enc_algo/);
    expect(callee.has('INVOCATION')).toBe(false);
  });
});
