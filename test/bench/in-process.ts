/**
 * A script: what publications and calls cost in the router itself, without a wire. It is asked for one thing and answers
 * with the costs in µs, see `questions` at the end.
 *
 * What is published to and called are a few hot URIs among many, as it is in a router that runs: a walk through a million
 * of them would measure how often the processor has to wait for memory. What is compared stands in one process, so that
 * both pay alike for a large heap, over which the garbage collector has to walk again and again.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { map } from 'rxjs';
import { answerWith } from './helper.ts';
import { type Cost, costsOf, type Work } from './steady.ts';

// What was built, as everywhere in the benchmark; tsx would put wrappers around functions.
const built = new URL('../../dist/src/index.js', import.meta.url).href;
const { Postmaster } = (await import(built)) as typeof import('../../src/index.ts');
type Router = InstanceType<typeof Postmaster>;

const hot = 10;
const atOnce = 10_000;
const openCalls = 500;
/** Publications of one turn: many more would take longer than a realm may, and be measured waiting. */
const openPublications = 500;
const enough = 2_000_000;
/** Turns of the event loop without an event after which one counts as lost. */
const patience = 100;

const createRouter = (): Router =>
  new Postmaster({ realms: ['realm1'], limits: { maxSubscriptions: enough, maxRegistrations: enough } });

const hotUris = (kind: string): readonly string[] =>
  Array.from({ length: hot }, (_, at) => `com.example.${kind}.hot-${at}`);

/** `count` URIs, the hot ones evenly among them. */
const urisOf = (kind: string, count: number): readonly string[] => {
  const each = Math.floor(count / hot);
  const hots = hotUris(kind);
  return Array.from({ length: count }, (_, at) =>
    at % each === 0 && hots[at / each] !== undefined ? (hots[at / each] as string) : `com.example.${kind}.cold-${at}`,
  );
};

interface Subscription {
  readonly uri: string;
  readonly match?: 'exact' | 'prefix' | 'wildcard';
}

/** One session with all these subscriptions; publishes to some topics in turn, and checks that all was heard. */
const publishing = async (
  router: Router,
  subscriptions: readonly Subscription[],
  topics: readonly string[],
  heardEach: number,
): Promise<Work> => {
  const session = router.session();
  let heard = 0;
  const handler = (): void => {
    heard++;
  };
  for (let from = 0; from < subscriptions.length; from += atOnce) {
    const some = subscriptions.slice(from, from + atOnce);
    await Promise.all(some.map(({ uri, match = 'exact' }) => session.subscribe(uri, handler, { match })));
  }
  const publishSome = async (first: number, count: number): Promise<void> => {
    const due = heard + count * heardEach;
    for (let at = first; at < first + count; at++) {
      router.publishEvent(topics[at % topics.length] as string, 'an event');
    }
    for (let idle = 0; heard < due && idle < patience; idle++) {
      const before = heard;
      await nextTurn();
      if (heard > before) idle = 0;
    }
    if (heard !== due) throw new Error(`${due - heard} of ${count * heardEach} events did not arrive`);
  };
  return async (count) => {
    for (let at = 0; at < count; at += openPublications) {
      await publishSome(at, Math.min(openPublications, count - at));
      await nextTurn();
    }
  };
};

const exact = (count: number): Promise<Work> =>
  publishing(
    createRouter(),
    urisOf('topic', count).map((uri) => ({ uri })),
    hotUris('topic'),
    1,
  );

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

/**
 * Patterns over `com.example.{site}.{device}.{metric}` that share their beginnings and components, so that a walk through
 * the index branches everywhere; seven of them cover any one topic.
 */
const patterns = async (): Promise<Work> => {
  const sites = numbers(100);
  const pairs = sites.flatMap((site) => sites.map((device) => `s${site}.d${device}`));
  const triples = pairs.flatMap((pair) => numbers(4).map((metric) => `${pair}.m${metric}`));
  const prefix = (uri: string): Subscription => ({ uri, match: 'prefix' });
  const wildcard = (uri: string): Subscription => ({ uri, match: 'wildcard' });
  const subscriptions = [
    ...sites.flatMap((at) => [
      prefix(`com.example.s${at}.`),
      wildcard(`com.example.s${at}..m1`),
      wildcard(`com.example..d${at}.m1`),
    ]),
    ...pairs.flatMap((pair) => [prefix(`com.example.${pair}.`), wildcard(`com.example.${pair}.`)]),
    ...triples.flatMap((triple) => [prefix(`com.example.${triple}`), wildcard(`com..${triple}`)]),
  ].slice(0, 100_000);
  const topics = numbers(hot).map((at) => `com.example.s${at * 6}.d${99 - at * 6}.m1`);
  return publishing(createRouter(), subscriptions, topics, 7);
};

/** One caller, many procedures of the router, some hundred calls open at once. */
const calling = async (count: number): Promise<Work> => {
  const router = createRouter();
  for (const uri of urisOf('procedure', count)) router.registerRPC(uri, ({ args }) => args[0]);
  const procedures = hotUris('procedure');
  const caller = router.session();
  return async (calls) => {
    for (let at = 0; at < calls; at += openCalls) {
      const results = await Promise.all(
        numbers(Math.min(openCalls, calls - at)).map((call) =>
          caller.call(procedures[call % procedures.length] as string, [call]),
        ),
      );
      if (results.some(({ args }, call) => args?.[0] !== call)) throw new Error('a call was answered wrongly');
    }
  };
};

const intercepted = async (interceptors: number): Promise<Work> => {
  const router = createRouter();
  for (let at = 0; at < interceptors; at++) router.intercept(map((publication) => publication));
  const topics = hotUris('topic');
  return publishing(
    router,
    topics.map((uri) => ({ uri })),
    topics,
    1,
  );
};

/** What can be asked for, and the works whose costs are the answer. */
const questions: Readonly<Record<string, () => Promise<readonly Work[]>>> = {
  subscriptions: async () => [await exact(100), await exact(1_000_000)],
  alone: async () => [await exact(100)],
  patterns: async () => [await patterns()],
  registrations: async () => [await calling(10), await calling(100_000)],
  interceptors: async () => [await intercepted(0), await intercepted(1)],
};

/** What is asked, and how often each work is timed. */
export interface Question {
  readonly name: string;
  readonly repetitions: number;
}

answerWith(async (question): Promise<readonly Cost[]> => {
  const { name, repetitions } = question as Question;
  const works = (await questions[name]?.()) ?? [];
  globalThis.gc?.();
  return costsOf(works, repetitions);
});
