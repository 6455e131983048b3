/** Arbitrary data from a v1 peer: no crash, no unhandled error, and all other peers are served as before. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Postmaster } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';
import { everything, expectNothingLeft } from '../support/router.ts';
import { connectV1, connectV1InMemory } from '../support/v1-client.ts';
import { amount, countMessages, runs } from './settings.ts';

const odd = fc.constantFrom<unknown>(
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  '',
  'urn:t',
  'a:b',
  1e308,
  -0,
  2 ** 53,
  null,
);
const value = fc.oneof({ weight: 3, arbitrary: odd }, { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) });

const valid = fc.constantFrom<readonly unknown[]>(
  [1, 'p', 'urn:'],
  [2, 'id', 'urn:add', 1, 2],
  [2, 'id', 'http://api.wamp.ws/procedure#authreq', 'alice', {}],
  [2, 'id', 'http://api.wamp.ws/procedure#auth', 'signature'],
  [5, 'urn:t'],
  [6, 'urn:t'],
  [7, 'urn:t', { a: 1 }],
  [7, 'urn:t', 'x', [], []],
);

/** A valid message with one thing changed: an element replaced, dropped, doubled or added. */
const mutated = fc
  .tuple(valid, fc.nat({ max: 5 }), value, fc.constantFrom('replace', 'drop', 'double', 'add'))
  .map(([message, at, element, how]) => {
    const place = at % message.length;
    const [before, here, after] = [message.slice(0, place), message[place], message.slice(place + 1)];
    const changed = { replace: [element], drop: [], double: [here, here], add: [here, element] }[how] ?? [];
    return JSON.stringify([...before, ...changed, ...after]);
  });
const nested = fc.nat({ max: 300 }).map((levels) => `[7,"urn:t",${'['.repeat(levels)}${']'.repeat(levels)}]`);
const garbage = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: fc.array(value, { maxLength: 6 }).map((list) => JSON.stringify(list)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: nested },
);

const createRouter = (strict = false): Postmaster => {
  const postmaster = new Postmaster({
    realms: [{ name: 'realm1', anonymous: everything }],
    v1: { open: true, strict },
    limits: { maxBadMessages: 1e9, maxFailedLogins: 1e9 },
  });
  postmaster.registerRPC('urn:add', ({ args }) => args.length);
  return postmaster;
};

describe('garbage', () => {
  test('harms nobody but its sender: bystanders still call and hear', {
    timeout: amount(120_000, 3_600_000),
  }, async () => {
    const postmaster = createRouter();
    const bystander = await connectV1InMemory(postmaster);
    bystander.subscribe('urn:bystander');
    const sender = await connectV1InMemory(postmaster);
    const check = async (at: number): Promise<void> => {
      bystander.publish('urn:bystander', at);
      expect(await bystander.call('urn:add', 1, 2, 3)).toBe(3);
      expect(bystander.events.at(-1)).toEqual(['urn:bystander', at]);
      bystander.received.length = 0;
      bystander.events.length = 0;
      sender.received.length = 0;
      sender.events.length = 0;
    };
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 100, maxLength: 400, size: 'max' }), async (texts) => {
        for (const text of texts) sender.send(text);
        countMessages(texts.length);
        count += texts.length;
        await check(count);
      }),
      runs(400, 4500),
    );
    expect(postmaster.stats().counters).toMatchObject({ internal_error: 0 });
    expect(postmaster.stats().counters.bad_message).toBeGreaterThan(0);
    await Promise.all([sender.close(), bystander.close()]);
    await expectNothingLeft(postmaster);
  });

  test('closes a strict connection with a code, or does not, and never more', { timeout: 120_000 }, async () => {
    const postmaster = createRouter(true);
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 20 }), async (texts) => {
        const closings: number[] = [];
        const peer = createMemoryLink({ received: () => {}, closed: (code) => closings.push(code) }, (link) => {
          const { listener, start } = postmaster.connect(link, {
            protocol: 'wamp.1',
            remoteAddress: undefined,
            headers: {},
          });
          start();
          return listener;
        });
        for (const text of texts) peer.send(text);
        countMessages(texts.length);
        peer.close();
        // Where much is read at once, the last of it is read in a later turn.
        while (closings.length === 0) await nextTurn();
        expect(closings).toHaveLength(1);
        expect([1000, 1002, 1007]).toContain(closings[0]);
      }),
      runs(2000, 20_000),
    );
    await expectNothingLeft(postmaster);
    expect(postmaster.stats().counters.internal_error).toBe(0);
  });

  test('over a real socket, texts and binaries alike, leaves the router as it was', { timeout: 120_000 }, async () => {
    const postmaster = createRouter();
    const { url } = await postmaster.listen({ port: 0 });
    const bystander = await connectV1(url);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(garbage, fc.uint8Array({ maxLength: 60 })), { maxLength: 60 }),
        async (all) => {
          const socket = new WebSocket(url, 'wamp');
          await new Promise((resolve) => socket.once('open', resolve));
          for (const message of all) socket.send(message);
          countMessages(all.length);
          socket.close();
          await new Promise((resolve) => socket.once('close', resolve));
          expect(await bystander.call('urn:add', 1)).toBe(1);
        },
      ),
      runs(100, 1000),
    );
    await bystander.close();
    await expectNothingLeft(postmaster);
    expect(postmaster.stats().counters.internal_error).toBe(0);
    await postmaster.close();
  });
});

describe('any JSON value', () => {
  test('reaches a subscriber as it was published', { timeout: 60_000 }, async () => {
    const postmaster = createRouter();
    const [publisher, subscriber] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
    subscriber.subscribe('urn:t');
    await subscriber.barrier();
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 8 }), async (text) => {
        publisher.send(`[7,"urn:t",${text}]`);
        countMessages();
        await publisher.barrier();
        await subscriber.barrier();
        expect(JSON.stringify(subscriber.events.at(-1)?.[1])).toBe(JSON.stringify(JSON.parse(text)));
      }),
      runs(500, 10_000),
    );
  });
});
