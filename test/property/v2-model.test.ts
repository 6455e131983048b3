/**
 * Any sequence of what up to five peers can do, legal or not, with mixed serializers, against an oracle of broker and dealer.
 * Half of the runs have an interceptor that throws now and then, which must cost only the publication on which it threw. A
 * failure prints the seed and the last commands; `SEED` and `FC_PATH` repeat and shrink it.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amount, countMessages, runs } from './settings.ts';
import type { OracleSession } from './v2-oracle.ts';
import { poisoned, World } from './v2-world.ts';

type Peer = World['peers'][number];

/** Numbers from which a command takes whatever it has to choose. */
interface Command {
  readonly kind: string;
  readonly peer: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const topics = ['a', 'a.b', 'a.b.c', 'b', 'a.x.c'];
const patterns = [
  ['a', 'prefix'],
  ['a.', 'prefix'],
  ['a.b', 'prefix'],
  ['a..c', 'wildcard'],
  ['.b', 'wildcard'],
  ['a..', 'wildcard'],
] as const;
const metaTopics = ['wamp.session.on_join', 'wamp.session.on_leave'];
const invokes = ['single', 'roundrobin', 'first', 'last', 'random'];
const modes = [undefined, 'skip', 'kill', 'killnowait'];

/** What no peer may say, in a session or before one. */
const violations: readonly (readonly unknown[])[] = [
  [],
  ['x'],
  [0],
  [7],
  [999],
  [2, 1, {}],
  [4, 'ticket', {}],
  [5, 'signature', {}],
  [17, 1, 1],
  [33, 1, 1],
  [36, 1, 1, {}],
  [50, 1, {}],
  [65, 1, 1],
  [68, 1, 1, {}],
  [69, 1, {}],
  [16],
  [16, 'a', {}, 'a'],
  [16, 1, [], 'a'],
  [16, 1, {}, 'a', {}],
  [16, 1, {}, 'a', [], []],
  [32, 0, {}, 'a'],
  [32, 1.5, {}, 'a'],
  [48, -1, {}, 'a'],
  [48, 1, {}],
  [70, 4_000_000, {}],
  [8, 48, 1, {}, 'com.error'],
  [8, 68, 4_000_000, {}, 'com.error'],
  [49, 1],
];

const pick = <Item>(items: readonly Item[], number: number): Item => items[number % items.length] as Item;

const topicOf = (a: number, b: number): readonly [uri: string, match: 'exact' | 'prefix' | 'wildcard'] =>
  b % 3 === 0 ? pick(patterns, a) : [pick(topics, a), 'exact'];

let payloads = 0;
const payloadOf = (c: number): readonly unknown[] => {
  payloads += 1;
  const args = [payloads, ...(c % 2 ? ['text', { deep: [c] }] : [])];
  return c % 3 === 0 ? [args, { key: c }] : [args];
};

const request = (session: OracleSession): number => {
  session.lastRequest += 1;
  return session.lastRequest;
};

const subscribe = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<void> => {
  const [uri, match] = c % 7 === 0 ? ([pick(metaTopics, a), 'exact'] as const) : topicOf(a, b);
  const options = { ...(match !== 'exact' && { match }), ...(c % 5 === 0 && { get_retained: true }) };
  const id = request(session);
  await world.send(peer, 32, id, options, uri);
  world.oracle.subscribe(session, id, uri, options);
};

const unsubscribe = async (world: World, peer: Peer, session: OracleSession, { a }: Command): Promise<void> => {
  const { topics: all } = world.oracle;
  const topic = all.length > 0 ? pick(all, a) : undefined;
  const id = request(session);
  await world.send(peer, 34, id, topic ? world.id(topic.name) : 12_345);
  world.oracle.unsubscribe(session, id, topic);
};

const publish = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<void> => {
  const others = world.oracle.sessions.filter((_, at) => (c >> at) % 2 === 1).map(({ name }) => name);
  const choice: Readonly<Record<string, unknown>> = {
    ...(b % 2 === 0 && { acknowledge: true }),
    ...(b % 3 === 0 && { exclude_me: b % 6 === 0 }),
    ...(b % 5 === 0 && { disclose_me: true }),
    ...(b % 7 === 0 && { exclude: others }),
    ...(b % 11 === 0 && { eligible: others }),
    ...(b % 13 === 0 && { eligible_authrole: c % 2 ? ['anonymous'] : [] }),
    ...(b % 17 === 0 && { exclude_authrole: ['anonymous'] }),
  };
  const isRestricted = b % 7 === 0 || b % 11 === 0 || b % 13 === 0 || b % 17 === 0;
  const options = { ...choice, ...(!isRestricted && c % 4 === 0 && { retain: true }) };
  const wire = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      key === 'exclude' || key === 'eligible' ? (value as unknown as string[]).map((name) => world.id(name)) : value,
    ]),
  );
  const payload = c % 6 === 1 ? poisoned(payloadOf(c)) : payloadOf(c);
  const id = request(session);
  await world.send(peer, 16, id, wire, pick(topics, a), ...payload);
  world.oracle.publish(session, id, pick(topics, a), payload, options);
};

const register = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<void> => {
  const [uri, match] = topicOf(a, b);
  const options = {
    ...(match !== 'exact' && { match }),
    // Mostly the policy that goes with the URI, so that callees meet in one registration.
    invoke: pick(invokes, c % 8 === 0 ? c >> 3 : uri.length),
    ...(c % 5 === 0 && { concurrency: 1 + (c % 2) }),
    ...(c % 11 === 0 && { force_reregister: true }),
  };
  const id = request(session);
  await world.send(peer, 64, id, options, uri);
  world.oracle.register(session, id, uri, options);
};

const unregister = async (world: World, peer: Peer, session: OracleSession, { a }: Command): Promise<void> => {
  const { registrations } = world.oracle;
  const registration = registrations.length > 0 ? pick(registrations, a) : undefined;
  const id = request(session);
  await world.send(peer, 66, id, registration ? world.id(registration.name) : 12_345);
  world.oracle.unregister(session, id, registration);
};

const call = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<boolean> => {
  const options = {
    ...(b % 3 === 0 && { receive_progress: true }),
    ...(b % 5 === 0 && { disclose_me: true }),
    ...(b % 7 === 0 && session.isCapable && { progress: true }),
  };
  const payload = payloadOf(c);
  const id = request(session);
  await world.send(peer, 48, id, options, pick(topics, a), ...payload);
  return world.oracle.call(session, id, pick(topics, a), payload, options) === 'violation';
};

/** One more part of a call: of one that is live, of one that is over; now and then it names another procedure. */
const continueCall = async (
  world: World,
  peer: Peer,
  session: OracleSession,
  { a, b, c }: Command,
): Promise<boolean> => {
  const open = session.calls.filter(({ options }) => options.progress).map(({ request: one }) => one);
  const known = [...open, ...session.endedProgressive];
  if (known.length === 0) return false;
  const id = pick(known, a);
  const options = c % 3 === 0 ? {} : { progress: true };
  const payload = payloadOf(c);
  const live = session.calls.find(({ request: one }) => one === id);
  const procedure = live && b % 6 !== 0 ? live.procedure : pick(topics, b);
  await world.send(peer, 48, id, options, procedure, ...payload);
  return world.oracle.call(session, id, procedure, payload, options) === 'violation';
};

const cancel = async (world: World, peer: Peer, session: OracleSession, { a, b }: Command): Promise<void> => {
  const [first] = session.calls;
  const id = first ? pick(session.calls, a).request : 1 + (a % 5);
  const mode = pick(modes, b);
  await world.send(peer, 49, id, mode === undefined ? {} : { mode });
  world.oracle.cancel(session, id, mode);
};

const invocationOf = (session: OracleSession, a: number, b: number): number => {
  const live = [...session.invocations.keys()];
  return live.length > 0 && b % 8 !== 0 ? pick(live, a) : 1 + (a % (session.lastInvocation || 1));
};

const answer = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<boolean> => {
  const id = invocationOf(session, a, b);
  const options = c % 3 === 0 ? { progress: true } : {};
  const payload = payloadOf(c);
  await world.send(peer, 70, id, options, ...payload);
  return world.oracle.yield(session, id, payload, options) === 'violation';
};

const fail = async (world: World, peer: Peer, session: OracleSession, { a, b, c }: Command): Promise<boolean> => {
  const id = invocationOf(session, a, b);
  const uri = c % 2 ? 'wamp.error.unavailable' : 'com.error';
  const payload = payloadOf(c);
  await world.send(peer, 8, 68, id, {}, uri, ...payload);
  return world.oracle.error(session, id, uri, payload) === 'violation';
};

/** Requests that are refused one by one: the session lives. */
const badRequest = async (world: World, peer: Peer, session: OracleSession, { a }: Command): Promise<void> => {
  const id = request(session);
  const [type, uri, ...message] = pick(
    [
      [32, 'wamp.error.invalid_argument', { match: 'most' }, 'a'],
      [32, 'wamp.error.invalid_uri', {}, 'a..b'],
      [32, 'wamp.error.invalid_uri', {}, 5],
      [16, 'wamp.error.invalid_uri', { acknowledge: true }, 'wamp.topic'],
      [16, 'wamp.error.invalid_argument', { acknowledge: true, exclude_me: 1 }, 'a'],
      [16, undefined, { acknowledge: 1 }, 'a'],
      [48, 'wamp.error.invalid_argument', { timeout: -1 }, 'a'],
      [48, 'wamp.error.no_such_procedure', {}, 'nobody'],
      [64, 'wamp.error.invalid_uri', {}, 'wamp.procedure'],
      [64, 'wamp.error.invalid_argument', { invoke: 'best' }, 'a'],
    ] as const,
    a,
  );
  await world.send(peer, type, id, ...message);
  if (uri !== undefined) world.oracle.refuse(session, type, id, uri);
};

const kill = async (world: World, peer: Peer, session: OracleSession, { a }: Command): Promise<void> => {
  const victim = pick(world.oracle.sessions, a);
  const id = request(session);
  await world.send(peer, 48, id, {}, 'wamp.session.kill', [world.id(victim.name)]);
  if (victim === session) return world.oracle.refuse(session, 48, id, 'wamp.error.no_such_session');
  world.oracle.leave(victim);
  const killed = world.peer(victim.peer);
  killed.session = undefined;
  killed.isClosing = true;
  world.oracle.heard.set(killed.at, (world.oracle.heard.get(killed.at) ?? []).filter(isOwnCall));
  world.oracle.say(killed.at, 6, {}, 'wamp.close.killed');
  world.oracle.say(session, 50, id, {});
};

/** What a session hears while it ends is the cancellation of its own calls to itself. */
const isOwnCall = ([type]: readonly unknown[]): boolean => type === 8;

const goodbye = async (world: World, peer: Peer, session: OracleSession): Promise<void> => {
  await world.send(peer, 6, {}, 'wamp.close.close_realm');
  world.oracle.leave(session);
  peer.session = undefined;
  world.oracle.heard.set(peer.at, (world.oracle.heard.get(peer.at) ?? []).filter(isOwnCall));
  world.oracle.say(peer.at, 6, {}, 'wamp.close.goodbye_and_out');
};

const inSession: Readonly<
  Record<string, (world: World, peer: Peer, session: OracleSession, command: Command) => Promise<unknown>>
> = {
  subscribe,
  unsubscribe,
  publish,
  register,
  unregister,
  call,
  continueCall,
  cancel,
  answer,
  fail,
  badRequest,
  kill,
  goodbye,
};

/** Who is gone hears nothing, and the oracle forgets its session. */
const turnOut = (world: World, peer: Peer): void => {
  const { session } = peer;
  peer.session = undefined;
  peer.isClosing = false;
  if (session) world.oracle.leave(session);
  world.oracle.heard.delete(peer.at);
};

const step = async (world: World, command: Command): Promise<void> => {
  const peer = world.peer(command.peer);
  world.log.push(`${command.kind} peer ${peer.at} ${command.a} ${command.b} ${command.c}`);
  if (!peer.wire) {
    world.connect(peer);
    return world.settle();
  }
  if (peer.isClosing) {
    // Everything but GOODBYE is ignored.
    if (command.kind === 'goodbye') {
      await world.send(peer, 6, {}, 'wamp.close.goodbye_and_out');
      peer.isClosing = false;
    } else await world.send(peer, 32, 1, {}, 'a');
    return world.settle();
  }
  if (command.kind === 'drop') {
    peer.wire.close();
    turnOut(world, peer);
    return world.settle();
  }
  if (command.kind === 'violation' || (!peer.session && command.kind === 'fail')) {
    await world.send(peer, ...pick(violations, command.a));
    turnOut(world, peer);
    return world.settle(peer);
  }
  if (!peer.session) {
    await world.hello(peer);
    peer.session = world.oracle.join(peer.at, peer.isCapable);
    return world.settle();
  }
  if (command.kind === 'hello') {
    await world.hello(peer);
    turnOut(world, peer);
    return world.settle(peer);
  }
  const broke = (await inSession[command.kind]?.(world, peer, peer.session, command)) === true;
  if (broke) turnOut(world, peer);
  return world.settle(broke ? peer : undefined);
};

const weighted = (kind: string, weight: number) => ({ weight, arbitrary: fc.constant(kind) });
const kind = fc.oneof(
  weighted('subscribe', 24),
  weighted('unsubscribe', 8),
  weighted('publish', 36),
  weighted('register', 40),
  weighted('unregister', 5),
  weighted('call', 72),
  weighted('continueCall', 12),
  weighted('cancel', 16),
  weighted('answer', 64),
  weighted('fail', 20),
  weighted('badRequest', 4),
  weighted('kill', 1),
  weighted('goodbye', 2),
  weighted('drop', 2),
  weighted('violation', 1),
  weighted('hello', 1),
);
const number = fc.nat({ max: 10_000 });
const command = fc.record({ kind, peer: fc.nat({ max: 4 }), a: number, b: number, c: number });

test('any sequence of commands of five peers is answered as the specification says', { timeout: 600_000 }, async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 1, maxLength: 400, size: 'max' }),
      fc.boolean(),
      async (commands, isIntercepted) => {
        const world = new World({ isIntercepted });
        for (const one of commands) {
          await step(world, one);
          done += 1;
        }
        countMessages(commands.length);
        await world.close();
      },
    ),
    runs(600, 10_000),
  );
  process.stdout.write(`property: ${done} commands of v2 peers\n`);
  expect(done).toBeGreaterThan(amount(100_000, 1_500_000));
});
