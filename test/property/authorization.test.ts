/**
 * Random rules, a random authorizer, and random registrations and subscriptions of all kinds, against an oracle: no callee is
 * invoked for what it may not register, no subscriber receives what it may not subscribe to, and every peer gets what it may
 * have.
 */

import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Authorizer, PermissionRule } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { joinAs, withPrincipals } from '../support/principals.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';
import type { Heard, Invoke, Mind, Place, Published } from './authorization-oracle.ts';
import { answers, errorOf, Oracle } from './authorization-oracle.ts';
import { amount, countMessages, runs } from './settings.ts';

const uris = ['a', 'ab', 'a.b', 'a.c', 'b.b', 'b.c', 'a.b.c', 'a.a.c'] as const;
const reserved = ['wamp', 'wamp.x'] as const;
const prefixes = ['', 'a', 'a.', 'a.b', 'b', 'w', 'wamp', 'wamp.'] as const;
const wildcards = ['a.', '.b', '.', 'b.', '..c', 'a..c', 'a..', '.x', 'wamp.'] as const;
const places: readonly Place[] = [
  ...[...uris, ...reserved].map((uri) => ({ uri, match: 'exact' }) as const),
  ...prefixes.map((uri) => ({ uri, match: 'prefix' }) as const),
  ...wildcards.map((uri) => ({ uri, match: 'wildcard' }) as const),
];
const popular: readonly Place[] = [
  { uri: 'a.', match: 'prefix' },
  { uri: 'a', match: 'prefix' },
  { uri: 'a.', match: 'wildcard' },
  { uri: '.b', match: 'wildcard' },
  { uri: 'b.', match: 'wildcard' },
  { uri: 'a..c', match: 'wildcard' },
  { uri: '..c', match: 'wildcard' },
];
const histories: readonly Place[] = [
  { uri: 'a.b', match: 'exact' },
  { uri: 'a', match: 'prefix' },
  { uri: '.b', match: 'wildcard' },
];
const getEvents = 'wamp.subscription.get_events';
const principals = [
  ['first', 'some'],
  ['second', 'some'],
  ['third', 'others'],
  ['fourth', 'more'],
  ['operator', 'operator'],
] as const;
const operator = 4;
const authTimeout = 1_000;
const roleNames = ['some', 'others', 'more'] as const;

const often = <Value>(usual: fc.Arbitrary<Value>, weight: number, other: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ arbitrary: usual, weight }, { arbitrary: other, weight: 1 });
const mostly = often(fc.constant(true), 4, fc.constant(false));

const peer = fc.nat({ max: operator - 1 });
const uri = often(fc.constantFrom(...uris), 9, fc.constantFrom(...reserved));
/** Often one of a few, so that several peers are found at the same one. */
const place = often(fc.constantFrom(...popular), 2, fc.constantFrom(...places));
const invoke: fc.Arbitrary<Invoke> = often(
  fc.constantFrom<Invoke>('first', 'last'),
  1,
  fc.constantFrom<Invoke>('single', 'roundrobin', 'random'),
);
const rule: fc.Arbitrary<PermissionRule> = fc
  .tuple(place, fc.record({ call: mostly, register: mostly, publish: mostly, subscribe: mostly }, { requiredKeys: [] }))
  .map(([where, actions]) => ({ ...where, ...actions }));
const everything = { uri: '', match: 'prefix', call: true, register: true, publish: true, subscribe: true } as const;
const rules = fc
  .tuple(mostly, fc.array(rule, { maxLength: 6 }))
  .map(([isOpen, others]): PermissionRule[] => [
    ...(isOpen ? [everything] : []),
    ...others,
    { uri: getEvents, call: true },
  ]);
const answer = fc.constantFrom(...(Object.keys(answers) as (keyof typeof answers)[]));
const mind: fc.Arbitrary<Mind> = fc.func(
  fc.record({ answer: often(fc.constant('yes'), 2, answer), isLate: fc.boolean() }),
);
const request = fc.record({
  type: fc.constantFrom('publish', 'call'),
  peer,
  uri,
  isRetained: fc.boolean(),
  isForAll: fc.boolean(),
});
const subscribe = fc.record({ type: fc.constant('subscribe' as const), peer, place, wantsRetained: fc.boolean() });
const register = fc.record({ type: fc.constant('register' as const), peer, place, invoke });
/** Requests that are all under way at a time, of one peer or of several. */
const requests = fc.record({
  type: fc.constant('requests' as const),
  isOfOne: fc.boolean(),
  requests: fc.array(request, { minLength: 1, maxLength: 8 }),
});
const history = fc.record({
  type: fc.constant('history' as const),
  peer,
  at: fc.nat({ max: histories.length - 1 }),
  limit: fc.option(fc.integer({ min: 1, max: 3 })),
});
const step = fc.oneof(
  { arbitrary: subscribe, weight: 3 },
  { arbitrary: register, weight: 4 },
  { arbitrary: requests, weight: 6 },
  history,
  fc.record({ type: fc.constantFrom('unsubscribe' as const, 'unregister' as const), peer, at: fc.nat() }),
  fc.record({ type: fc.constant('forget' as const), peer: fc.option(peer) }),
  fc.record({ type: fc.constant('changeMind' as const), mind }),
  { arbitrary: fc.record({ type: fc.constant('leave' as const), peer }), weight: 1 },
);
const steps = fc
  .tuple(
    fc.array(fc.oneof(subscribe, register), { maxLength: 16, size: 'max' }),
    fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  )
  .map(([first, others]): readonly Step[] => [...first, ...others]);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;
type StepOf<Type extends Step['type']> = Extract<Step, { readonly type: Type }>;

const turn = (): Promise<void> => new Promise(setImmediate);
const show = (all: readonly Heard[]): readonly string[] => all.map((heard) => JSON.stringify(heard)).sort();
const errorIn = ([type, , , , error]: List): unknown => (type === code.ERROR ? error : undefined);
/** Rises: each publisher's events, and each caller's invocations, come in the order in which they were sent. */
const isInOrder = (all: readonly { readonly from: unknown; readonly number: number }[]): boolean =>
  all.every(({ from, number }, at) =>
    all.slice(0, at).every((earlier) => earlier.from !== from || earlier.number <= number),
  );

/** What came back, for people: a property that nobody is refused in, or nobody served, proves little. */
const seen = {
  answers: new Map<unknown, number>(),
  events: 0,
  add(answer: List): void {
    const what = errorIn(answer) ?? (answer[0] === code.RESULT ? 'RESULT' : 'PUBLISHED');
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  },
};

/** A router with its peers, beside the oracle. */
class World {
  readonly oracle: Oracle;
  readonly router: Postmaster;
  readonly peers: V2Peer[] = [];
  /** Answers of the authorizer that are not given yet. */
  readonly #late: (() => void)[] = [];
  /** Whether a question was asked that has no answer but the end of its time. */
  #isHanging = false;
  /** Which of them is given next. */
  readonly #isLastFirst: boolean;
  readonly #read: number[] = [];
  #historyIds: readonly unknown[] = [];
  #number = 0;
  #fault: string | undefined;

  constructor(roles: readonly PermissionRule[][], mind: Mind | undefined, isLastFirst: boolean) {
    this.#isLastFirst = isLastFirst;
    const roleOf = (at: number) => (roleNames as readonly string[]).indexOf(principals[at]?.[1] as string);
    this.oracle = new Oracle((at) => roles[roleOf(at)] ?? [], mind);
    this.router = new Postmaster({
      limits: { authTimeout },
      realms: [
        {
          name: 'realm1',
          ...withPrincipals(principals, Object.fromEntries(roleNames.map((name, at) => [name, roles[at] ?? []]))),
          history: histories,
          ...(mind && { authorizer: this.#authorize }),
        },
      ],
    });
  }

  readonly #authorize: Authorizer = ({ session: { authid }, action, uri, match }) => {
    const at = principals.findIndex(([name]) => name === authid);
    if (at === operator || uri === getEvents) return true;
    const asked = { uri, match };
    if (!this.oracle.isAllowedByRules(at, action, asked)) this.#fault = `asked what the rules forbid: ${action} ${uri}`;
    if (this.oracle.remembered(at, action, asked)) this.#fault = `asked again: ${authid} ${action} ${match} ${uri}`;
    const { answer, isLate } = (this.oracle.mind as Mind)(at, action, uri, match);
    if (answer === 'never') {
      this.#isHanging = true;
      return new Promise(() => {});
    }
    const give = (): unknown => {
      const { value } = answers[answer];
      this.oracle.answered(at, action, asked, answer);
      if (answer === 'exception') throw new Error('the authorizer is out of order');
      return value;
    };
    if (!isLate) return give();
    return new Promise((resolve, reject) => {
      this.#late.push(() => {
        try {
          resolve(give());
        } catch (error) {
          reject(error);
        }
      });
    });
  };

  async start(): Promise<this> {
    for (const at of principals.keys()) await this.join(at);
    const ids = histories.map(({ uri, match }) =>
      this.#peer(operator).call('wamp.subscription.lookup', [uri, { match }]),
    );
    this.#historyIds = (await Promise.all(ids)).map((reply) => (reply[3] as List)[0]);
    return this;
  }

  /** Lets a peer come (back). It answers each call with its own number. */
  async join(at: number): Promise<void> {
    const joined = await joinAs(this.router, principals[at]?.[0] as string);
    this.peers[at] = joined;
    this.#read[at] = joined.received.length;
    const serve = async (): Promise<void> => {
      for (;;) {
        const [, invocation] = await joined.take(code.INVOCATION);
        joined.send(code.YIELD, invocation, {}, [at]);
      }
    };
    serve().catch(() => {});
  }

  #peer(at: number): V2Peer {
    return this.peers[at] as V2Peer;
  }

  /** Sends a request; the answer is in `settle`. */
  #ask(at: number, ...message: readonly [number, ...List]): Promise<List> {
    countMessages();
    return this.#peer(at).ask(...message);
  }

  /** Gives the late answers of the authorizer one after the other, until nothing follows from them any more. */
  async #settle(...asked: readonly Promise<List>[]): Promise<readonly List[]> {
    let replies: readonly List[] | undefined;
    const answered = Promise.all(asked).then((all) => {
      replies = all;
    });
    // Whoever ends the world while one is open is told so below.
    answered.catch(() => {});
    for (let idle = 0; idle < 6; idle += 1) {
      await turn();
      const give = this.#isLastFirst ? this.#late.pop() : this.#late.shift();
      give?.();
      if (give) idle = -1;
      if (idle < 5 || !this.#isHanging) continue;
      this.#isHanging = false;
      vi.advanceTimersByTime(authTimeout);
      idle = -1;
    }
    expect(this.#fault).toBeUndefined();
    if (!replies) throw new Error('a request has no answer');
    return replies;
  }

  /** What each peer has received since it was asked last. */
  #received(at: number): readonly List[] {
    const { received } = this.#peer(at);
    const fresh = received.slice(this.#read[at]);
    this.#read[at] = received.length;
    return fresh;
  }

  /** Compares what peers heard with what they must have heard, to the last event, and who was invoked with who had to be. */
  #expectHeard(expected: HeardBy): void {
    for (let at = 0; at < operator; at += 1) {
      const all = this.#received(at);
      const events = all.flatMap((message) => (message[0] === code.EVENT ? [heardOf(message)] : []));
      const heard = events.filter(({ topic }) => !topic?.startsWith('wamp.'));
      seen.events += heard.length;
      for (const { topic = '' } of events)
        if (topic !== '') expect([topic, this.oracle.mayReceive(at, topic)]).toEqual([topic, true]);
      expect([at, show(heard)]).toEqual([at, show(expected(at))]);
      const live = heard.filter(({ isRetained }) => !isRetained);
      expect(isInOrder(live.map(({ publisher, number }) => ({ from: publisher, number })))).toBe(true);
      const calls = all.flatMap(([type, , , , args]) => (type === code.INVOCATION ? [args as readonly number[]] : []));
      expect(isInOrder(calls.map(([from, number = 0]) => ({ from, number })))).toBe(true);
    }
  }

  async subscribe({ peer: at, place: wanted, wantsRetained }: StepOf<'subscribe'>): Promise<HeardBy> {
    const error = errorOf(this.oracle.decide(at, 'subscribe', wanted));
    const options = { match: wanted.match, get_retained: wantsRetained };
    const [reply = []] = await this.#settle(this.#ask(at, code.SUBSCRIBE, options, wanted.uri));
    expect(errorIn(reply)).toBe(error);
    if (!error) this.oracle.subscribe(at, wanted, reply[2]);
    const retained = error || !wantsRetained ? [] : this.oracle.retainedFor(at, wanted, reply[2]);
    return (hearer) => (hearer === at ? retained : []);
  }

  async unsubscribe({ peer: at, at: which }: StepOf<'unsubscribe' | 'unregister'>): Promise<void> {
    const held = this.oracle.subscriptionsOf(at);
    const id = held[which % held.length]?.id;
    if (id === undefined) return;
    const [reply = []] = await this.#settle(this.#ask(at, code.UNSUBSCRIBE, id));
    expect(reply[0]).toBe(code.UNSUBSCRIBED);
    this.oracle.unsubscribe(at, id);
  }

  async register({ peer: at, place: { uri, match }, invoke }: StepOf<'register'>): Promise<void> {
    const error = this.oracle.registerError(at, { uri, match }, invoke);
    const [reply = []] = await this.#settle(this.#ask(at, code.REGISTER, { match, invoke }, uri));
    expect(errorIn(reply)).toBe(error);
    if (!error) this.oracle.register(at, { uri, match }, invoke, reply[2]);
  }

  async unregister({ peer: at, at: which }: StepOf<'unsubscribe' | 'unregister'>): Promise<void> {
    const held = this.oracle.registrationsOf(at);
    const id = held[which % held.length]?.id;
    if (id === undefined) return;
    const [reply = []] = await this.#settle(this.#ask(at, code.UNREGISTER, id));
    expect(reply[0]).toBe(code.UNREGISTERED);
    this.oracle.unregister(at, id);
  }

  async requests({ isOfOne, requests }: StepOf<'requests'>): Promise<HeardBy> {
    const events: Heard[][] = principals.map(() => []);
    const isExpected = requests.map((one) => {
      const at = isOfOne ? (requests[0] as Request).peer : one.peer;
      this.#number += 1;
      return one.type === 'call'
        ? this.#call(at, one)
        : this.#publish(at, { ...one, isRetained: isOfOne && one.isRetained }, events);
    });
    const replies = await this.#settle(...isExpected.map(({ reply }) => reply));
    for (const [at, { check }] of isExpected.entries()) check(replies[at] as List);
    return (at) => events[at] as Heard[];
  }

  #call(at: number, { uri }: Request): Asked {
    const expected = this.oracle.call(at, uri);
    const reply = this.#ask(at, code.CALL, {}, uri, [at, this.#number]);
    const check = (answer: List): void => {
      seen.add(answer);
      if (typeof expected === 'string') expect([uri, errorIn(answer)]).toEqual([uri, expected]);
      else expect(expected).toContain((answer[3] as List)?.[0] ?? answer);
    };
    return { reply, check };
  }

  #publish(at: number, { uri, isRetained, isForAll }: Request, events: readonly Heard[][]): Asked {
    const publication: Published = { topic: uri, number: this.#number, publisher: at, isForAll };
    const error = this.oracle.publish(publication, isRetained);
    if (!error) for (const hearer of events.keys()) events[hearer]?.push(...this.oracle.heardBy(hearer, publication));
    const options = { acknowledge: true, exclude_me: !isForAll, retain: isRetained };
    const reply = this.#ask(at, code.PUBLISH, options, uri, [at, this.#number]);
    const check = (answer: List): void => {
      seen.add(answer);
      expect([uri, errorIn(answer)]).toEqual([uri, error]);
    };
    return { reply, check };
  }

  async history({ peer: at, at: which, limit }: StepOf<'history'>): Promise<void> {
    const query = limit === null ? {} : { limit };
    const [reply = []] = await this.#settle(this.#ask(at, code.CALL, {}, getEvents, [this.#historyIds[which]], query));
    // The answer about the pattern may have settled what is under it.
    const expected = this.oracle.history(at, histories[which] as Place);
    if (typeof expected === 'string') {
      expect(errorIn(reply)).toBe(expected);
      return;
    }
    const numbers = ((reply[3] ?? []) as { args: readonly number[] }[]).map(({ args }) => args[1]);
    // Publications that were under way at a time may stand there in any order.
    expect(numbers).toHaveLength(Math.min(expected.length, limit ?? expected.length));
    expect(expected).toEqual(expect.arrayContaining(numbers));
    expect(new Set(numbers).size).toBe(numbers.length);
  }

  async forget({ peer: at }: StepOf<'forget'>): Promise<void> {
    this.oracle.forget(at ?? undefined);
    this.router.forgetAuthorizations(at === null ? {} : { session: this.#peer(at).session });
  }

  async changeMind({ mind }: StepOf<'changeMind'>): Promise<void> {
    if (this.oracle.mind) this.oracle.mind = mind;
  }

  async leave({ peer: at }: StepOf<'leave'>): Promise<void> {
    await this.#peer(at).close();
    this.oracle.leave(at);
    await this.join(at);
    await this.#settle();
  }

  async do(one: Step): Promise<void> {
    const heardBy: HeardBy | undefined = (await this[one.type](one as never)) ?? undefined;
    this.#expectHeard(heardBy ?? (() => []));
  }

  async end(): Promise<void> {
    for (const peer of this.peers) await peer.close();
    await this.router.close({ drain: 0 });
  }
}

/** What each peer has to hear. */
type HeardBy = (at: number) => readonly Heard[];

interface Asked {
  readonly reply: Promise<List>;
  readonly check: (reply: List) => void;
}

const heardOf = ([, subscription, , details, args]: List): Heard => {
  const { topic, retained = false } = (details ?? {}) as { readonly topic?: string; readonly retained?: boolean };
  const [publisher = 0, number = 0] = args as readonly number[];
  return { subscription, topic, number, publisher, isRetained: retained };
};

test('nobody is invoked for or hears what it may not, and whoever may is served', {
  timeout: amount(60_000, 1_800_000),
}, async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(rules, rules, rules),
      fc.option(mind, { freq: 8, nil: undefined }),
      fc.boolean(),
      steps,
      async (roles, mind, isLastFirst, steps) => {
        const world = await new World(roles, mind, isLastFirst).start();
        try {
          for (const one of steps) await world.do(one);
        } finally {
          await world.end();
        }
      },
    ),
    runs(120, 6_000),
  );
  const { events, answers: all } = seen;
  process.stdout.write(`property: authorization: ${JSON.stringify({ events, ...Object.fromEntries(all) })}\n`);
});
