/** The smallest cases of what fuzzing has found. Each names the sentence of the protocol that it checks. */

import { expect, test, vi } from 'vitest';
import type { PostmasterOptions } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { everything } from '../support/router.ts';
import { connectV1InMemory } from '../support/v1-client.ts';

/** A router whose peers may do everything from the start. */
const createOpenRouter = (options: Partial<PostmasterOptions> = {}): Postmaster =>
  new Postmaster({ realms: [{ name: 'realm1', anonymous: everything }], v1: { open: true }, ...options });

/** One turn of the event loop. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A session id that differs from a real one in its last character, so it is nobody's. */
const almost = (sessionId: string): string => sessionId.slice(0, -1) + (sessionId.endsWith('A') ? 'B' : 'A');

// PROTOCOL.md, "Receivers": unknown ids are ignored.
test('ignores an excluded session id that is almost a real one', async () => {
  const postmaster = createOpenRouter();
  const [publisher, subscriber] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
  subscriber.subscribe('urn:t');
  publisher.publish('urn:t', 'for you', [almost(subscriber.sessionId)]);
  await subscriber.barrier();
  expect(subscriber.events).toEqual([['urn:t', 'for you']]);
});

test('ignores an eligible session id that is almost a real one', async () => {
  const postmaster = createOpenRouter();
  const [publisher, subscriber] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
  subscriber.subscribe('urn:t');
  publisher.publish('urn:t', 'for nobody', null, [almost(subscriber.sessionId)]);
  await subscriber.barrier();
  expect(subscriber.events).toEqual([]);
});

// PROTOCOL.md: every CALL is answered exactly once; `E generic` when a procedure failed with anything but a WampError.
const broken = (): never => {
  throw new Error('a promise that breaks');
};

test('answers a CALL whose procedure returns a thenable that throws', async () => {
  const postmaster = createOpenRouter();
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library, broken
  postmaster.registerRPC('urn:broken', () => ({ then: broken }));
  const client = await connectV1InMemory(postmaster);
  await expect(client.call('urn:broken')).rejects.toMatchObject({ uri: 'http://api.wamp.ws/error#generic' });
  expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, counters: { internal_error: 0 } });
});

test('answers a CALL whose procedure returns an object with a `then` that cannot be read', async () => {
  const postmaster = createOpenRouter();
  postmaster.registerRPC('urn:broken', () => Object.defineProperty({}, 'then', { get: broken }));
  const client = await connectV1InMemory(postmaster);
  await expect(client.call('urn:broken')).rejects.toMatchObject({ uri: 'http://api.wamp.ws/error#generic' });
  expect(postmaster.stats().counters.internal_error).toBe(0);
});

// PROTOCOL.md, "Order", and the same sentence about CALL: what the publisher says next must not be lost.
test('goes on with a publisher whose messageToPublish returned a thenable that throws', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library, broken
  const postmaster = createOpenRouter({ messageToPublish: () => ({ then: broken }) });
  const client = await connectV1InMemory(postmaster);
  client.publish('urn:t', 'x');
  client.send([2, 'after', 'urn:nothing']);
  await vi.waitFor(() =>
    expect(client.received.at(-1)?.slice(0, 3)).toEqual([4, 'after', 'http://api.wamp.ws/error#NoSuchRPCEndpoint']),
  );
});

// PROTOCOL.md: events reach a client once; a guard that answers twice has still seen one publication.
test('publishes once when the thenable of messageToPublish answers twice', async () => {
  const twice = (answer: (verdict: boolean) => void): void => {
    setImmediate(() => {
      answer(true);
      answer(true);
    });
  };
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library, broken
  const postmaster = createOpenRouter({ messageToPublish: () => ({ then: twice }) as PromiseLike<boolean> });
  const client = await connectV1InMemory(postmaster);
  client.subscribe('urn:t');
  client.publish('urn:t', 'once');
  await client.barrier();
  await turn();
  expect(client.events).toEqual([['urn:t', 'once']]);
});

// PROTOCOL.md: "Refused ones (no permission, a veto, a limit, a reserved topic, not authenticated) ... are counted."
test('counts a PUBLISH to a reserved topic', async () => {
  const postmaster = createOpenRouter();
  const client = await connectV1InMemory(postmaster);
  const total = (): number => Object.values(postmaster.stats().counters).reduce((sum, count) => sum + count, 0);
  const before = total();
  client.publish('wamp.session.on_join', 'x');
  expect(total()).toBe(before + 1);
});

// A CURIE is bounded by maxUriLength, so a longer prefix is of no use: accepted, 1,000 of them hold 1 GiB for a peer that
// has not even authenticated. PROTOCOL.md, "Bad input in WAMP v1": a URI longer than 512 octets is ignored and counted.
test('takes a PREFIX whose prefix is longer than any URI as a bad message', async () => {
  const postmaster = new Postmaster({ realms: ['realm1'] });
  const client = await connectV1InMemory(postmaster);
  client.prefix('p'.repeat(513), 'urn:x');
  await client.barrier();
  expect(postmaster.stats().counters.bad_message).toBe(1);
});
