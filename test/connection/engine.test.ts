import { expect, onTestFinished, test } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { defaultEngine, liveConnections } from '../support/engine.ts';
import { createRaceRouter } from '../support/races.ts';
import { everything, startOpenRouter, startRouter } from '../support/router.ts';
import { connectV1, connectV1InMemory } from '../support/v1-client.ts';
import { connectV2InMemory } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const realm = { name: 'realm1', anonymous: everything };
const own = (options: PostmasterOptions): Postmaster => {
  const postmaster = new Postmaster(options);
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return postmaster;
};

test.each<[string, () => Promise<Postmaster>]>([
  ['of startRouter', async () => (await startRouter()).postmaster],
  ['of startOpenRouter', async () => (await startOpenRouter()).postmaster],
  ['of createV2Router', async () => createV2Router()],
  ['of createRaceRouter', async () => createRaceRouter()],
  ['that a test makes itself', async () => own({ realms: [realm] })],
])(`a router %s has the engine ${defaultEngine}`, async (_, create) => {
  const router = await create();
  const before = liveConnections();
  const peer = await connectV2InMemory(router);
  await peer.hello();
  const v1 = await connectV1InMemory(router);
  expect(liveConnections() - before).toBe(defaultEngine === 'xstate' ? 2 : 0);
  peer.wire.close();
  v1.wire.close();
});

test('a test that names an engine has the one that it names', async () => {
  const before = liveConnections();
  const { url } = await startOpenRouter({ machines: 'compiled' });
  const client = await connectV1(url);
  await client.close();
  expect(liveConnections()).toBe(before);
});
