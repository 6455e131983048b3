import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { serializerNames } from '../../src/codec/serializers.ts';
import type { Authorizer } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { createPatient, isAboutTopic } from '../support/patient.ts';
import { joinAs, settle, withPrincipals } from '../support/principals.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { connectV2RawSocket } from '../support/v2-rawsocket.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

// Advanced Profile, "Event History"

const log = 'com.mycompany.log';
const history = [{ uri: `${log}.auth` }, { uri: `${log}.basket` }, { uri: log, match: 'prefix' }] as const;

interface Kept {
  readonly timestamp: string;
  readonly subscription: number;
  readonly publication: number;
  readonly details: unknown;
  readonly args?: List;
  readonly kwargs?: unknown;
}

const idOf = async (peer: V2Peer, uri: string, match = 'exact'): Promise<number> =>
  ((await peer.call('wamp.subscription.lookup', [uri, { match }]))[3] as List)[0] as number;
const ask = (peer: V2Peer, subscription: number, query = {}): Promise<List> =>
  peer.call('wamp.subscription.get_events', [subscription], {}, query);
const getEvents = async (peer: V2Peer, subscription: number, query = {}): Promise<readonly Kept[]> =>
  ((await ask(peer, subscription, query))[3] ?? []) as readonly Kept[];
const firsts = (events: readonly Kept[]): unknown[] => events.map(({ args }) => args?.[0]);

describe.each(serializerNames)('event_history in %s', (serializer) => {
  test.each([
    [history, true],
    [[], undefined],
  ])('is announced where the realm keeps one: %j', async (kept, expected) => {
    const { welcome } = await joinV2(createV2Router({ history: kept }), {}, serializer);
    const { broker } = welcome.roles as { broker: { features: Record<string, boolean> } };
    expect(broker.features.event_history).toBe(expected);
    expect(broker.features.event_retention).toBe(true);
  });
});

describe('the history of a subscription', () => {
  test('is that of the chapter: 1 has publication 1, 2 has 2 to 4, 3 has all', async () => {
    const postmaster = createV2Router({ history });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'msgpack')];
    const ids = [];
    for (const [at, part] of ['auth', 'basket', 'basket', 'basket', 'checkout'].entries()) {
      ids.push((await publisher.publish(`${log}.${part}`, [at + 1], {}, { part }))[2]);
    }
    const [auth, basket, all] = [
      await idOf(reader, `${log}.auth`),
      await idOf(reader, `${log}.basket`),
      await idOf(reader, log, 'prefix'),
    ];
    expect(firsts(await getEvents(reader, auth))).toEqual([1]);
    expect(firsts(await getEvents(reader, basket))).toEqual([2, 3, 4]);
    const events = await getEvents(reader, all);
    expect(events.map(({ publication }) => publication)).toEqual(ids);
    expect(events[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      subscription: all,
      publication: ids[0],
      details: { topic: `${log}.auth` },
      args: [1],
      kwargs: { part: 'auth' },
    });
    // A subscriber is given the same id as the one that the history was asked under.
    expect(await reader.subscribe(log, { match: 'prefix' })).toBe(all);
  });

  test('leaves out a payload that is missing, and tells who published and how it is packed', async () => {
    const postmaster = createV2Router({ history });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster)];
    publisher.send(code.PUBLISH, publisher.next(), { disclose_me: true, ppt_scheme: 'mqtt' }, `${log}.auth`);
    await settle(publisher);
    const [event] = await getEvents(reader, await idOf(reader, `${log}.auth`));
    expect(Object.keys(event ?? {})).toEqual(['timestamp', 'subscription', 'publication', 'details']);
    expect(event?.details).toMatchObject({ ppt_scheme: 'mqtt', publisher: publisher.session });
  });

  test('of a subscription that the router keeps none of is empty', async () => {
    const peer = await joinV2(createV2Router({ history }));
    const id = await peer.subscribe('com.other');
    await peer.publish('com.other', [1], { exclude_me: false });
    expect(await getEvents(peer, id)).toEqual([]);
    expect(errorOf(await ask(peer, 4711))).toBe('wamp.error.no_such_subscription');
  });

  test('is bounded in number and size, the oldest go first', async () => {
    const bounded = [
      { uri: 'com.few', limit: 2 },
      { uri: 'com.small', maxSize: 3_000 },
    ];
    const postmaster = createV2Router({ history: bounded });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster)];
    for (const at of [1, 2, 3, 4]) {
      await publisher.publish('com.few', [at]);
      await publisher.publish('com.small', [at, 'x'.repeat(1_000)]);
    }
    expect(firsts(await getEvents(reader, await idOf(reader, 'com.few')))).toEqual([3, 4]);
    const small = firsts(await getEvents(reader, await idOf(reader, 'com.small')));
    expect(small.at(-1)).toBe(4);
    expect(small).not.toContain(1);
  });

  test('does without an event that is larger than all of it may be, or contains itself', async () => {
    const postmaster = createV2Router({ history: [{ uri: 'com.small', maxSize: 3_000 }] });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster)];
    const endless: unknown[] = [];
    endless.push(endless);
    await publisher.publish('com.small', ['before']);
    postmaster.publishEvent('com.small', endless);
    await publisher.publish('com.small', ['large', 'x'.repeat(3_000)]);
    await publisher.publish('com.small', ['after']);
    expect(firsts(await getEvents(reader, await idOf(reader, 'com.small')))).toEqual(['before', 'after']);
  });
});

describe('wamp.subscription.get_events', () => {
  const start = Date.parse('2030-01-01T00:00:00.000Z');
  const at = (second: number): string => new Date(start + second * 1_000).toISOString();

  /** Events 1 to 5, one a second, on two topics in turn; the clock jumps back before the last. */
  const setUp = async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const postmaster = createV2Router({ history });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster)];
    const publications = [0];
    for (const [event, second] of [1, 2, 3, 4, 0].entries()) {
      vi.setSystemTime(start + second * 1_000);
      const topic = event % 2 === 0 ? `${log}.auth` : `${log}.basket`;
      publications.push((await publisher.publish(topic, [event + 1]))[2] as number);
    }
    return { reader, id: await idOf(reader, log, 'prefix'), publications };
  };

  const queries = [
    [{}, [1, 2, 3, 4, 5]],
    [{ reverse: true }, [5, 4, 3, 2, 1]],
    [{ reverse: false }, [1, 2, 3, 4, 5]],
    [{ limit: 2 }, [1, 2]],
    [{ limit: 2, reverse: true }, [5, 4]],
    [{ limit: 100 }, [1, 2, 3, 4, 5]],
    [{ from_time: at(2) }, [2, 3, 4]],
    [{ after_time: at(2) }, [3, 4]],
    [{ before_time: at(2) }, [1, 5]],
    [{ until_time: at(2) }, [1, 2, 5]],
    [{ from_time: '2030-01-01T01:00:02+01:00' }, [2, 3, 4]],
    [{ topic: `${log}.auth` }, [1, 3, 5]],
    [{ topic: 'com.none' }, []],
    [{ topic: `${log}.auth`, after_time: at(1), limit: 1 }, [3]],
    [{ from_time: at(2), until_time: at(3), reverse: true }, [3, 2]],
  ] as const;
  test.each(queries)('with %j finds %j', async (query, expected) => {
    const { reader, id } = await setUp();
    expect(firsts(await getEvents(reader, id, query))).toEqual(expected);
  });

  const byPublication = [
    ['from_publication', 3, [3, 4, 5]],
    ['after_publication', 3, [4, 5]],
    ['before_publication', 3, [1, 2]],
    ['until_publication', 3, [1, 2, 3]],
  ] as const;
  test.each(byPublication)('with %s of event %i finds %j: arrival counts, not ids', async (name, event, expected) => {
    const { reader, id, publications } = await setUp();
    expect(firsts(await getEvents(reader, id, { [name]: publications[event] }))).toEqual(expected);
    expect(firsts(await getEvents(reader, id, { [name]: publications[event], reverse: true }))).toEqual(
      expected.toReversed(),
    );
    expect(await getEvents(reader, id, { [name]: 4711 })).toEqual([]);
  });

  test('pages through all of it, forwards and backwards', async () => {
    const { reader, id } = await setUp();
    for (const reverse of [false, true]) {
      const found: Kept[] = [];
      for (;;) {
        const last = found.at(-1)?.publication;
        const bound = last === undefined ? {} : { [reverse ? 'before_publication' : 'after_publication']: last };
        const page = await getEvents(reader, id, { limit: 2, reverse, ...bound });
        if (page.length === 0) break;
        found.push(...page);
      }
      expect(firsts(found)).toEqual(reverse ? [5, 4, 3, 2, 1] : [1, 2, 3, 4, 5]);
    }
  });

  test('answers each event as an argument of its own, and none with no arguments', async () => {
    const { reader, id } = await setUp();
    const [, , , args] = await ask(reader, id);
    expect(args).toHaveLength(5);
    expect(firsts(args as readonly Kept[])).toEqual([1, 2, 3, 4, 5]);
    expect(await ask(reader, id, { topic: 'com.other' })).toEqual([code.RESULT, expect.any(Number), {}]);
  });

  test('takes the limit by position as well, where it is refused like the one by name', async () => {
    const { reader, id } = await setUp();
    const [, , , args] = await reader.call('wamp.subscription.get_events', [id, 2], {}, { reverse: true });
    expect(firsts(args as readonly Kept[])).toEqual([5, 4]);
    const [, , , all] = await reader.call('wamp.subscription.get_events', [id, null]);
    expect(all).toHaveLength(5);
    const answer = await reader.call('wamp.subscription.get_events', [id, 0]);
    expect(errorOf(answer)).toBe('wamp.error.invalid_argument');
  });

  test('takes the subscription by name', async () => {
    const { reader, id } = await setUp();
    const [, , , args] = await reader.call('wamp.subscription.get_events', [], {}, { subscription: id, limit: 1 });
    expect(firsts(args as readonly Kept[])).toEqual([1]);
  });

  test.each([
    { limit: 0 },
    { limit: -1 },
    { limit: 1.5 },
    { limit: '2' },
    { reverse: 1 },
    { from_time: 'yesterday' },
    { until_time: 17 },
    { after_publication: 'x' },
    { topic: 17 },
  ])('with %j is refused', async (query) => {
    const { reader, id } = await setUp();
    expect(errorOf(await ask(reader, id, query))).toBe('wamp.error.invalid_argument');
  });
});

describe('what is not for everybody', () => {
  const principals = [
    ['alice', 'manager'],
    ['bob', 'staff'],
    ['eve', 'nobody'],
  ] as const;
  const nobody = [
    { uri: 'wamp.', match: 'prefix', call: true },
    { uri: log, match: 'prefix', publish: true },
  ] as const;

  test('is found in the history by those whom it was meant for', async () => {
    const postmaster = createV2Router({ ...withPrincipals(principals, { nobody }), history });
    const eve = await joinAs(postmaster, 'eve');
    const topic = `${log}.auth`;
    await eve.publish(topic, ['managers'], { eligible_authrole: ['manager'] });
    await eve.publish(topic, ['not bob'], { exclude_authid: ['bob'] });
    await eve.publish(topic, ['nobody'], { eligible_authid: [] });
    await eve.publish(topic, ['all']);
    const [alice, bob] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'bob')];
    const id = await idOf(alice, topic);
    expect(firsts(await getEvents(alice, id))).toEqual(['managers', 'not bob', 'all']);
    expect(firsts(await getEvents(bob, id))).toEqual(['all']);
    // A limit counts what is found.
    expect(firsts(await getEvents(bob, id, { limit: 1 }))).toEqual(['all']);
  });

  test.each(['exclude', 'eligible'])('is not kept at all when it was addressed by %s', async (name) => {
    const postmaster = createV2Router({ history });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster)];
    const sessions = name === 'eligible' ? [reader.session] : [publisher.session];
    await publisher.publish(`${log}.auth`, ['some'], { [name]: sessions });
    await publisher.publish(`${log}.auth`, ['all']);
    expect(firsts(await getEvents(reader, await idOf(reader, `${log}.auth`)))).toEqual(['all']);
  });

  test('is refused to whoever may not subscribe', async () => {
    const postmaster = createV2Router({ ...withPrincipals(principals, { nobody }), history });
    const [alice, eve] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'eve')];
    for (const id of [await idOf(alice, `${log}.auth`), await idOf(alice, log, 'prefix')]) {
      expect(errorOf(await ask(eve, id))).toBe('wamp.error.not_authorized');
    }
  });

  test('is refused to whoever the authorizer does not let subscribe', async () => {
    const authorizer = async ({ action, session }: { action: string; session: { authid: string | null } }) =>
      !(action === 'subscribe' && session.authid === 'bob');
    const postmaster = createV2Router({ ...withPrincipals(principals), history, authorizer });
    const [alice, bob] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'bob')];
    await alice.publish(`${log}.auth`, ['x'], { exclude_me: false });
    const id = await idOf(alice, `${log}.auth`);
    expect(errorOf(await bob.ask(code.SUBSCRIBE, {}, `${log}.auth`))).toBe('wamp.error.not_authorized');
    expect(errorOf(await ask(bob, id))).toBe('wamp.error.not_authorized');
    expect(firsts(await getEvents(alice, id))).toEqual(['x']);
  });

  test('under a pattern is left out where its topic may not be subscribed to', async () => {
    const staff = [...everythingAndMeta, { uri: `${log}.auth`, subscribe: false }];
    const postmaster = createV2Router({ ...withPrincipals(principals, { staff }), history });
    const [alice, bob] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'bob')];
    for (const part of ['auth', 'basket']) await alice.publish(`${log}.${part}`, [part], { exclude_me: false });
    const id = await idOf(alice, log, 'prefix');
    expect(firsts(await getEvents(alice, id))).toEqual(['auth', 'basket']);
    expect(firsts(await getEvents(bob, id))).toEqual(['basket']);
  });
});

// Advanced Profile, "Authorization"
describe('the history of a pattern, where an authorizer decides', () => {
  const setUpAuthorizer = async (authorizer: Authorizer) => {
    const postmaster = createV2Router({
      ...withPrincipals([
        ['publisher', 'root'],
        ['reader', 'root'],
      ]),
      authorizer,
      history,
    });
    const publisher = await joinAs(postmaster, 'publisher');
    for (const [at, part] of ['auth', 'basket', 'secret', 'auth', 'basket'].entries()) {
      await publisher.publish(`${log}.${part}`, [at + 1]);
    }
    const reader = await joinAs(postmaster, 'reader');
    return {
      postmaster,
      publisher,
      reader,
      all: await idOf(reader, log, 'prefix'),
      auth: await idOf(reader, `${log}.auth`),
    };
  };
  const refusesSecret: Authorizer = ({ action, uri }) => action !== 'subscribe' || !uri.endsWith('.secret');

  test.each<[string, Authorizer]>([
    ['at once', refusesSecret],
    ['in its time', async (request) => refusesSecret(request)],
  ])('leaves out the topics that it refuses %s to the reader, which is asked about each once', async (_, decide) => {
    const authorizer = vi.fn(decide);
    const { postmaster, reader, all } = await setUpAuthorizer(authorizer);
    expect(firsts(await getEvents(reader, all))).toEqual([1, 2, 4, 5]);
    // The limit counts what may be heard.
    expect(firsts(await getEvents(reader, all, { limit: 3 }))).toEqual([1, 2, 4]);
    expect(firsts(await getEvents(reader, all, { limit: 3, reverse: true }))).toEqual([5, 4, 2]);
    expect(firsts(await getEvents(reader, all, { topic: `${log}.secret` }))).toEqual([]);
    const asked = authorizer.mock.calls.map(([request]) => request).filter(isAboutTopic);
    expect(asked.map(({ uri }) => uri)).toEqual([`${log}.auth`, `${log}.basket`, `${log}.secret`]);
    expect(postmaster.stats().counters.subscribe_denied).toBe(0);
  });

  test('asks once for each topic and query where the answers are for this time only, and of an exact topic once', async () => {
    const authorizer = vi.fn<Authorizer>(({ action }) => action !== 'subscribe' || { allow: true, cache: false });
    const { reader, all, auth } = await setUpAuthorizer(authorizer);
    const asked = () => authorizer.mock.calls.filter(([request]) => isAboutTopic(request)).length;
    await getEvents(reader, all, { topic: `${log}.basket` });
    expect(asked()).toBe(1);
    await getEvents(reader, all);
    expect(asked()).toBe(4);
    expect(firsts(await getEvents(reader, auth))).toEqual([1, 4]);
    expect(asked()).toBe(5);
  });

  test('is not asked about where the answer about the pattern covers', async () => {
    const authorizer = vi.fn<Authorizer>(({ action }) => action !== 'subscribe' || { allow: true, covers: true });
    const { reader, all } = await setUpAuthorizer(authorizer);
    expect(firsts(await getEvents(reader, all))).toEqual([1, 2, 3, 4, 5]);
    expect(authorizer.mock.calls.filter(([request]) => isAboutTopic(request))).toEqual([]);
  });

  test('keeps nobody waiting but whoever asked for it, and is void when that one has left', async () => {
    const { authorizer, asked, questions } = createPatient(isAboutTopic);
    const { postmaster, publisher, reader, all } = await setUpAuthorizer(authorizer);
    const request = reader.next();
    reader.send(code.CALL, request, {}, 'wamp.subscription.get_events', [all]);
    await asked(3);
    await settle(reader, publisher);
    for (const { answer } of questions.slice(0, 2)) answer(true);
    await settle(reader, publisher);
    expect(reader.untaken(code.RESULT)).toEqual([]);
    await reader.close();
    await vi.waitFor(() => expect(postmaster.stats().sessions).toBe(1));
    expect(postmaster.stats()).toMatchObject({ timers: 0, pendingCalls: 0, counters: { internal_error: 0 } });
  });
});

describe('a history that is larger than one answer', () => {
  const large = 'x'.repeat(30_000);
  const setUp = async () => {
    const postmaster = createV2Router({ history: [{ uri: log }] }, { limits: { maxMessageSize: 100_000 } });
    const [publisher, reader] = [await joinV2(postmaster), await joinV2(postmaster, {}, 'cbor')];
    for (const at of [1, 2, 3, 4, 5]) await publisher.publish(log, [at, large]);
    return { postmaster, reader, id: await idOf(reader, log) };
  };
  /** The first arguments of the events of each answer, until no more are there. */
  const pages = async (reader: V2Peer, id: number, reverse: boolean): Promise<unknown[]> => {
    const found: unknown[] = [];
    for (let query = {}; ; ) {
      const [, , , events, kwargs] = (await ask(reader, id, { ...query, reverse })) as [
        0,
        0,
        0,
        readonly Kept[],
        object?,
      ];
      found.push(firsts(events));
      if (kwargs === undefined) return found;
      expect(kwargs).toEqual({ more: true });
      const { publication } = events.at(-1) as Kept;
      query = reverse ? { before_publication: publication } : { after_publication: publication };
    }
  };

  test('comes in answers that say where more is there, in both directions', async () => {
    const { reader, id } = await setUp();
    expect(await pages(reader, id, false)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(await pages(reader, id, true)).toEqual([
      [5, 4, 3],
      [2, 1],
    ]);
  });

  test('says nothing of more where the limit ends it', async () => {
    const { reader, id } = await setUp();
    expect((await ask(reader, id, { limit: 3 })).slice(4)).toEqual([]);
    expect((await ask(reader, id, { limit: 4 })).slice(4)).toEqual([{ more: true }]);
  });

  test('comes one by one where each is larger than an answer should be', async () => {
    const { reader, id } = await setUp();
    await reader.publish(log, ['largest', 'x'.repeat(99_900)]);
    expect(await pages(reader, id, true)).toEqual([['largest'], [5, 4, 3], [2, 1]]);
  });

  test('comes whole to a session in this process', async () => {
    const { postmaster, id } = await setUp();
    const session = postmaster.session({ permissions: everythingAndMeta });
    const { args, kwargs } = await session.call('wamp.subscription.get_events', [id]);
    expect([firsts(args as readonly Kept[]), kwargs]).toEqual([[1, 2, 3, 4, 5], undefined]);
  });

  test('comes in answers that a RawSocket peer takes', async () => {
    const postmaster = createV2Router({ history: [{ uri: log }] });
    const publisher = await joinV2(postmaster);
    for (const at of [1, 2, 3, 4, 5]) await publisher.publish(log, [at, large]);
    const { port = 0 } = await postmaster.listenRawSocket({ port: 0 });
    // It takes 64 KiB.
    const reader = await connectV2RawSocket(port, { length: 7 });
    await reader.hello();
    expect(await pages(reader, await idOf(reader, log), false)).toEqual([[1, 2], [3, 4], [5]]);
  });
});
