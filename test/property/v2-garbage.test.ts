/**
 * Arbitrary data from a v2 peer, in each serializer: no crash, no unhandled error, at most one final message, and all other
 * peers are served as before.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Serializer } from '../../src/codec/serializer.ts';
import { serializers } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';
import { expectNothingLeft } from '../support/router.ts';
import { allRoles, joinV2 } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';
import { countMessages, runs } from './settings.ts';

const odd = fc.constantFrom<unknown>(
  '__proto__',
  'constructor',
  '\u0000',
  '\u0000AQ==',
  '',
  'a..b',
  'wamp.session.count',
  1.5,
  -1,
  0,
  1,
  2,
  2 ** 53,
  null,
  true,
  [],
  {},
);
const options = fc.dictionary(
  fc.constantFrom(
    'match',
    'acknowledge',
    'exclude',
    'eligible_authid',
    'timeout',
    'progress',
    'receive_progress',
    'invoke',
    'mode',
    'concurrency',
    'get_retained',
    'ppt_scheme',
    'disclose_me',
    '_custom',
  ),
  fc.oneof(odd, fc.constantFrom('prefix', 'wildcard', 'kill', 'roundrobin', 'x_scheme')),
  { maxKeys: 3 },
);
const id = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) }, { weight: 1, arbitrary: odd });
const uri = fc.constantFrom('a', 'a.b', 'b', 'wamp.session.list', 'wamp.subscription.get_events', 'a..b', '');
const args = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 3 });
const kwargs = fc.dictionary(fc.constantFrom('a', '__proto__', 'limit', 'scope'), fc.jsonValue({ maxDepth: 2 }));

const valid = fc.oneof(
  fc.tuple(fc.constant(32), id, options, uri),
  fc.tuple(fc.constant(34), id, id),
  fc.tuple(fc.constant(16), id, options, uri, args, kwargs),
  fc.tuple(fc.constant(48), id, options, uri, args, kwargs),
  fc.tuple(fc.constant(49), id, options),
  fc.tuple(fc.constant(64), id, options, uri),
  fc.tuple(fc.constant(66), id, id),
  fc.tuple(fc.constant(70), id, options, args, kwargs),
  fc.tuple(fc.constant(8), fc.constant(68), id, options, uri, args),
  fc.tuple(fc.constant(6), options, uri),
);
const any = fc.array(fc.oneof(odd, fc.jsonValue({ maxDepth: 2 })), { maxLength: 7 });

/** A list, or what is left of its octets after some were changed. */
interface Garbage {
  readonly list: readonly unknown[];
  readonly damage: readonly (readonly [at: number, octet: number])[];
}
const garbage: fc.Arbitrary<Garbage> = fc.record({
  list: fc.oneof({ weight: 8, arbitrary: valid }, { weight: 1, arbitrary: any }),
  damage: fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(fc.nat({ max: 64 }), fc.nat({ max: 255 })), { maxLength: 3 }) },
  ),
});

const encode = ({ list, damage }: Garbage, serializer: Serializer): Uint8Array => {
  const octets = Buffer.from(serializer.encode(list) as Uint8Array);
  for (const [at, octet] of damage) if (at < octets.length) octets[at] = octet;
  return octets;
};

/** Everything one peer hears of what it sends, after HELLO. */
const attempt = (postmaster: Postmaster, serializer: Serializer, all: readonly Garbage[]) => {
  const heard: unknown[][] = [];
  const closings: number[] = [];
  const handshake = { protocol: `wamp.2.${serializer.name}`, remoteAddress: undefined, headers: {} };
  const peer = createMemoryLink(
    {
      received: (data) => heard.push(serializer.decode(Buffer.from(data as Uint8Array), 1000) as unknown[]),
      closed: (code) => closings.push(code),
    },
    (link) => {
      const { listener, start } = postmaster.connect(link, handshake);
      start();
      return listener;
    },
    { isBinary: serializer.isBinary },
  );
  const send = (octets: Uint8Array): void =>
    peer.send(serializer.isBinary ? octets : Buffer.from(octets).toString('utf8'));
  send(Buffer.from(serializer.encode([1, 'realm1', { roles: allRoles }]) as Uint8Array));
  for (const one of all) send(encode(one, serializer));
  return { heard, closings, close: () => peer.close() };
};

describe.each(Object.values(serializers))('garbage in $name', (serializer) => {
  test('harms nobody but its sender, who hears nothing after ABORT', { timeout: 300_000 }, async () => {
    const postmaster = createV2Router();
    const bystander = await joinV2(postmaster);
    await bystander.register('test.add');
    await bystander.subscribe('test.topic');
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 60, size: 'max' }), async (all) => {
        countMessages(all.length);
        const { heard, closings, close } = attempt(postmaster, serializer, all);
        const call = bystander.call('test.add');
        const [, invocation] = await bystander.take(68);
        bystander.send(70, invocation, {}, [3]);
        expect((await call)[3]).toEqual([3]);
        await bystander.publish('test.topic', [1], { exclude_me: false });
        expect((await bystander.take(36))[4]).toEqual([1]);
        close();
        await new Promise(setImmediate);
        const abort = heard.findIndex(([type]) => type === 3);
        if (abort >= 0) {
          expect(abort).toBe(heard.length - 1);
          expect(closings).toHaveLength(1);
        }
        bystander.received.length = 0;
      }),
      runs(300, 6_000),
    );
    expect(postmaster.stats().counters.internal_error).toBe(0);
    await bystander.close();
    await expectNothingLeft(postmaster);
  });
});
