/** Texts and keys that serializers treat differently: what one peer may send does no harm to a peer with another serializer. */

import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { AuthorizationRequest } from '../../src/index.ts';
import { createWatchedRouter } from '../support/bystanders.ts';
import type { List } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';

/** What a subscriber of each serializer gets of an event whose arguments are written so in JSON. */
const heardOf = async (args: string): Promise<readonly List[]> => {
  const { postmaster, expectUnharmed } = await createWatchedRouter();
  const peers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
  for (const peer of peers) await peer.subscribe(topic);
  peers[0]?.wire.send(`[16,2,{"exclude_me":false},"${topic}",${args}]`);
  const events = await Promise.all(peers.map((peer) => peer.take(code.EVENT)));
  for (const peer of peers) await peer.close();
  await expectUnharmed();
  return events.map((event) => event[4] as List);
};

describe('half of a character, which JSON can have as an escape,', () => {
  // The encoder of MessagePack has a way of its own for short texts.
  test.each([0, 10, 300])(
    'is U+FFFD where texts are UTF-8, as a value and as a key, behind %i letters',
    async (letters) => {
      const before = 'x'.repeat(letters);
      for (const half of ['\\ud800', '\\udbff', '\\udc00', '\\udfff', '\\ud83d\\ud83d', '\\ude00\\ud83d']) {
        const text = `"${before}${half}y"`;
        const [json, ...others] = await heardOf(`[${text},{${text}:1}]`);
        const sent = JSON.parse(text) as string;
        const mended = Buffer.from(sent).toString();
        expect(json).toEqual([sent, { [sent]: 1 }]);
        for (const heard of others) expect(heard).toEqual([mended, { [mended]: 1 }]);
      }
    },
  );

  test('is U+FFFD there when the program publishes it, too', async () => {
    const postmaster = createV2Router();
    const peers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
    for (const peer of peers) await peer.subscribe(topic);
    postmaster.publishEvent(topic, 'cut: \ud83d');
    const heard = await Promise.all(peers.map(async (peer) => (await peer.take(code.EVENT))[4]));
    expect(heard).toEqual([['cut: \ud83d'], ['cut: \ufffd'], ['cut: \ufffd']]);
  });

  test('is told from whole characters, and from octets that are no text', async () => {
    const texts = ['\ud83d\ude00', '\ud55c\ud7ff\ue000', 'í', '\ufffd'];
    const binary = Buffer.from([0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf]);
    const args = JSON.stringify([...texts, `\0${binary.toString('base64')}`]);
    for (const heard of await heardOf(args)) expect(heard).toEqual([...texts, binary]);
  });
});

test('U+0000 and what is no base64 behind it are text, in every serializer', async () => {
  const texts = ['\u0000%%%', '\u0000AQ=', '\u0000A', 'a\u0000', '\u0000\u0000'];
  for (const heard of await heardOf(JSON.stringify(texts))) expect(heard).toEqual(texts);
  for (const heard of await heardOf(JSON.stringify(['\u0000', '\u0000AQ==']))) {
    expect(heard.map((value) => [...(value as Uint8Array)])).toEqual([[], [1]]);
  }
});

describe('an option that comes twice', () => {
  /** SUBSCRIBE with the option `match` twice, in each serializer. */
  const twice = (name: SerializerName, first: string, second: string): string | Buffer => {
    if (name === 'json') return `[32,1,{"match":"${first}","match":"${second}"},"com."]`;
    const octets = (value: unknown): Buffer => Buffer.from(serializers[name].encode(value as List) as Uint8Array);
    const [list, map] = name === 'msgpack' ? [0x94, 0x82] : [0x84, 0xa2];
    const options = ['match', first, 'match', second].map(octets);
    return Buffer.concat([Buffer.of(list), octets(32), octets(1), Buffer.of(map), ...options, octets('com.')]);
  };

  test.each(serializerNames)('is its last for authorizer and broker alike: %s', async (name) => {
    const asked: AuthorizationRequest['match'][] = [];
    const authorizer = ({ match }: AuthorizationRequest): boolean => {
      asked.push(match);
      return match !== 'prefix';
    };
    const postmaster = createV2Router({ authorizer });
    for (const [first, second] of [
      ['exact', 'prefix'],
      ['prefix', 'wildcard'],
    ] as const) {
      const peer = await joinV2(postmaster, {}, name);
      peer.wire.send(twice(name, first, second));
      const answer = await peer.take(([type]) => type === code.SUBSCRIBED || type === code.ERROR);
      expect(answer[0]).toBe(second === 'prefix' ? code.ERROR : code.SUBSCRIBED);
      await peer.close();
    }
    expect(asked).toEqual(['prefix', 'wildcard']);
  });
});
