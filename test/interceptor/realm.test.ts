import { bufferCount, filter, map, tap } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import type { PostmasterOptions, Publication } from '../../src/index.ts';
import { WampError } from '../../src/index.ts';
import { eventsOf, heard, settle } from '../support/principals.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';

describe('an interceptor of a realm', () => {
  test('that cannot be begun anew ends no publisher, and what it should have seen is counted', async () => {
    const postmaster = createV2Router();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    let isApplied = false;
    postmaster.intercept((source) => {
      if (isApplied) throw new Error('not again');
      isApplied = true;
      return source.pipe(
        map((publication) => {
          if (publication.args[0] === 13) throw new Error('thirteen');
          return publication;
        }),
      );
    });
    for (const value of [1, 13, 2, 3]) await publisher.publish(topic, [value]);
    await settle(subscriber);
    expect(heard(subscriber)).toEqual([1]);
    expect(await publisher.subscribe('com.alive')).toEqual(expect.any(Number));
    expect(postmaster.stats().counters).toMatchObject({
      interceptor_failed: 2,
      interceptor_closed: 2,
      internal_error: 0,
    });
  });

  const copies: readonly [string, (publication: Publication) => unknown][] = [
    ['as it is', (publication) => publication],
    ['by spread', (publication) => ({ ...publication })],
    ['by structuredClone', (publication) => structuredClone(publication)],
    ['by way of JSON', (publication) => JSON.parse(JSON.stringify(publication))],
  ];
  test.each(copies)('that passes a publication on %s leaves it to its audience', async (_, copy) => {
    const { postmaster, publisher, chosen, other } = await audience();
    postmaster.intercept(map((publication) => copy(publication) as Publication));
    await publisher.publish(topic, ['for one'], { eligible: [chosen.session] });
    await publisher.publish(topic, ['not for one'], { exclude: [chosen.session] });
    await publisher.publish(topic, ['by id'], { exclude_me: false });
    await Promise.all([settle(chosen), settle(other), settle(publisher)]);
    expect(heard(chosen)).toEqual(['for one', 'by id']);
    expect(heard(other)).toEqual(['not for one', 'by id']);
    expect(heard(publisher)).toEqual(['by id']);
    expect(postmaster.stats().counters.interceptor_refused).toBe(0);
  });

  test.each(copies)('that passes a retained event on %s leaves it retained', async (_, copy) => {
    const { postmaster, publisher, other } = await audience();
    postmaster.intercept(map((publication) => copy(publication) as Publication));
    await publisher.publish('com.retained', ['kept'], { retain: true });
    await publisher.publish('com.retained', ['not kept']);
    await other.subscribe('com.retained', { get_retained: true });
    await settle(other);
    expect(heard(other)).toEqual(['kept']);
  });

  test('decides whether an event is retained', async () => {
    const { postmaster, publisher, other } = await audience();
    postmaster.intercept(map((publication) => ({ ...publication, retain: publication.args[0] === 'kept' })));
    await publisher.publish('com.retained', ['kept']);
    await publisher.publish('com.retained', ['not kept'], { retain: true });
    await other.subscribe('com.retained', { get_retained: true });
    await settle(other);
    expect(heard(other)).toEqual(['kept']);
  });

  const forged: readonly [string, object][] = [
    ['without an audience', { audience: undefined }],
    ['for an audience with an unknown key', { audience: { eligable: [] } }],
    ['for an audience with a list that is none', { audience: { exclude: 5 } }],
    ['for an audience with ids that are none', { audience: { exclude: ['1'] } }],
    ['with the id 0', { id: 0 }],
    ['about a reserved topic', { topic: 'wamp.session.on_join' }],
    ['about no topic', { topic: '' }],
    ['with args that are no list', { args: 'abc' }],
    ['with kwargs that are a list', { kwargs: [] }],
    ['of another realm', { realm: 'elsewhere' }],
    ['with details that are none', { details: 'secret' }],
    [
      'for an audience with a getter that throws',
      {
        audience: Object.freeze({
          get eligible(): never {
            return bail();
          },
        }),
      },
    ],
    ['for an audience with a list that cannot be read', { audience: Object.freeze({ eligible: unreadable }) }],
    ['for an audience that cannot be read', { audience: revoked() }],
    ['for an audience whose inherited list is none', { audience: Object.create({ eligible: 5 }) as object }],
    ['for an audience that inherits an unknown key', { audience: Object.create({ eligable: [] }) as object }],
    ['for an audience that is a list', { audience: [] }],
  ];
  test.each(forged)('that emits a publication %s is refused, counted and logged once', async (_, change) => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, error: () => {}, warn };
    const { postmaster, publisher, chosen } = await audience({ logger });
    await chosen.subscribe('wamp.session.on_join');
    postmaster.intercept(map((publication) => ({ ...publication, ...change }) as Publication));
    await publisher.publish(topic, [1]);
    await publisher.publish(topic, [2]);
    await settle(chosen);
    expect(heard(chosen)).toEqual([]);
    expect(postmaster.stats().counters).toMatchObject({
      interceptor_refused: 2,
      interceptor_failed: 0,
      internal_error: 0,
    });
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('that emits a publication without an audience is told in the log how to make one', async () => {
    const warn = vi.fn();
    const { postmaster, publisher } = await audience({
      logger: { debug: () => {}, info: () => {}, error: () => {}, warn },
    });
    postmaster.intercept(map(({ audience: _, ...publication }) => publication as Publication));
    await publisher.publish(topic, [1]);
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ cause: 'interceptor_refused', realm: 'realm1' }),
      expect.stringContaining('make a new one with postmaster.publication(topic, payload, audience)'),
    );
  });

  const oneOnly: readonly [string, (id: number) => object][] = [
    ['inherits', (id) => Object.create({ eligible: [id] }) as object],
    [
      'has by a getter of its class',
      (id) =>
        new (class {
          get eligible() {
            return [id];
          }
        })(),
    ],
    [
      'cannot change any more and has by a getter',
      (id) =>
        Object.freeze({
          get eligible() {
            return [id];
          },
        }),
    ],
    ['says once, and nothing when it is asked again', (id) => sayOnce({}, 'eligible', [id])],
    ['says once, and throws when it is asked again', (id) => Object.freeze(sayOnce({}, 'eligible', [id], bail))],
    ['holds in a list that is another when it is read again', (id) => ({ eligible: fleeting(id) })],
  ];
  test.each(oneOnly)(
    'that emits a publication for an audience that it %s reaches that audience alone',
    async (_, chosenBy) => {
      const { postmaster, publisher, chosen, other } = await audience();
      postmaster.intercept(
        map((publication) => ({ ...publication, audience: chosenBy(chosen.session) }) as Publication),
      );
      await publisher.publish(topic, [1]);
      await Promise.all([settle(chosen), settle(other), settle(publisher)]);
      expect([heard(chosen), heard(other), heard(publisher)]).toEqual([[1], [], []]);
    },
  );

  test('that emits a publication whose topic changes while it is read publishes to the one that was checked', async () => {
    const { postmaster, publisher, chosen } = await audience();
    await chosen.subscribe('wamp.session.on_join');
    postmaster.intercept(
      map((publication) => {
        let reads = 0;
        return Object.defineProperty({ ...publication }, 'topic', {
          get: () => {
            reads += 1;
            return reads > 1 ? 'wamp.session.on_join' : topic;
          },
        });
      }),
    );
    const subscription = await chosen.subscribe(topic);
    await publisher.publish(topic, [1]);
    await settle(chosen);
    expect(eventsOf(chosen).map(([, id]) => id)).toEqual([subscription]);
  });

  test.each<[string, (publication: Publication) => unknown]>([
    ['its audience', ({ audience: given }) => Object.assign(given, { exclude: [1] })],
    [
      'its audience, by taking a list out',
      ({ audience: given }) => Reflect.deleteProperty(given, 'eligible') || bail(),
    ],
    ['a list of its audience', ({ audience: { eligible } }) => (eligible as number[]).push(1)],
  ])('cannot change %s, whoever made it', async (_, change) => {
    const { postmaster, publisher, chosen, other } = await audience();
    const copies = [
      map((publication: Publication) => publication),
      map((publication: Publication) => structuredClone(publication)),
      map(({ args }: Publication) => postmaster.publication(topic, { args }, { eligible: [chosen.session] })),
    ];
    for (const copy of copies) {
      const removals = [postmaster.intercept(copy), postmaster.intercept(tap(change))];
      await publisher.publish(topic, [1], { eligible: [chosen.session] });
      for (const remove of removals) remove();
    }
    await Promise.all([settle(chosen), settle(other)]);
    expect([heard(chosen), heard(other)]).toEqual([[], []]);
    expect(postmaster.stats().counters.interceptor_failed).toBe(copies.length);
  });

  test('emits new publications of postmaster.publication for the audience that it says', async () => {
    const { postmaster, publisher, chosen, other } = await audience();
    postmaster.intercept(map(({ args }) => postmaster.publication(topic, { args }, { eligible: [chosen.session] })));
    await publisher.publish(topic, [1]);
    await Promise.all([settle(chosen), settle(other)]);
    expect([heard(chosen), heard(other)]).toEqual([[1], []]);
    expect(() => postmaster.publication(topic, {}, { eligable: [] } as object)).toThrow('"eligable"');
    expect(() => postmaster.publication('wamp.topic', {}, {})).toThrow(WampError);
  });

  test('comes behind PUBLISHED, which the publisher of what it keeps back gets as well', async () => {
    const { postmaster, publisher } = await audience();
    postmaster.intercept(filter(({ args }) => args[0] !== 'kept back'));
    const answers = [];
    for (const value of ['passed on', 'kept back']) {
      answers.push(await publisher.publish(topic, [value], { exclude_me: false }));
    }
    await settle(publisher);
    expect(answers.map(([type]) => type)).toEqual([code.PUBLISHED, code.PUBLISHED]);
    const about = publisher.received.filter(([type]) => type === code.PUBLISHED || type === code.EVENT);
    expect(about.map(([type]) => type)).toEqual([code.PUBLISHED, code.EVENT, code.PUBLISHED]);
  });

  test.each<[string, number, readonly [chosen: unknown[], other: unknown[]]]>([
    ['that for one', 0, [['for one, for all'], []]],
    ['that for all', 1, [['for one, for all'], ['for one, for all']]],
  ])('that joins two publications and copies %s chooses its audience by that', async (_, copied, expected) => {
    const { postmaster, publisher, chosen, other } = await audience();
    const join = (both: Publication[]): Publication => {
      const args = [both.map(({ args: [value] }) => value).join(', ')];
      return { ...(both[copied] as Publication), args };
    };
    postmaster.intercept((source) => source.pipe(bufferCount(2), map(join)));
    await publisher.publish(topic, ['for one'], { eligible: [chosen.session] });
    await publisher.publish(topic, ['for all']);
    await Promise.all([settle(chosen), settle(other)]);
    expect([heard(chosen), heard(other)]).toEqual(expected);
  });

  test('may copy a publication to any topic that the router takes, however long', async () => {
    const { postmaster, publisher, chosen } = await audience({ limits: { maxUriLength: 600 } });
    const long = 'x'.repeat(600);
    await chosen.subscribe(long);
    postmaster.intercept(map((publication) => ({ ...publication })));
    await publisher.publish(long, [1]);
    await settle(chosen);
    expect(heard(chosen)).toEqual([1]);
  });

  test('sees neither meta events nor changes them', async () => {
    const { postmaster, chosen } = await audience();
    postmaster.intercept(filter(() => false));
    await chosen.subscribe('wamp.session.on_join');
    await joinV2(postmaster);
    await settle(chosen);
    expect(eventsOf(chosen)).toHaveLength(1);
  });

  test('cannot change what it is given', async () => {
    const { postmaster, publisher, chosen } = await audience();
    postmaster.intercept(map((publication) => Object.assign(publication, { topic: 'wamp.session.on_join' })));
    await publisher.publish(topic, [1]);
    await settle(chosen);
    expect(heard(chosen)).toEqual([]);
    expect(postmaster.stats().counters.interceptor_failed).toBe(1);
  });

  const changes: readonly [what: string, change: (publication: Publication) => unknown][] = [
    ['the list of arguments', ({ args }) => (args as unknown[]).push('more')],
    ['the keyword arguments', ({ kwargs }) => Object.assign(kwargs ?? {}, { more: true })],
    ['the audience', ({ audience }) => Object.assign(audience, { publisher: 1 })],
  ];

  test.each(changes)('cannot change %s of what it is given, whoever published it', async (_, change) => {
    const { postmaster, publisher, chosen } = await audience();
    const session = postmaster.session();
    postmaster.intercept(tap(change));
    publisher.send(code.PUBLISH, publisher.next(), {}, topic, [1], { a: 1 });
    await settle(publisher);
    await session.publish(topic, [2], { a: 2 });
    postmaster.publishEvent(topic, undefined, { args: [3], kwargs: { a: 3 } });
    await settle(chosen);
    expect(heard(chosen)).toEqual([]);
    expect(postmaster.stats().counters.interceptor_failed).toBe(3);
  });

  test('leaves the program what it has published with', async () => {
    const { postmaster, chosen } = await audience();
    const session = postmaster.session();
    postmaster.intercept(tap(() => {}));
    const [args, kwargs] = [[1], { a: 1 }];
    await session.call('wamp.session.add_testament', [topic, args, kwargs]);
    await session.publish(topic, args, kwargs);
    postmaster.publishEvent(topic, undefined, { args, kwargs });
    session.leave();
    [args[0], kwargs.a] = [2, 2];
    await settle(chosen);
    expect(eventsOf(chosen).map(([, , , , ...payload]) => payload)).toEqual(Array(3).fill([[1], { a: 1 }]));
  });
});

const bail = (): never => {
  throw new Error('not to be read');
};

const unreadable = Object.freeze(Object.defineProperty([1], 0, { get: bail, configurable: true }));

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** Something that has `value` under `name` when it is first read, and what `then` answers afterwards. */
const sayOnce = (holder: object, name: PropertyKey, value: unknown, then = (): unknown => undefined): object => {
  let isSaid = false;
  const get = (): unknown => {
    if (isSaid) return then();
    isSaid = true;
    return value;
  };
  return Object.defineProperty(holder, name, { get, enumerable: true });
};

/** A list that holds `id` when it is first read, and nobody's afterwards. */
const fleeting = (id: number): number[] => sayOnce([0], 0, id) as number[];

const audience = async (options: Partial<PostmasterOptions> = {}) => {
  const postmaster = createV2Router({}, options);
  const [publisher, chosen, other] = [await joinV2(postmaster), await joinV2(postmaster), await joinV2(postmaster)];
  for (const peer of [publisher, chosen, other]) await peer.subscribe(topic);
  return { postmaster, publisher, chosen, other };
};
