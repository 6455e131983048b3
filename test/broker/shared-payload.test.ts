import { expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { WampResult } from '../../src/index.ts';
import { settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Design 4: one event for all subscribers, whatever they speak.
test('what a procedure has changed in a payload reaches all alike', async () => {
  const postmaster = createV2Router();
  const session = postmaster.session();
  postmaster.registerRPC('com.stamp', async ({ args, kwargs }) => {
    (args[0] as { stamp?: boolean }).stamp = true;
    (kwargs as { by?: string }).by = 'router';
    await session.publish('com.topic', args, kwargs);
    return new WampResult(args, kwargs);
  });
  const peers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
  for (const peer of peers) await peer.subscribe('com.topic');
  const stamped = [[{ a: 1, stamp: true }], { k: 1, by: 'router' }];
  for (const caller of peers) {
    const [, , , ...payload] = await caller.call('com.stamp', [{ a: 1 }], {}, { k: 1 });
    expect(payload).toEqual(stamped);
    for (const peer of peers) expect((await peer.take(code.EVENT)).slice(4)).toEqual(stamped);
  }
});

test('what the router understood is what subscribers get, not what else a text could mean', async () => {
  const postmaster = createV2Router();
  const peers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
  for (const peer of peers) await peer.subscribe('com.topic');
  const [publisher] = peers;
  publisher?.wire.send(
    `[16,${publisher.next()},{"exclude_me":false},"com.topic",[ {"role":"admin","role":"user"}, 1.0e1, "\\u0061" ]]`,
  );
  await settle(...(publisher ? [publisher] : []));
  for (const peer of peers) expect((await peer.take(code.EVENT))[4]).toEqual([{ role: 'user' }, 10, 'a']);
});

test('arguments that were left out are nobody else’s', async () => {
  const postmaster = createV2Router();
  postmaster.registerRPC('com.leak', ({ args }) => {
    (args as unknown[]).push('secret');
    return args.length;
  });
  const peer = await joinV2(postmaster);
  await peer.subscribe('com.topic');
  for (let count = 0; count < 2; count += 1) expect((await peer.ask(code.CALL, {}, 'com.leak'))[3]).toEqual([1]);
  peer.send(code.PUBLISH, peer.next(), { exclude_me: false }, 'com.topic');
  expect((await peer.take(code.EVENT))[4] ?? []).toEqual([]);
});
