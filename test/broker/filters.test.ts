import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import { runs } from '../property/settings.ts';
import { heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import { code, createV2Router } from '../support/v2-router.ts';

// Advanced Profile, "Subscriber Black- and Whitelisting"

const topic = 'com.topic';
const principals = [
  ['alice', 'manager'],
  ['bob', 'staff'],
  ['carol', 'staff'],
  ['dave', 'guest'],
] as const;

const setUp = async () => {
  const postmaster = createV2Router(withPrincipals(principals));
  const publisher = await joinAs(postmaster, 'alice');
  // Bob is there twice: an authid is not a session.
  const names = [...principals.map(([authid]) => authid), 'bob'];
  const peers = await Promise.all(names.map((authid, at) => joinAs(postmaster, authid, serializerNames[at % 3])));
  const roles = new Map<string, string>(principals);
  const all = [publisher, ...peers].map((peer, at) => {
    const authid = at === 0 ? 'alice' : (names[at - 1] as string);
    return { peer, session: peer.session, authid, authrole: roles.get(authid) as string };
  });
  for (const { peer } of all) await peer.subscribe(topic);
  return { postmaster, publisher, all };
};
type World = Awaited<ReturnType<typeof setUp>>;

interface Lists {
  readonly exclude?: readonly number[] | undefined;
  readonly exclude_authid?: readonly string[] | undefined;
  readonly exclude_authrole?: readonly string[] | undefined;
  readonly eligible?: readonly number[] | undefined;
  readonly eligible_authid?: readonly string[] | undefined;
  readonly eligible_authrole?: readonly string[] | undefined;
  readonly exclude_me?: boolean | undefined;
}

const isDefined = ([, value]: readonly [string, unknown]): boolean => value !== undefined;

/** Who the chapter says hears it: each list that is present must agree. */
const audienceOf = ({ all, publisher }: World, lists: Lists): readonly number[] =>
  all
    .filter(({ session, authid, authrole }) => {
      if (lists.exclude_me !== false && session === publisher.session) return false;
      return (
        (lists.eligible === undefined || lists.eligible.includes(session)) &&
        (lists.eligible_authid === undefined || lists.eligible_authid.includes(authid)) &&
        (lists.eligible_authrole === undefined || lists.eligible_authrole.includes(authrole)) &&
        !lists.exclude?.includes(session) &&
        !lists.exclude_authid?.includes(authid) &&
        !lists.exclude_authrole?.includes(authrole)
      );
    })
    .map(({ session }) => session);

const listenersOf = ({ all }: World, event: unknown): readonly number[] =>
  all.filter(({ peer }) => heard(peer).includes(event)).map(({ session }) => session);

/** Lists as indexes, so that a counterexample can be read; 9 and `nobody` are no peer at all. */
const listsArbitrary = fc.record({
  exclude: fc.option(fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 4, 5, 9)), { nil: undefined }),
  exclude_authid: fc.option(fc.uniqueArray(fc.constantFrom('alice', 'bob', 'nobody')), { nil: undefined, freq: 2 }),
  exclude_authrole: fc.option(fc.uniqueArray(fc.constantFrom('guest', 'staff', 'nobody')), { nil: undefined, freq: 2 }),
  eligible: fc.option(fc.uniqueArray(fc.constantFrom(0, 1, 2, 3, 4, 5, 9)), { nil: undefined, freq: 2 }),
  eligible_authid: fc.option(fc.uniqueArray(fc.constantFrom('alice', 'bob', 'carol', 'dave')), {
    nil: undefined,
    freq: 2,
  }),
  eligible_authrole: fc.option(fc.uniqueArray(fc.constantFrom('manager', 'staff', 'guest')), {
    nil: undefined,
    freq: 2,
  }),
  exclude_me: fc.option(fc.boolean(), { nil: undefined }),
});

describe('the audience of a publication', () => {
  test('with all six lists and exclude_me in any mix it is that of a naive set model', async () => {
    const world = await setUp();
    const { publisher, all } = world;
    const idOf = (at: number): number => all[at]?.session ?? 4711;
    let event = 0;
    const sizes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(listsArbitrary, async ({ exclude, eligible, ...rest }) => {
        const lists = { ...rest, exclude: exclude?.map(idOf), eligible: eligible?.map(idOf) };
        event += 1;
        const options = Object.fromEntries(Object.entries(lists).filter(isDefined));
        publisher.send(code.PUBLISH, publisher.next(), options, topic, [event]);
        await settle(...all.map(({ peer }) => peer));
        const expected = audienceOf(world, lists);
        sizes.add(expected.length);
        expect(listenersOf(world, event)).toEqual(expected);
        for (const { peer } of all) peer.received.splice(0);
      }),
      runs(300, 5_000),
    );
    // The model was put to the question: nobody, somebody and everybody were right answers.
    expect(sizes.size).toBeGreaterThan(3);
  });

  test.each(['eligible', 'eligible_authid', 'eligible_authrole'])('is nobody when %s is empty', async (name) => {
    const world = await setUp();
    await world.publisher.publish(topic, ['x'], { [name]: [], exclude_me: false });
    await settle(...world.all.map(({ peer }) => peer));
    expect(listenersOf(world, 'x')).toEqual([]);
  });

  test.each(['exclude', 'exclude_authid', 'exclude_authrole'])('is everybody when %s is empty', async (name) => {
    const world = await setUp();
    await world.publisher.publish(topic, ['x'], { [name]: [], exclude_me: false });
    await settle(...world.all.map(({ peer }) => peer));
    expect(listenersOf(world, 'x')).toHaveLength(world.all.length);
  });

  test('is bound by the lists under patterns as well', async () => {
    const world = await setUp();
    const [, , bob, carol] = world.all;
    await bob?.peer.subscribe('com.', { match: 'prefix' });
    await carol?.peer.subscribe('com.', { match: 'prefix' });
    await world.publisher.publish('com.pattern.only', ['x'], { eligible_authid: ['carol'] });
    await settle(...world.all.map(({ peer }) => peer));
    expect(listenersOf(world, 'x')).toEqual([carol?.session]);
  });

  test('never grows by being eligible: who is not subscribed hears nothing', async () => {
    const world = await setUp();
    await world.publisher.publish('com.other', ['x'], { eligible: world.all.map(({ session }) => session) });
    await settle(...world.all.map(({ peer }) => peer));
    expect(listenersOf(world, 'x')).toEqual([]);
  });
});
