import { describe, expect, test } from 'vitest';
import { connectV1InMemory } from '../support/v1-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const salted = { secret: 'secret', salt: 'salt', iterations: 300_000, keylen: 32 };

const decoys = { wampcra: [{ salt: 'four', iterations: 300_000 }] };

/** How long something takes, in ms. */
const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};

// Where the key of a real principal takes time to derive, the challenge of an unknown one takes it, too.
describe('the challenge of an unknown principal takes as long as that of a known one', () => {
  test('in WAMP v2', async () => {
    const router = createV2Router({
      roles: { user: [] },
      decoys,
      authenticators: { wampcra: { joe: { secret: salted, role: 'user' } } },
    });
    const challenge = (authid: string) => () =>
      connectV2InMemory(router).hello('realm1', { authmethods: ['wampcra'], authid });
    const known = await timeOf(challenge('joe'));
    expect(await timeOf(challenge('nobody'))).toBeGreaterThan(known / 4);
  });

  test('in WAMP v1', async () => {
    const router = createV2Router({ decoys }, { getAuthSecret: (key) => (key === 'joe' ? salted : undefined) });
    const challenge = (key: string) => async () => (await connectV1InMemory(router)).authreq(key);
    const known = await timeOf(challenge('joe'));
    expect(await timeOf(challenge('nobody'))).toBeGreaterThan(known / 4);
  });

  test('and a ticket is compared, known or not', async () => {
    const router = createV2Router({ authenticators: { ticket: { joe: { ticket: 'x', role: 'anonymous' } } } });
    expect((await joinV2(router)).session).toBeGreaterThan(0);
    for (const authid of ['joe', 'nobody']) {
      const peer = connectV2InMemory(router);
      expect(await peer.hello('realm1', { authmethods: ['ticket'], authid })).toEqual([4, 'ticket', {}]);
      peer.send(5, 'wrong', {});
      const [type, , reason] = await peer.take(3);
      expect([type, reason]).toEqual([3, 'wamp.error.authentication_denied']);
    }
  });
});
