/**
 * Many peers send any messages in any order, and the router does exactly what the oracle says: who receives what, in which
 * order, and which reply each call gets, once. Over real sockets and in memory.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Said } from './oracle.ts';
import { amount, countMessages, runs } from './settings.ts';
import { World } from './world.ts';

const peer = fc.integer({ min: 0, max: 4 });
const topic = fc.constantFrom(
  'urn:a',
  'urn:b',
  'urn:b1',
  'urn:b2',
  'urn:c',
  'ex:a',
  'ex:b1',
  ':a',
  'http://x',
  'nocolon',
  'other:x',
);
const event = fc.oneof(
  fc.integer(),
  fc.constantFrom('drop', 'veto', 'slow', null, '', 'text'),
  fc.jsonValue({ maxDepth: 2 }),
);
const ids = fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 });

const publish: fc.Arbitrary<Said> = fc
  .record(
    {
      topic,
      event,
      exclude: fc.oneof(fc.constant(null), fc.boolean(), ids),
      eligible: fc.oneof(fc.constant(null), ids),
    },
    { requiredKeys: ['topic', 'event'] },
  )
  .map((fields) => ({ say: 'publish', ...fields }));

const bad = fc.constantFrom(
  'x',
  '',
  '{}',
  '[]',
  '[null]',
  '[99]',
  '[0,"a",1,"b"]',
  '[8,"urn:a",1]',
  '[3,"k1",1]',
  '[1,"p"]',
  '[1,2,3]',
  '[2]',
  '[2,7,"urn:a"]',
  '[5]',
  '[5,7]',
  '[5,"urn:a",1]',
  '[6,""]',
  '[7,"urn:a"]',
  '[7,"urn:a",1,"x"]',
  '[7,"urn:a",1,[1]]',
  '[7,"urn:a",1,null,true]',
  '[7,"urn:a",1,null,null,1]',
);

const plain: fc.Arbitrary<Said> = fc.oneof(
  { weight: 8, arbitrary: publish },
  { weight: 4, arbitrary: fc.record({ say: fc.constant('subscribe' as const), topic }) },
  { weight: 2, arbitrary: fc.record({ say: fc.constant('unsubscribe' as const), topic }) },
  {
    weight: 1,
    arbitrary: fc.record({
      say: fc.constant('prefix' as const),
      prefix: fc.constantFrom('ex', '', 'http', 'urn'),
      uri: fc.constantFrom('urn:', 'urn:b', 'ex:'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      say: fc.constant('call' as const),
      procedure: fc.constantFrom(
        'urn:open',
        'urn:add',
        'urn:async',
        'urn:fail',
        'urn:throw',
        'urn:odd',
        'urn:dynamic',
        'urn:none',
        'urn:never',
        'ex:add',
      ),
      args: fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ say: fc.constant('badCall' as const), rest: fc.constantFrom([], [7], [''], [null, 1]) }),
  },
  { weight: 1, arbitrary: bad.map((text) => ({ say: 'bad' as const, text })) },
  { weight: 1, arbitrary: fc.constant({ say: 'auth' as const, signature: 'wrong' as const }) },
);
const auth: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ say: fc.constant('authreq' as const), key: fc.constantFrom('alice', 'bob', 'mallory', '', null, 7) }),
  fc.record({
    say: fc.constant('auth' as const),
    signature: fc.constantFrom('right' as const, 'wrong' as const, 'number' as const),
  }),
);

type Command = fc.AsyncCommand<object, World>;

const command = (text: string, run: (world: World) => Promise<void>): Command => ({
  check: () => true,
  run: (_, world) => run(world),
  toString: () => text,
});

const says = (number: number, all: readonly Said[]): Command =>
  command(`peer ${number}: ${all.map((said) => JSON.stringify(said)).join(' ; ')}`, (world) => world.say(number, all));

/** A topic under two names, one of them perhaps with a prefix: what is begun under one can be ended under the other. */
const twoNames = fc.constantFrom(
  ['ex:a', 'urn:a'],
  ['urn:a', 'ex:a'],
  ['ex:c', 'ex:c'],
  ['urn:c', 'urn:c'],
  ['ex:b1', 'urn:b1'],
);

const comeAndGo: fc.Arbitrary<Said[]> = fc.tuple(twoNames, event).map(([[one = '', other = ''], value]) => [
  { say: 'subscribe', topic: one },
  { say: 'publish', topic: other, event: value },
  { say: 'unsubscribe', topic: other },
  { say: 'publish', topic: one, event: value },
]);

/** The whole way in, so that runs spend their time inside. */
const logIn = (number: number, key: string): Command =>
  command(`peer ${number} logs in as ${key}`, async (world) => {
    await world.connect(number);
    if (key === 'alice') await world.say(number, [{ say: 'prefix', prefix: 'ex', uri: 'urn:' }]);
    await world.say(number, [{ say: 'authreq', key }]);
    await world.say(number, [{ say: 'auth', signature: 'right' }]);
  });

const commands = fc.commands(
  [
    fc.tuple(peer, fc.constantFrom('alice', 'bob')).map(([number, key]) => logIn(number, key)),
    fc.tuple(peer, fc.constantFrom('alice', 'bob')).map(([number, key]) => logIn(number, key)),
    fc.tuple(peer, fc.array(plain, { minLength: 1, maxLength: 12 })).map(([number, all]) => says(number, all)),
    fc.tuple(peer, fc.array(plain, { minLength: 1, maxLength: 12 })).map(([number, all]) => says(number, all)),
    fc.tuple(peer, fc.array(plain, { minLength: 1, maxLength: 12 })).map(([number, all]) => says(number, all)),
    fc.tuple(peer, comeAndGo).map(([number, all]) => says(number, all)),
    fc.tuple(peer, plain).map(([number, said]) => says(number, [said])),
    fc.tuple(peer, auth).map(([number, said]) => says(number, [said])),
    peer.map((number) => command(`peer ${number} connects`, (world) => world.connect(number))),
    peer.map((number) => command(`peer ${number} leaves`, (world) => world.disconnect(number))),
    fc
      .tuple(topic, event)
      .map(([uri, value]) =>
        command(`publishEvent ${uri} ${JSON.stringify(value)}`, (world) => world.publishEvent(uri, value)),
      ),
    fc
      .tuple(topic, event)
      .map(([uri, value]) =>
        command(`local publish ${uri} ${JSON.stringify(value)}`, (world) => world.publishLocally(uri, value)),
      ),
    topic.map((uri) => command(`local subscribe ${uri}`, (world) => world.subscribeLocally(uri))),
    fc.constant(command('toggle urn:dynamic', async (world) => world.toggleDynamic())),
  ],
  { maxCommands: 60, size: 'max' },
);

describe.each([
  ['memory', 200, 3000],
  ['sockets', 150, 2000],
] as const)('any sequence of WAMP v1 over %s', (wire, everyday, long) => {
  test('has the outcome that the oracle foretells, and leaves nothing behind', {
    timeout: amount(120_000, 3_600_000),
  }, async () => {
    await fc.assert(
      fc.asyncProperty(commands, fc.boolean(), async (all, excludesPublisher) => {
        const world = await World.create(wire, excludesPublisher);
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: world }), all);
        } finally {
          await world.end();
        }
      }),
      runs(everyday, long),
    );
  });
});

describe('several publishers at once', () => {
  test('are each heard in their own order, completely, by everybody', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }), async (lengths) => {
        const world = await World.create('sockets');
        const numbers = lengths.map((_, number) => number);
        for (const number of numbers) {
          await world.connect(number);
          await world.say(number, [{ say: 'authreq', key: 'alice' }]);
          await world.say(number, [{ say: 'auth', signature: 'right' }]);
          await world.say(number, [
            { say: 'subscribe', topic: 'urn:x' },
            { say: 'subscribe', topic: 'urn:y' },
          ]);
        }
        const clients = numbers.map((number) => world.clients.get(number)!);
        for (const [number, length] of lengths.entries()) {
          for (let at = 0; at < length; at += 1)
            clients[number]?.publish(at % 2 === 0 ? 'urn:x' : 'urn:y', [number, at]);
        }
        countMessages(lengths.reduce((sum, length) => sum + length, 0));
        for (const client of clients) await client.barrier();
        for (const client of clients) await client.barrier();
        for (const client of clients) {
          const heard = client.events.map(([, value]) => value as [number, number]);
          for (const [number, length] of lengths.entries()) {
            expect(heard.filter(([from]) => from === number).map(([, at]) => at)).toEqual(
              Array.from({ length }, (_, at) => at),
            );
          }
        }
        await world.end();
      }),
      runs(15, 300),
    );
  });
});
