import { asyncScheduler, filter, map, throttleTime } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import type { PeerInfo, PostmasterOptions, Publication } from '../../src/index.ts';
import { Postmaster, WampError } from '../../src/index.ts';
import { everything, expectNothingLeft } from '../support/router.ts';
import type { V1Client } from '../support/v1-client.ts';
import { connectV1InMemory } from '../support/v1-client.ts';

const topic = 'http://example.com/topic';

const setUp = async (options: Partial<PostmasterOptions> = {}) => {
  const postmaster = new Postmaster({
    realms: [{ name: 'realm1', anonymous: everything }],
    v1: { open: true },
    ...options,
  });
  const [publisher, subscriber] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
  subscriber.subscribe(topic);
  await subscriber.barrier();
  return { postmaster, publisher, subscriber };
};

const heard = async (publisher: V1Client, subscriber: V1Client): Promise<unknown[]> => {
  await publisher.barrier();
  await subscriber.barrier();
  return subscriber.events.map(([, event]) => event);
};

describe('messageToPublish', () => {
  test('is asked after the permission check, with the connection and the publication', async () => {
    const messageToPublish = vi.fn((_connection: PeerInfo, _publication: Publication) => true);
    const { publisher, subscriber } = await setUp({
      messageToPublish,
      realms: [{ name: 'realm1', anonymous: [{ uri: topic, publish: true, subscribe: true }] }],
    });
    publisher.publish('http://example.com/forbidden', 1);
    publisher.publish(topic, { a: 1 });
    expect(await heard(publisher, subscriber)).toEqual([{ a: 1 }]);
    expect(messageToPublish).toHaveBeenCalledTimes(1);
    const [connection, publication] = messageToPublish.mock.calls[0]!;
    expect(connection).toMatchObject({ protocol: 'wamp.1', state: 'authenticated' });
    expect(publication).toMatchObject({ topic, args: [{ a: 1 }], kwargs: undefined, realm: 'realm1' });
    expect(publication.id).toBeGreaterThan(0);
    expect(Math.abs(publication.time - Date.now())).toBeLessThan(10_000);
  });

  test('returning false, or a promise of it, keeps the event from everybody', async () => {
    for (const messageToPublish of [() => false, async () => false]) {
      const { postmaster, publisher, subscriber } = await setUp({ messageToPublish });
      publisher.subscribe(topic);
      publisher.publish(topic, 1);
      expect(await heard(publisher, subscriber)).toEqual([]);
      expect(publisher.events).toEqual([]);
      expect(postmaster.stats().counters.publish_vetoed).toBe(1);
    }
  });

  test.each<[string, () => boolean | undefined | Promise<boolean | undefined>]>([
    ['true', () => true],
    ['undefined', () => undefined],
    ['a promise of true', async () => true],
    ['a promise of undefined', async () => undefined],
  ])('returning %s lets the event pass', async (_, messageToPublish) => {
    const { postmaster, publisher, subscriber } = await setUp({ messageToPublish });
    publisher.publish(topic, 1);
    expect(await heard(publisher, subscriber)).toEqual([1]);
    expect(postmaster.stats().counters).toMatchObject({ callback_failed: 0, publish_vetoed: 0 });
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['0', 0],
    ['1', 1],
    ['an empty text', ''],
    ['a text', 'yes'],
    ['an object', { allow: true }],
    ['a list', [true]],
    ['an object for true', new Boolean(true)],
    ['a function', () => true],
    ['a promise of null', Promise.resolve(null)],
    ['a promise of an object', Promise.resolve({ allow: true })],
  ])('returning %s has failed: the publication is refused, and one line says what to answer', async (_, answer) => {
    const error = vi.fn();
    const { postmaster, publisher, subscriber } = await setUp({
      messageToPublish: () => answer as boolean,
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error },
    });
    for (const event of [1, 2]) publisher.publish(topic, event);
    expect(await heard(publisher, subscriber)).toEqual([]);
    await expect(postmaster.session().publish(topic, [3])).rejects.toMatchObject({
      uri: 'wamp.error.authorization_failed',
      description: 'the check of the publication failed',
    });
    expect(postmaster.stats().counters).toMatchObject({ callback_failed: 3, publish_vetoed: 0 });
    expect(error.mock.calls).toEqual([
      [
        expect.objectContaining({ topic, realm: 'realm1' }),
        expect.stringMatching(/must answer true or nothing .* false/),
      ],
    ]);
  });

  test('that throws refuses the publication and is logged; a WampError is a veto', async () => {
    const broken = await setUp({
      messageToPublish: () => {
        throw new Error('broken');
      },
    });
    broken.publisher.publish(topic, 1);
    expect(await heard(broken.publisher, broken.subscriber)).toEqual([]);
    expect(broken.postmaster.stats().counters).toMatchObject({ callback_failed: 1, publish_vetoed: 0 });
    const refused = await setUp({ messageToPublish: async () => Promise.reject(new WampError('urn:no')) });
    await expect(refused.postmaster.session().publish(topic, [1])).rejects.toMatchObject({ uri: 'urn:no' });
    expect(refused.postmaster.stats().counters).toMatchObject({ callback_failed: 0, publish_vetoed: 1 });
  });

  test('that takes its time keeps the order of its connection and holds up no other', async () => {
    const waiting: (() => void)[] = [];
    const { postmaster, publisher, subscriber } = await setUp({
      messageToPublish: (_, { args }) =>
        args[0] === 'slow' ? new Promise((resolve) => waiting.push(() => resolve(true))) : true,
    });
    publisher.publish(topic, 'slow');
    publisher.publish(topic, 'after');
    const answer = publisher.barrier();
    const other = await connectV1InMemory(postmaster);
    other.publish(topic, 'other');
    expect(await heard(other, subscriber)).toEqual(['other']);
    waiting[0]?.();
    await answer;
    expect(await heard(publisher, subscriber)).toEqual(['other', 'slow', 'after']);
  });

  test('decides also after the publisher has left: what was sent before is not lost', async () => {
    const waiting: (() => void)[] = [];
    const { postmaster, publisher, subscriber } = await setUp({
      messageToPublish: (_, { args }) =>
        args[0] !== 'slow' || new Promise((resolve) => waiting.push(() => resolve(true))),
    });
    publisher.publish(topic, 'slow');
    publisher.publish(topic, 'after');
    publisher.subscribe('urn:ghost');
    await publisher.close();
    waiting[0]?.();
    await vi.waitFor(async () => expect(await heard(subscriber, subscriber)).toEqual(['slow', 'after']));
    await subscriber.close();
    await expectNothingLeft(postmaster);
  });
});

describe('intercept', () => {
  test('filters and maps what subscribers hear', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.intercept(filter((publication) => publication.args[0] !== 'secret'));
    const remove = postmaster.intercept(map((publication) => ({ ...publication, args: [`<${publication.args[0]}>`] })));
    for (const event of ['a', 'secret', 'b']) publisher.publish(topic, event);
    expect(await heard(publisher, subscriber)).toEqual(['<a>', '<b>']);
    remove();
    publisher.publish(topic, 'c');
    expect(await heard(publisher, subscriber)).toEqual(['<a>', '<b>', 'c']);
  });

  test('of a topic leaves other topics alone', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.intercept(
      { topic: 'com.ticker.', match: 'prefix' },
      filter(() => false),
    );
    subscriber.subscribe('com.ticker.a');
    await subscriber.barrier();
    publisher.publish('com.ticker.a', 1);
    publisher.publish(topic, 2);
    expect(await heard(publisher, subscriber)).toEqual([2]);
  });

  test('keeps the receivers that the publisher chose when an event is copied', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.intercept(map((publication) => ({ ...publication, args: ['copy'] })));
    publisher.subscribe(topic);
    publisher.publish(topic, 1, true);
    publisher.publish(topic, 2, [subscriber.sessionId]);
    expect(await heard(publisher, subscriber)).toEqual(['copy']);
    expect(publisher.events).toEqual([[topic, 'copy']]);
  });

  test('throttles through time, one stream for all publishers', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.intercept({ topic }, throttleTime(100, asyncScheduler, { leading: true, trailing: true }));
    const trailing = new Promise((resolve) => {
      postmaster.topic(topic).subscribe(({ args }) => args[0] === 'last' && resolve(args));
    });
    for (const event of ['first', 'dropped', 'last']) publisher.publish(topic, event);
    expect(await heard(publisher, subscriber)).toEqual(['first']);
    await trailing;
    expect(await heard(publisher, subscriber)).toEqual(['first', 'last']);
    await postmaster.close();
  });

  test('that throws once loses one publication, is logged, and disturbs nobody', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    let count = 0;
    postmaster.intercept(
      map((publication) => {
        count += 1;
        if (count === 2) throw new Error('broken');
        return publication;
      }),
    );
    for (const event of [1, 2, 3]) publisher.publish(topic, event);
    expect(await heard(publisher, subscriber)).toEqual([1, 3]);
    expect(postmaster.stats().counters.interceptor_failed).toBe(1);
    expect(postmaster.stats().connections).toBe(2);
  });

  test('applies to what the router publishes itself', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.intercept(filter(({ args }) => args[0] !== 'no'));
    postmaster.publishEvent(topic, 'no');
    postmaster.publishEvent(topic, 'yes');
    expect(await heard(publisher, subscriber)).toEqual(['yes']);
  });

  test('takes an operator and nothing else', async () => {
    const { postmaster } = await setUp();
    expect(() => postmaster.intercept({ topic } as never)).toThrow('the interceptor must be an RxJS operator');
    expect(() =>
      postmaster.intercept(
        { realm: 'nowhere' },
        filter(() => true),
      ),
    ).toThrow('there is no realm "nowhere"');
  });
});

describe('publishEvent', () => {
  test('goes to all subscribers without permission, veto or exclusion', async () => {
    const { postmaster, publisher, subscriber } = await setUp({ messageToPublish: () => false });
    publisher.subscribe(topic);
    await publisher.barrier();
    const id = postmaster.publishEvent(topic, { a: 1 });
    expect(id).toBeGreaterThan(0);
    expect(await heard(publisher, subscriber)).toEqual([{ a: 1 }]);
    expect(publisher.events).toEqual([[topic, { a: 1 }]]);
  });

  test('carries null for no event, and several arguments or keywords by name', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    postmaster.publishEvent(topic);
    postmaster.publishEvent(topic, undefined, { args: [1, 2] });
    postmaster.publishEvent(topic, undefined, { kwargs: { a: 1 } });
    expect(await heard(publisher, subscriber)).toEqual([
      null,
      { args: [1, 2], kwargs: {} },
      { args: [], kwargs: { a: 1 } },
    ]);
  });

  test('refuses a topic that is empty, reserved, or of no realm', async () => {
    const { postmaster } = await setUp();
    expect(() => postmaster.publishEvent('', 1)).toThrow('wamp.error.invalid_uri');
    expect(() => postmaster.publishEvent('wamp.session.on_join', 1)).toThrow('reserved');
    expect(() => postmaster.publishEvent(topic, 1, { realm: 'nowhere' })).toThrow('there is no realm "nowhere"');
  });

  test('of what JSON cannot hold is counted and lost to v1 subscribers alone', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    const local: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => local.push(args[0]));
    const loop: unknown[] = [];
    loop.push(loop);
    postmaster.publishEvent(topic, loop);
    postmaster.publishEvent(topic, 'fine');
    expect(await heard(publisher, subscriber)).toEqual(['fine']);
    expect(local).toEqual([loop, 'fine']);
    expect(postmaster.stats().counters.encode_failed).toBeGreaterThan(0);
  });
});

describe('topic', () => {
  test('is subscribed to while it is observed, and only then', async () => {
    const { postmaster, publisher } = await setUp();
    const seen: unknown[] = [];
    const observable = postmaster.topic('urn:t');
    expect(postmaster.stats().subscriptions).toBe(1);
    const subscription = observable.subscribe((publication) => seen.push(publication.args[0]));
    expect(postmaster.stats()).toMatchObject({ subscriptions: 2, topics: 2 });
    publisher.publish('urn:t', 1);
    await publisher.barrier();
    subscription.unsubscribe();
    publisher.publish('urn:t', 2);
    await publisher.barrier();
    expect(seen).toEqual([1]);
    expect(postmaster.stats()).toMatchObject({ subscriptions: 1, topics: 1 });
  });

  test('observes patterns', async () => {
    const { postmaster, publisher } = await setUp();
    const seen: string[] = [];
    postmaster.topic('com.a', { match: 'prefix' }).subscribe(({ topic: uri }) => seen.push(`prefix ${uri}`));
    postmaster.topic('com..c', { match: 'wildcard' }).subscribe(({ topic: uri }) => seen.push(`wildcard ${uri}`));
    for (const uri of ['com.a.c', 'com.ab', 'com.b.c', 'com.b']) publisher.publish(uri, 1);
    await publisher.barrier();
    expect(seen).toEqual(['prefix com.a.c', 'wildcard com.a.c', 'prefix com.ab', 'wildcard com.b.c']);
  });

  test('lets an observer publish without its event overtaking the one being delivered', async () => {
    const { postmaster, publisher, subscriber } = await setUp();
    const other = await connectV1InMemory(postmaster);
    postmaster.topic(topic).subscribe(({ args }) => {
      if (args[0] === 'ping') postmaster.publishEvent(topic, 'pong');
    });
    other.subscribe(topic);
    await other.barrier();
    for (let at = 0; at < 10; at += 1) publisher.publish(topic, 'ping');
    expect(await heard(publisher, other)).toEqual(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 'ping' : 'pong')),
    );
    expect(await heard(publisher, subscriber)).toHaveLength(20);
  });
});

test.each(['eligible', 'exclude'])('publishEvent with null as %s is refused, and is not for everybody', (name) => {
  const postmaster = new Postmaster({ realms: ['realm1'] });
  expect(() => postmaster.publishEvent('com.topic', 1, { [name]: null })).toThrow(WampError);
});
