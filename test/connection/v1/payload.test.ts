/** Payloads between WAMP v1 and v2, over real WebSockets, octet by octet. */

import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SerializerName } from '../../../src/codec/serializers.ts';
import type { PostmasterOptions } from '../../../src/index.ts';
import type { OctetsPeer } from '../../support/octets-peer.ts';
import { joinWithOctets } from '../../support/octets-peer.ts';
import { createV2Router } from '../../support/v2-router.ts';

/** A v1 peer that keeps texts as they come. */
const connectTexts = async (url: string) => {
  const socket = new WebSocket(url, 'wamp');
  onTestFinished(() => socket.terminate());
  const inbox: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const take = waiting.shift();
    if (take) take(String(data));
    else inbox.push(String(data));
  });
  const take = (): Promise<string> => {
    const first = inbox.shift();
    return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
  };
  expect(await take()).toMatch(/^\[0,/);
  const send = (text: string): void => socket.send(text);
  /** Resolves when all that was sent has been handled. */
  const barrier = async (): Promise<void> => {
    send('[2,"barrier","com.nobody"]');
    expect(await take()).toMatch(/^\[4,"barrier"/);
  };
  return { send, take, barrier };
};

const setUp = async (name: SerializerName, options: Partial<PostmasterOptions> = {}) => {
  const router = createV2Router({}, { v1: { open: true }, limits: { closeTimeout: 1 }, ...options });
  const { url } = await router.listen({ port: 0 });
  return { v1: await connectTexts(url), v2: await joinWithOctets(url, name), url };
};

const endOf = async (peer: OctetsPeer, type: 'EVENT' | 'INVOCATION' | 'RESULT', octets: number): Promise<string> => {
  const { data } = await peer.take(type);
  const end = data.subarray(-octets);
  return peer.name === 'json' ? end.toString() : end.toString('hex');
};

test.each<[string, SerializerName, string]>([
  ['[7,"com.topic",1.0]', 'json', '[1.0]]'],
  ['[7,"com.topic", {"b":1,"1":-0} , false]', 'json', '[{"b":1,"1":-0} ]]'],
  ['[7,"com.topic",12345678901234567890,true,null]', 'json', '[12345678901234567890]]'],
  ['[7,"com.topic",null]', 'json', '[null]]'],
  ['[7,"com.topic",1.0]', 'msgpack', '91cb3ff0000000000000'],
  ['[7,"com.topic","\\u0000AQI="]', 'cbor', '81420102'],
])('the event of %s arrives in v2, %s, with the end %s', async (text, name, end) => {
  const { v1, v2 } = await setUp(name);
  await v2.ask('SUBSCRIBE', [{}, 'com.topic']);
  v1.send(text);
  expect(await endOf(v2, 'EVENT', name === 'json' ? end.length : end.length / 2)).toBe(end);
});

test('a binary value of v1 is one for messageToPublish', async () => {
  const seen: unknown[] = [];
  const { v1, v2 } = await setUp('json', { messageToPublish: (_, { args }) => void seen.push(args) });
  await v2.ask('SUBSCRIBE', [{}, 'com.topic']);
  v1.send('[7,"com.topic",["\\u0000AQI="]]');
  expect(await endOf(v2, 'EVENT', 17)).toBe('[["\\u0000AQI="]]]');
  expect(seen).toEqual([[[Buffer.of(1, 2)]]]);
});

test.each<[SerializerName, string, 1 | 2, string]>([
  ['json', '[1.0]', 1, '1.0'],
  ['json', '[1.0,2]', 1, '{"args":[1.0,2],"kwargs":{}}'],
  ['json', '[1.0],{"a":-0}', 2, '{"args":[1.0],"kwargs":{"a":-0}}'],
  ['json', '[]', 1, '{"args":[],"kwargs":{}}'],
  ['msgpack', '91cb3ff0000000000000', 1, '1.0'],
  ['cbor', '81c24a01000000000000000000', 1, '4722366482869645213696'],
])('a payload of v2 in %s, %s, arrives as an event of v1', async (name, payload, count, event) => {
  const { v1, v2 } = await setUp(name);
  v1.send('[5,"com.topic"]');
  await v1.barrier();
  v2.send([16, 1, {}, 'com.topic'], Buffer.from(payload, name === 'json' ? 'utf8' : 'hex'), count);
  expect(await v1.take()).toBe(`[8,"com.topic",${event}]`);
});

test('an event of v1 reaches v1 as it was written', async () => {
  const { v1, url } = await setUp('json');
  const other = await connectTexts(url);
  other.send('[5,"com.topic"]');
  await other.barrier();
  v1.send('[7,"com.topic",{"1":1.0,"0":[ 1e3 ]}]');
  expect(await other.take()).toBe('[8,"com.topic",{"1":1.0,"0":[ 1e3 ]}]');
});

test('the arguments of a call of v1, and what it is answered with, are as they were written', async () => {
  const { v1, v2 } = await setUp('json');
  await v2.ask('REGISTER', [{}, 'com.procedure']);
  v1.send('[2,"a","com.procedure",1.0,{"1":-0}]');
  const { data, message } = await v2.take('INVOCATION');
  expect(data.toString()).toMatch(/\[1\.0,\{"1":-0\}\]\]$/);
  const { request } = message as { request: number };
  v2.send([70, request, {}], Buffer.from('[1.0]'));
  expect(await v1.take()).toBe('[3,"a",1.0]');
  v1.send('[2,"b","com.procedure"]');
  expect((await v2.take('INVOCATION')).data.toString()).toMatch(/\{\}\]$/);
  v2.send([70, request + 1, {}]);
  expect(await v1.take()).toBe('[3,"b",null]');
});

test.each([
  ['[1.0]', ',"",1.0]'],
  ['["why"]', ',"why"]'],
  ['["why",1.0]', ',"why",{"args":["why",1.0],"kwargs":{}}]'],
  ['[null]', ',""]'],
])('the ERROR of a callee with %s ends in v1 with %s', async (args, end) => {
  const { v1, v2 } = await setUp('json');
  await v2.ask('REGISTER', [{}, 'com.procedure']);
  v1.send('[2,"a","com.procedure"]');
  const { request } = (await v2.take('INVOCATION')).message as { request: number };
  v2.send([8, 68, request, {}, 'com.error'], Buffer.from(args));
  expect(await v1.take()).toBe(`[4,"a","com.error"${end}`);
});

test('what JSON cannot hold is no event for v1, and an error where it is a result', async () => {
  const { v1, v2 } = await setUp('cbor');
  v1.send('[5,"com.topic"]');
  await v1.barrier();
  v2.send([16, 1, {}, 'com.topic'], Buffer.from('81f97e00', 'hex'));
  v2.send([16, 2, {}, 'com.topic'], Buffer.from('8101', 'hex'));
  expect(await v1.take()).toBe('[8,"com.topic",1]');
  await v2.ask('REGISTER', [{}, 'com.procedure']);
  v1.send('[2,"a","com.procedure"]');
  const { request } = (await v2.take('INVOCATION')).message as { request: number };
  v2.send([70, request, {}], Buffer.from('81f97e00', 'hex'));
  expect(await v1.take()).toBe('[4,"a","http://api.wamp.ws/error#internal","the result cannot be serialised"]');
});
