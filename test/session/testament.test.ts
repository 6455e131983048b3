import { describe, expect, test } from 'vitest';
import type { PeerInfo, Publication, RealmSettings } from '../../src/index.ts';
import { WampError } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { eventsOf, heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

// Advanced Profile, "Session Testament"

const topic = 'com.testament';
const add = 'wamp.session.add_testament';
const flush = 'wamp.session.flush_testaments';

const setUp = async (realm: Partial<RealmSettings> = {}) => {
  const postmaster = createV2Router(realm);
  const [mortal, heir] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'msgpack')];
  await heir.subscribe(topic);
  return { postmaster, mortal, heir };
};
const leave = async (peer: V2Peer): Promise<void> => {
  peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  await peer.take(code.GOODBYE);
};
const testament = (peer: V2Peer, args: List, kwargs = {}, options = {}): Promise<List> =>
  peer.call(add, [topic, args, kwargs], {}, options);

describe('a testament', () => {
  test('is published when its session is over, with its payload, and not before', async () => {
    const { mortal, heir } = await setUp();
    expect(await testament(mortal, ['Seeya!'], { my_name: 'app1' })).toEqual([code.RESULT, 1, {}]);
    await settle(mortal, heir);
    expect(eventsOf(heir)).toEqual([]);
    await leave(mortal);
    await settle(heir);
    expect(eventsOf(heir).map((event) => event.slice(3))).toEqual([[{}, ['Seeya!'], { my_name: 'app1' }]]);
  });

  test('is published once, and none is left for the next session on the same link', async () => {
    const { mortal, heir } = await setUp();
    await testament(mortal, [1]);
    await leave(mortal);
    await mortal.hello();
    await leave(mortal);
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual([1]);
  });

  test('of the scope detached comes before those of the scope destroyed, each in the order they were added', async () => {
    const { mortal, heir } = await setUp();
    for (const [value, scope] of [
      ['destroyed 1', 'destroyed'],
      ['detached 1', 'detached'],
      ['default', undefined],
      ['detached 2', 'detached'],
    ]) {
      await testament(mortal, [value], {}, scope === undefined ? {} : { scope });
    }
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual(['detached 1', 'detached 2', 'destroyed 1', 'default']);
  });

  test.each([
    [{ scope: 'detached' }, ['destroyed']],
    [{ scope: 'destroyed' }, ['detached']],
    [{}, ['detached']],
  ])('is not published after flush_testaments with %j', async (query, expected) => {
    const { mortal, heir } = await setUp();
    for (const scope of ['detached', 'destroyed']) await testament(mortal, [scope], {}, { scope });
    expect(await mortal.call(flush, [], {}, query)).toEqual([code.RESULT, 3, {}]);
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual(expected);
  });

  test('is of its own session: nobody else can flush it', async () => {
    const { mortal, heir } = await setUp();
    await testament(mortal, [1]);
    await heir.call(flush);
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual([1]);
  });

  test('takes its arguments by name', async () => {
    const { mortal, heir } = await setUp();
    await mortal.call(add, [], {}, { topic, args: [1], kwargs: { a: 1 }, scope: 'detached' });
    await mortal.call(add, [topic]);
    await mortal.close();
    await settle(heir);
    expect(eventsOf(heir).map((event) => event.slice(3))).toEqual([[{}, [1], { a: 1 }], [{}]]);
  });

  test('is there at once: a GOODBYE or flush_testaments that was sent behind it finds it', async () => {
    const { mortal, heir } = await setUp();
    const ask = (procedure: string, args: List): void => mortal.send(code.CALL, mortal.next(), {}, procedure, args);
    ask(add, [topic, ['flushed']]);
    ask(flush, []);
    ask(add, [topic, ['kept']]);
    await leave(mortal);
    await settle(heir);
    expect(heard(heir)).toEqual(['kept']);
  });

  test.each([
    ['topic', [17], {}],
    ['args', [topic, 'x'], {}],
    ['kwargs', [topic, [], 'x'], {}],
    ['scope', [topic], { scope: 'forever' }],
    ['publish_options', [topic], { publish_options: { exclude: 'x' } }],
    ['publish_options', [topic], { publish_options: 17 }],
  ])('whose %s is wrong is refused', async (_, args, kwargs) => {
    const { mortal, heir } = await setUp();
    expect(errorOf(await mortal.call(add, args, {}, kwargs))).toBe('wamp.error.invalid_argument');
    expect(errorOf(await mortal.call(flush, [], {}, { scope: 17 }))).toBe('wamp.error.invalid_argument');
    await mortal.close();
    await settle(heir);
    expect(heard(heir)).toEqual([]);
  });

  test.each(['wamp.session.on_join', 'com..x', ''])('cannot be for the topic %j', async (uri) => {
    const { mortal } = await setUp();
    expect(errorOf(await mortal.call(add, [uri, []]))).toBe('wamp.error.invalid_uri');
  });

  test('needs the permission to publish', async () => {
    const anonymous = [...everythingAndMeta, { uri: topic, subscribe: true, publish: false }];
    const { mortal } = await setUp({ anonymous });
    expect(errorOf(await testament(mortal, [1]))).toBe('wamp.error.not_authorized');
  });

  test('is one of a limited number', async () => {
    const postmaster = createV2Router({}, { limits: { maxTestaments: 2 } });
    const peer = await joinV2(postmaster);
    await testament(peer, [1], {}, { scope: 'detached' });
    await testament(peer, [2]);
    expect(errorOf(await testament(peer, [3]))).toBe('wamp.error.unavailable');
    await peer.call(flush);
    expect(errorOf(await testament(peer, [3]))).toBeUndefined();
  });
});

describe('the publish_options of a testament', () => {
  const principals = [
    ['alice', 'manager'],
    ['bob', 'staff'],
  ] as const;

  test('choose who hears it', async () => {
    const postmaster = createV2Router(withPrincipals(principals));
    const [mortal, alice, bob] = [
      await joinAs(postmaster, 'bob'),
      await joinAs(postmaster, 'alice'),
      await joinAs(postmaster, 'bob'),
    ];
    for (const heir of [alice, bob]) await heir.subscribe(topic);
    await testament(mortal, ['managers'], {}, { publish_options: { eligible_authrole: ['manager'] } });
    await testament(mortal, ['not alice'], {}, { publish_options: { exclude: [alice.session], acknowledge: true } });
    await testament(mortal, ['nobody'], {}, { publish_options: { eligible: [] } });
    await mortal.close();
    await settle(alice, bob);
    expect(heard(alice)).toEqual(['managers']);
    expect(heard(bob)).toEqual(['not alice']);
  });

  test('may retain it', async () => {
    const { mortal, heir } = await setUp();
    await testament(mortal, ['last words'], {}, { publish_options: { retain: true } });
    await leave(mortal);
    await heir.subscribe(topic, { get_retained: true });
    await settle(heir);
    expect(eventsOf(heir).map(([, , , details]) => details)).toEqual([{}, { retained: true }]);
  });

  test.each([
    ['on-request', {}, false],
    ['on-request', { disclose_me: true }, true],
    ['always', {}, true],
    ['never', {}, false],
  ] as const)('under the disclosure %s with %j name the session: %s', async (disclosure, publish_options, isNamed) => {
    const { mortal, heir } = await setUp({ disclosure });
    await testament(mortal, [1], {}, { publish_options });
    await mortal.close();
    await settle(heir);
    const identity = isNamed ? { publisher: mortal.session } : {};
    expect(eventsOf(heir).map(([, , , details]) => details)).toEqual([expect.objectContaining(identity)]);
    expect(Object.keys(eventsOf(heir)[0]?.[3] ?? {}).length > 0).toBe(isNamed);
  });

  test('cannot name the session where the realm discloses nobody', async () => {
    const { mortal, heir } = await setUp({ disclosure: 'never' });
    const answer = await testament(mortal, [1], {}, { publish_options: { disclose_me: true } });
    expect(errorOf(answer)).toBe('wamp.error.option_disallowed.disclose_me');
    await mortal.close();
    await settle(heir);
    expect(eventsOf(heir)).toEqual([]);
  });

  test('say how the payload is packed', async () => {
    const { mortal, heir } = await setUp();
    await testament(mortal, ['opaque'], {}, { publish_options: { ppt_scheme: 'mqtt' } });
    await mortal.close();
    await settle(heir);
    expect(eventsOf(heir)[0]?.[3]).toEqual({ ppt_scheme: 'mqtt' });
  });
});

describe('a veto', () => {
  const verdicts = [
    ['false', () => false],
    ['a promise of false', async () => false],
    ['an error', () => Promise.reject(new Error('broken'))],
    [
      'an exception',
      () => {
        throw new WampError('com.error.no');
      },
    ],
    ['null', () => null],
    ['a promise of an object', async () => ({ allow: true })],
  ] as const;
  test.each(verdicts)(
    '(%s) of messageToPublish keeps a testament from everybody, the others live on',
    async (_, veto) => {
      const asked: unknown[] = [];
      const messageToPublish = (_: PeerInfo, { args: [value] }: Publication) => {
        asked.push(value);
        return value === 'vetoed' ? (veto() as boolean) : true;
      };
      const postmaster = createV2Router({}, { messageToPublish });
      const [mortal, heir] = [await joinV2(postmaster), await joinV2(postmaster)];
      await heir.subscribe(topic);
      for (const value of ['vetoed', 'allowed']) await testament(mortal, [value]);
      await leave(mortal);
      await settle(heir);
      expect(heard(heir)).toEqual(['allowed']);
      expect(asked).toEqual(['vetoed', 'allowed']);
    },
  );
});
