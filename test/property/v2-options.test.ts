/**
 * Every option of every message of WAMP v2 with values of every kind, in each serializer. The router treats the message as
 * the oracle says, a session ends only where PROTOCOL.md says so, and all other peers are served after each.
 */

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { allRoles, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';
import { amount, countMessages, runs } from './settings.ts';
import type { Outcome } from './v2-options-oracle.ts';
import { outcomeOf, rules } from './v2-options-oracle.ts';

type Options = Readonly<Record<string, unknown>>;

/** One message with one option. */
interface Case {
  readonly message: string;
  /** Empty: the value stands in the place of the options. */
  readonly name: string;
  readonly value: unknown;
}

const values: readonly unknown[] = [
  null,
  undefined,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  60_000,
  2 ** 31,
  2 ** 53,
  2n ** 60n,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  ' ',
  'x_scheme',
  'exact',
  'prefix',
  'wildcard',
  'skip',
  'kill',
  'killnowait',
  'roundrobin',
  'first',
  'constructor',
  '2026-01-01T00:00:00Z',
  'x'.repeat(2_000),
  new Uint8Array([1, 2]),
  [],
  [60_000],
  [-1],
  ['a'],
  ['a', 1],
  [null],
  [[]],
  {},
  { a: null },
  { caller: {} },
  { features: { call_canceling: 'yes' } },
  { a: { b: [{}] } },
];
const unknownNames = ['', '_custom', 'x', 'constructor', 'toString', '__proto__'];
const messages = Object.keys(rules);
const cases: fc.Arbitrary<Case> = fc.constantFrom(...messages).chain((message) =>
  fc.record({
    message: fc.constant(message),
    name: fc.constantFrom(...Object.keys(rules[message] ?? {}), ...unknownNames),
    value: fc.constantFrom(...values),
  }),
);

/** What a callee answers to every invocation of a procedure, until its link is closed. */
const answer = async (callee: V2Peer, procedure: string, result: number): Promise<void> => {
  const registration = await callee.register(procedure);
  const serve = async (): Promise<void> => {
    for (;;) {
      const [, invocation] = await callee.take(([type, , id]) => type === code.INVOCATION && id === registration);
      callee.send(code.YIELD, invocation, {}, [result]);
    }
  };
  serve().catch(() => {});
};

/** Peers that have no part in it, but are at the other end of what the sender asks for. */
const joinBystanders = async (postmaster: Postmaster) => {
  const join = (realm?: string): Promise<V2Peer> => joinV2(postmaster, {}, 'json', realm);
  const [caller, callee, subscriber, other] = [await join(), await join(), await join(), await join('realm2')];
  await answer(callee, 'test.add', 3);
  await answer(other, 'test.add', 4);
  const held = await callee.register('test.held');
  await subscriber.subscribe('test.topic');
  return { caller, callee, subscriber, other, held, all: [caller, callee, subscriber, other] };
};
type Bystanders = Awaited<ReturnType<typeof joinBystanders>>;

const expectServed = async ({ caller, subscriber, other }: Bystanders): Promise<void> => {
  expect((await caller.call('test.add'))[3]).toEqual([3]);
  expect((await other.call('test.add'))[3]).toEqual([4]);
  await caller.publish('test.topic', ['served']);
  await subscriber.take(([type, , , , args]) => type === code.EVENT && (args as List)[0] === 'served');
};

/** What one message does, told by what comes back. */
interface Attempt {
  readonly postmaster: Postmaster;
  readonly bystanders: Bystanders;
  readonly sender: V2Peer;
  readonly serializer: SerializerName;
  readonly name: string;
  readonly value: unknown;
  /** The value as an option, or in the place of them all. */
  readonly options: unknown;
}

const read = ([type, , , , error]: List): Outcome =>
  type !== code.ERROR ? 'done' : error === 'wamp.error.invalid_argument' ? 'refused' : (error as Outcome);
const dropped = ({ postmaster }: Attempt): number => postmaster.stats().counters.request_dropped;

const publishQuietly = async (attempt: Attempt): Promise<Outcome> => {
  const { sender, options } = attempt;
  const before = dropped(attempt);
  sender.send(code.PUBLISH, sender.next(), options, 'test.topic', ['sent']);
  await sender.barrier();
  return dropped(attempt) > before ? 'dropped' : 'done';
};

/** A call of the sender that its callee holds: the ids of the call and of the invocation. */
const hold = async (
  { sender, bystanders: { callee, held } }: Attempt,
  options: Options,
): Promise<[number, unknown]> => {
  const id = sender.next();
  // Later parts have no arguments: what a callee was told of them is not taken for the call that follows.
  const name = `${sender.session}:${id}`;
  sender.send(code.CALL, id, options, 'test.held', [name]);
  const [, invocation] = await callee.take(
    ([type, , registration, , args]) =>
      type === code.INVOCATION && registration === held && (args as List)?.[0] === name,
  );
  return [id, invocation];
};

const metaCall =
  (args: (attempt: Attempt) => List | Promise<List>, kwargs: (options: unknown) => unknown = (options) => options) =>
  async (attempt: Attempt, procedure: string): Promise<Outcome> =>
    read(await attempt.sender.ask(code.CALL, {}, procedure, await args(attempt), kwargs(attempt.options)));
const addTestament = metaCall(
  () => ['test.topic'],
  (options) => ({ publish_options: options }),
);

const open = ({ postmaster, serializer }: Attempt): V2Peer => connectV2InMemory(postmaster, serializer);

const begun = ([type, , reason]: List): Outcome =>
  type !== code.ABORT ? 'done' : reason === 'wamp.error.protocol_violation' ? 'aborted' : (reason as Outcome);

const attempts: Readonly<Record<string, (attempt: Attempt, message: string) => Promise<Outcome>>> = {
  PUBLISH: async (attempt) => {
    const { sender, name, options } = attempt;
    if (name === 'acknowledge' || name === '') {
      const outcome = await publishQuietly(attempt);
      return outcome === 'dropped' ? 'refused' : outcome;
    }
    return read(await sender.ask(code.PUBLISH, { acknowledge: true, ...(options as Options) }, 'test.topic', ['sent']));
  },
  'PUBLISH without acknowledge': publishQuietly,
  SUBSCRIBE: async ({ sender, options }) => {
    const reply = await sender.ask(code.SUBSCRIBE, options, 'test.own');
    if (reply[0] === code.SUBSCRIBED) await sender.ask(code.UNSUBSCRIBE, reply[2]);
    return read(reply);
  },
  REGISTER: async ({ sender, options }) => {
    const reply = await sender.ask(code.REGISTER, options, 'test.own');
    if (reply[0] === code.REGISTERED) await sender.ask(code.UNREGISTER, reply[2]);
    return read(reply);
  },
  CALL: async ({ sender, options }) => read(await sender.ask(code.CALL, options, 'test.add')),
  'CALL, a later part': async (attempt) => {
    const { sender, name, options, bystanders } = attempt;
    const [id, invocation] = await hold(attempt, { progress: true });
    const isOther = name !== '' && name !== 'progress';
    sender.send(code.CALL, id, isOther ? { progress: true, ...(options as Options) } : options, 'test.held');
    await sender.barrier();
    bystanders.callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.test');
    const outcome = read(await sender.answerTo(code.CALL, id));
    return outcome === 'wamp.error.test' ? 'done' : outcome;
  },
  CANCEL: async (attempt) => {
    const { sender, options, bystanders } = attempt;
    const before = dropped(attempt);
    const [id, invocation] = await hold(attempt, {});
    sender.send(code.CANCEL, id, options);
    await sender.barrier();
    const isDropped = dropped(attempt) > before;
    bystanders.callee.send(code.ERROR, code.INVOCATION, invocation, {}, 'wamp.error.test');
    const outcome = read(await sender.answerTo(code.CALL, id));
    if (outcome === 'wamp.error.test' && (attempt.value === 'kill' || isDropped)) return isDropped ? 'dropped' : 'done';
    return outcome === 'wamp.error.canceled' && !isDropped ? 'done' : outcome;
  },
  YIELD: async ({ sender, options, value, bystanders: { caller } }) => {
    const result = caller.call(ownProcedure(sender));
    const [, invocation] = await sender.take(code.INVOCATION);
    sender.send(code.YIELD, invocation, options, [1]);
    if (value === true) sender.send(code.YIELD, invocation, {}, [1]);
    await sender.barrier();
    return read(await result);
  },
  ERROR: async ({ sender, options, bystanders: { caller } }) => {
    const result = caller.call(ownProcedure(sender));
    const [, invocation] = await sender.take(code.INVOCATION);
    sender.send(code.ERROR, code.INVOCATION, invocation, options, 'wamp.error.test');
    await sender.barrier();
    const outcome = read(await result);
    return outcome === 'wamp.error.test' ? 'done' : outcome;
  },
  GOODBYE: async ({ sender, options }) => {
    sender.send(code.GOODBYE, options, 'wamp.close.normal');
    const [type] = await sender.take(([type]) => type === code.GOODBYE || type === code.ABORT);
    return type === code.GOODBYE ? 'done' : 'aborted';
  },
  ABORT: async ({ sender, options }) => {
    sender.send(code.ABORT, options, 'wamp.error.test');
    await sender.closed;
    return sender.untaken(code.ABORT).length > 0 ? 'aborted' : 'done';
  },
  HELLO: async (attempt) => {
    const { name, options, value } = attempt;
    const peer = open(attempt);
    const details =
      name === 'caller' ? { roles: { ...allRoles, caller: value } } : { roles: allRoles, ...(options as Options) };
    peer.send(code.HELLO, 'realm1', name === '' ? options : details);
    const outcome = begun(await peer.take(([type]) => type === code.WELCOME || type === code.ABORT));
    await peer.close();
    return outcome;
  },
  AUTHENTICATE: async (attempt) => {
    const peer = open(attempt);
    await peer.hello('closed', { authid: 'alice', authmethods: ['ticket'] });
    peer.send(code.AUTHENTICATE, 'secret', attempt.options);
    const outcome = begun(await peer.take(([type]) => type === code.WELCOME || type === code.ABORT));
    await peer.close();
    return outcome;
  },
  'wamp.session.add_testament': async (attempt, procedure) => {
    const outcome = await addTestament(attempt, procedure);
    await attempt.sender.call('wamp.session.flush_testaments');
    return outcome;
  },
  'wamp.subscription.lookup': metaCall(
    ({ options }) => ['test.topic', options],
    () => ({}),
  ),
  'wamp.subscription.get_events': metaCall(
    async ({ bystanders: { caller } }) => (await caller.call('wamp.subscription.lookup', ['test.topic']))[3] as List,
  ),
  'wamp.session.count': metaCall(() => []),
  'wamp.session.kill': metaCall(() => [1]),
};

const ownProcedure = ({ session }: V2Peer): string => `test.own.${session}`;

/** A router, its bystanders, and one sender after the other. */
const setUp = async (serializer: SerializerName) => {
  const postmaster = createV2Router(
    {},
    {
      realms: [
        { name: 'realm1', anonymous: everythingAndMeta, history: [{ uri: 'test.topic', limit: 20 }] },
        { name: 'realm2', anonymous: everythingAndMeta },
        {
          name: 'closed',
          roles: { some: everythingAndMeta },
          authenticators: { ticket: { alice: { ticket: 'secret', role: 'some' } } },
        },
      ],
    },
  );
  const bystanders = await joinBystanders(postmaster);
  const join = async (): Promise<V2Peer> => {
    const sender = await joinV2(postmaster, {}, serializer);
    await sender.register(ownProcedure(sender));
    return sender;
  };
  return { postmaster, bystanders, join };
};

/** What the router reads in place of the options; undefined for what the serializer cannot write. */
const onTheWire = (
  { name, value }: Case,
  serializer: SerializerName,
): { readonly value: unknown } | 'unreadable' | undefined => {
  const { encode, decode } = serializers[serializer];
  let octets: string | Uint8Array;
  try {
    octets = encode([name === '' ? value : { [name]: value }]);
  } catch {
    return undefined;
  }
  try {
    const [options] = decode(Buffer.from(octets as Uint8Array), 64) as [Options];
    return { value: name === '' ? options : options[name] };
  } catch {
    return 'unreadable';
  }
};

describe.each(serializerNames)('options in %s', (serializer) => {
  test('do what the oracle says, and no harm to anybody else', { timeout: amount(60_000, 1_800_000) }, async () => {
    const { postmaster, bystanders, join } = await setUp(serializer);
    const seen = new Map<Outcome, number>();
    const tryOne = async (one: Case, sender: V2Peer): Promise<void> => {
      const wire = onTheWire(one, serializer);
      if (wire === undefined) return;
      const { message, name, value } = one;
      const expected = wire === 'unreadable' ? 'aborted' : outcomeOf(message, name, wire.value);
      const options = name === '' ? value : { [name]: value };
      const attempt = { postmaster, bystanders, sender, serializer, name, value, options };
      const isOwnLink = message === 'HELLO' || message === 'AUTHENTICATE';
      const outcome = await (attempts[message] as (typeof attempts)[string])(attempt, message).catch(
        (error: unknown) => {
          const last = sender.received.at(-1) as List;
          if (last?.[0] === code.ABORT && !isOwnLink) return begun(last);
          throw error;
        },
      );
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      expect(outcome).toBe(expected);
      await expectServed(bystanders);
      const heard = bystanders.subscriber.untaken(code.EVENT).length;
      for (let at = 0; at < heard; at += 1) await bystanders.subscriber.take(code.EVENT);
      if (message.startsWith('PUBLISH') && outcome !== 'done') expect(heard).toBe(0);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(cases, { minLength: 1, maxLength: 40, size: 'max' }), async (all) => {
        countMessages(all.length);
        let sender = await join();
        for (const one of all) {
          await tryOne(one, sender);
          const isOver = sender.received.some(([type]) => type === code.ABORT || type === code.GOODBYE);
          if (isOver || one.message === 'ABORT') sender = await sender.close().then(join);
        }
        await sender.close();
        for (const peer of bystanders.all) peer.received.length = 0;
        expect(postmaster.stats().counters.internal_error).toBe(0);
      }),
      runs(70, 1_700),
    );
    process.stdout.write(`property: options in ${serializer}: ${JSON.stringify(Object.fromEntries(seen))}\n`);
    for (const peer of bystanders.all) await peer.close();
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
    // What is left is the history's hold on its topic.
    expect(postmaster.stats()).toMatchObject({ sessions: 0, pendingCalls: 0, timers: 0, topics: 1, subscriptions: 1 });
  });
});
