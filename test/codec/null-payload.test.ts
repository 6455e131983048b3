import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { readByTable, readMessage, writeMessage } from '../../src/codec/v2.ts';
import type { Message } from '../../src/wamp/message.ts';
import { plainMessage } from '../support/publication.ts';
import { joinV2 } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const payloads = [
  ['peer', 'PUBLISH', [16, 1, {}, 'com.topic']],
  ['peer', 'CALL', [48, 1, {}, 'com.procedure']],
  ['peer', 'YIELD', [70, 1, {}]],
  ['peer', 'ERROR', [8, 68, 1, {}, 'com.error']],
  ['peer', 'ABORT', [3, {}, 'com.reason']],
  ['router', 'EVENT', [36, 1, 2, {}]],
  ['router', 'RESULT', [50, 1, {}]],
  ['router', 'INVOCATION', [68, 1, 2, {}]],
  ['router', 'ERROR', [8, 48, 1, {}, 'com.error']],
] as const;

describe.each(payloads)('null in %s %s', (origin, _, head) => {
  test.each([[[null]], [[null, null]], [[[], null]]])('in the place of arguments is none: %j', (tail) => {
    for (const read of [readMessage, readByTable]) {
      const message = read([...head, ...tail], origin);
      expect(plainMessage(message)).toEqual(plainMessage(read(head, origin)));
      expect(writeMessage(message as Message)).toEqual(head);
    }
    const withKwargs = readMessage([...head, null, { a: 1 }], origin);
    expect(plainMessage(withKwargs)).toMatchObject({ payload: { args: [], kwargs: { a: 1 } } });
  });
});

test.each([
  [35, 1, null],
  [67, 1, null],
])('null in the place of details that may be missing is none: %j', (...list) => {
  expect(readMessage(list, 'router')).toEqual(readMessage(list.slice(0, 2), 'router'));
});

test.each(serializerNames)('a session in %s lives on with null for its payload', async (name) => {
  const peer = await joinV2(createV2Router(), {}, name);
  await peer.subscribe('com.topic');
  expect((await peer.ask(16, { acknowledge: true, exclude_me: false }, 'com.topic', null, null))[0]).toBe(17);
  expect(await peer.take(36)).toHaveLength(4);
});
