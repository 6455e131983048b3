import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { errorOf } from '../support/calls.ts';
import { eventsOf, heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import { basicRoles, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const topic = 'com.topic';

// Basic Profile, "Subscribing and Unsubscribing"
describe('a subscription', () => {
  test('has one id for all its subscribers, and the same one when a subscriber subscribes again', async () => {
    const postmaster = createV2Router();
    const [first, second] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
    const id = await first.subscribe(topic);
    expect(await first.subscribe(topic)).toBe(id);
    expect(await second.subscribe(topic)).toBe(id);
    expect(await first.subscribe('com.other')).not.toBe(id);
    expect(postmaster.stats()).toMatchObject({ topics: 2, subscriptions: 3 });
    await second.publish(topic, [1]);
    await settle(first);
    expect(heard(first)).toEqual([1]);
  });

  test('of somebody else cannot be ended: UNSUBSCRIBE is answered with no_such_subscription', async () => {
    const postmaster = createV2Router();
    const [owner, stranger] = [await joinV2(postmaster), await joinV2(postmaster)];
    const id = await owner.subscribe(topic);
    const answer = await stranger.ask(code.UNSUBSCRIBE, id);
    expect(answer.slice(0, 5)).toEqual([code.ERROR, code.UNSUBSCRIBE, 1, {}, 'wamp.error.no_such_subscription']);
    await stranger.publish(topic, [1]);
    await settle(owner);
    expect(heard(owner)).toEqual([1]);
  });

  test('ends with UNSUBSCRIBE, after which its id is unknown to its former subscriber', async () => {
    const peer = await joinV2(createV2Router());
    const id = await peer.subscribe(topic);
    expect(await peer.ask(code.UNSUBSCRIBE, id)).toEqual([code.UNSUBSCRIBED, 2]);
    expect(errorOf(await peer.ask(code.UNSUBSCRIBE, id))).toBe('wamp.error.no_such_subscription');
  });

  test('that the permissions do not allow is answered with not_authorized', async () => {
    const peer = await joinV2(createV2Router({ anonymous: [{ uri: topic, publish: true }] }));
    expect((await peer.ask(code.SUBSCRIBE, {}, topic)).slice(0, 5)).toEqual([
      code.ERROR,
      code.SUBSCRIBE,
      1,
      {},
      'wamp.error.not_authorized',
    ]);
  });

  test.each([
    ['com..topic', {}],
    ['', {}],
    ['com.topic#x', {}],
    ['com. topic', { match: 'prefix' }],
    [17, {}],
  ])('of %j is answered with invalid_uri', async (uri, options) => {
    const peer = await joinV2(createV2Router());
    expect(errorOf(await peer.ask(code.SUBSCRIBE, options, uri))).toBe('wamp.error.invalid_uri');
    expect(errorOf(await peer.ask(code.UNSUBSCRIBE, 17))).toBe('wamp.error.no_such_subscription');
  });

  test.each([{ match: 'glob' }, { get_retained: 1 }])('with the options %j is refused', async (options) => {
    const peer = await joinV2(createV2Router());
    expect(errorOf(await peer.ask(code.SUBSCRIBE, options, topic))).toBe('wamp.error.invalid_argument');
  });

  test('beyond the limit of the session is refused, the others live on', async () => {
    const peer = await joinV2(createV2Router({}, { limits: { maxSubscriptions: 1 } }));
    const id = await peer.subscribe(topic);
    expect(errorOf(await peer.ask(code.SUBSCRIBE, {}, 'com.other'))).toBe('wamp.error.unavailable');
    expect(await peer.subscribe(topic)).toBe(id);
  });
});

// Basic Profile, "Publishing and Events"
describe('PUBLISH', () => {
  test('is answered with PUBLISHED only when acknowledge is true', async () => {
    const postmaster = createV2Router();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    publisher.send(code.PUBLISH, publisher.next(), {}, topic, [1]);
    publisher.send(code.PUBLISH, publisher.next(), { acknowledge: false }, topic, [2]);
    const [type, request, publication] = await publisher.publish(topic, [3]);
    expect([type, request]).toEqual([code.PUBLISHED, 3]);
    await settle(publisher, subscriber);
    expect(heard(subscriber)).toEqual([1, 2, 3]);
    expect(eventsOf(subscriber)[2]?.[2]).toBe(publication);
    expect(publisher.received.filter(([type]) => type === code.PUBLISHED)).toHaveLength(1);
  });

  const refused = [
    ['not_authorized', 'com.forbidden', {}],
    ['invalid_uri', 'com..topic', {}],
    ['invalid_uri', 'wamp.session.on_join', {}],
    ['invalid_argument', topic, { exclude_me: 0 }],
    ['invalid_argument', topic, { eligible: ['x'] }],
    ['invalid_argument', topic, { exclude_authid: 'alice' }],
  ] as const;
  test.each(refused)('that is refused (%s, %s %j) is answered only when acknowledge is true', async (...given) => {
    const [error, uri, options] = given;
    const anonymous = [
      { uri: topic, publish: true },
      { uri: 'wamp.', match: 'prefix', publish: true },
    ] as const;
    const peer = await joinV2(createV2Router({ anonymous }));
    peer.send(code.PUBLISH, peer.next(), options, uri, [1]);
    await peer.barrier();
    expect(peer.received.filter(([type, about]) => type === code.ERROR && about === code.PUBLISH)).toEqual([]);
    const answer = await peer.publish(uri, [1], options);
    expect(answer.slice(0, 5)).toEqual([code.ERROR, code.PUBLISH, 3, {}, `wamp.error.${error}`]);
  });

  test.each(serializerNames)(
    'carries its payload to every serializer from %s, what is missing is left out',
    async (from) => {
      const postmaster = createV2Router();
      const publisher = await joinV2(postmaster, {}, from);
      const subscribers = await Promise.all(serializerNames.map((name) => joinV2(postmaster, {}, name)));
      for (const subscriber of subscribers) await subscriber.subscribe(topic);
      const payload = [1, -1, 1.5, 'ä€😀', true, null, [{ a: [] }]];
      publisher.send(code.PUBLISH, publisher.next(), {}, topic);
      publisher.send(code.PUBLISH, publisher.next(), {}, topic, []);
      publisher.send(code.PUBLISH, publisher.next(), {}, topic, [], {});
      publisher.send(code.PUBLISH, publisher.next(), {}, topic, payload);
      publisher.send(code.PUBLISH, publisher.next(), {}, topic, payload, { color: 'orange' });
      publisher.send(code.PUBLISH, publisher.next(), {}, topic, [], { sizes: [23, 42] });
      await settle(publisher, ...subscribers);
      for (const subscriber of subscribers) {
        const tails = eventsOf(subscriber).map((event) => event.slice(3));
        expect(tails).toEqual([
          [{}],
          [{}],
          [{}],
          [{}, payload],
          [{}, payload, { color: 'orange' }],
          [{}, [], { sizes: [23, 42] }],
        ]);
      }
    },
  );

  test('gives each publication an id of its own, the same for all subscribers', async () => {
    const postmaster = createV2Router();
    const [publisher, a, b] = [
      await joinV2(postmaster),
      await joinV2(postmaster),
      await joinV2(postmaster, {}, 'cbor'),
    ];
    for (const peer of [a, b]) await peer.subscribe(topic);
    const ids = [(await publisher.publish(topic))[2], (await publisher.publish(topic))[2]];
    await settle(a, b);
    expect(ids[0]).not.toBe(ids[1]);
    for (const peer of [a, b]) expect(eventsOf(peer).map(([, , id]) => id)).toEqual(ids);
  });

  test('ignores options that nobody knows', async () => {
    const peer = await joinV2(createV2Router());
    expect((await peer.publish(topic, [], { _custom: 1, whatever: [] }))[0]).toBe(code.PUBLISHED);
  });
});

// Advanced Profile, "Publisher Exclusion"
describe('the publisher', () => {
  test('does not hear its own event, under no subscription, unless exclude_me is false', async () => {
    const peer = await joinV2(createV2Router());
    await peer.subscribe(topic);
    await peer.subscribe('com.', { match: 'prefix' });
    await peer.publish(topic, ['default']);
    await peer.publish(topic, ['excluded'], { exclude_me: true });
    await peer.publish(topic, ['included'], { exclude_me: false });
    await settle(peer);
    expect(heard(peer)).toEqual(['included', 'included']);
  });
});

// Advanced Profile, "Publisher Identification"
describe('the identity of a publisher', () => {
  const principals = [['alice', 'staff']] as const;
  const setUp = async (disclosure: 'never' | 'on-request' | 'always', rule: object = {}) => {
    const staff = [...everythingAndMeta, { uri: 'com.named', publish: true, subscribe: true, ...rule }];
    const postmaster = createV2Router({ ...withPrincipals(principals, { staff }), disclosure });
    const [publisher, subscriber] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'alice', 'msgpack')];
    for (const uri of [topic, 'com.named']) await subscriber.subscribe(uri);
    const detailsOf = async (uri: string, options: object): Promise<unknown> => {
      expect((await publisher.publish(uri, [], options))[0]).toBe(code.PUBLISHED);
      await settle(subscriber);
      return eventsOf(subscriber).at(-1)?.[3];
    };
    const identity = { publisher: publisher.session, publisher_authid: 'alice', publisher_authrole: 'staff' };
    return { publisher, subscriber, detailsOf, identity };
  };

  test('is told when the publisher asks for it', async () => {
    const { detailsOf, identity } = await setUp('on-request');
    expect(await detailsOf(topic, { disclose_me: true })).toEqual(identity);
    expect(await detailsOf(topic, { disclose_me: false })).toEqual({});
    expect(await detailsOf(topic, {})).toEqual({});
  });

  test('is always told where the realm says so', async () => {
    const { detailsOf, identity } = await setUp('always');
    expect(await detailsOf(topic, {})).toEqual(identity);
    expect(await detailsOf(topic, { disclose_me: false })).toEqual(identity);
  });

  test('is never told where the realm says so: who asks for it is refused, and nobody hears the event', async () => {
    const { publisher, subscriber, detailsOf } = await setUp('never');
    expect(await detailsOf(topic, { disclose_me: false })).toEqual({});
    const answer = await publisher.publish(topic, ['named'], { disclose_me: true });
    expect(errorOf(answer)).toBe('wamp.error.option_disallowed.disclose_me');
    publisher.send(code.PUBLISH, publisher.next(), { disclose_me: true }, topic, ['named']);
    await settle(publisher, subscriber);
    expect(eventsOf(subscriber)).toHaveLength(1);
  });

  test('is told on the topics whose rule discloses, and on no others', async () => {
    const { detailsOf, identity } = await setUp('on-request', { disclose: true });
    expect(await detailsOf('com.named', {})).toEqual(identity);
    expect(await detailsOf(topic, {})).toEqual({});
  });
});

// Advanced Profile, "Payload Passthru Mode"
describe('payload passthru', () => {
  const passthru = { ppt_scheme: 'x_scheme', ppt_serializer: 'cbor', ppt_cipher: 'xsalsa20poly1305', ppt_keyid: 'k1' };

  test('attributes are in the EVENT as they were in the PUBLISH, also for subscribers that announced nothing', async () => {
    const postmaster = createV2Router();
    const publisher = await joinV2(postmaster);
    const [able, unable] = [await joinV2(postmaster), await joinV2(postmaster, { roles: basicRoles })];
    for (const peer of [able, unable]) await peer.subscribe(topic);
    await publisher.publish(topic, ['opaque'], passthru);
    await publisher.publish(topic, ['opaque'], { ppt_scheme: 'mqtt' });
    await publisher.publish(topic, ['plain'], { ppt_scheme: '', ppt_keyid: 'k1' });
    await settle(able, unable);
    for (const peer of [able, unable]) {
      expect(eventsOf(peer).map(([, , , details]) => details)).toEqual([passthru, { ppt_scheme: 'mqtt' }, {}]);
    }
  });

  test('by a publisher that did not announce it aborts its session', async () => {
    const peer = await joinV2(createV2Router(), { roles: basicRoles });
    peer.send(code.PUBLISH, peer.next(), { ppt_scheme: 'mqtt' }, topic, ['opaque']);
    expect((await peer.take(code.ABORT))[2]).toBe('wamp.error.protocol_violation');
  });
});
