/**
 * A real router and its peers, driven in step with the oracle: each step sends something, waits until everything that follows
 * from it has arrived, and compares.
 */

import { filter } from 'rxjs';
import { expect } from 'vitest';
import type { LocalPeer } from '../../src/index.ts';
import { Postmaster, signChallenge, WampError } from '../../src/index.ts';
import { expectNothingLeft } from '../support/router.ts';
import type { V1Client } from '../support/v1-client.ts';
import { connectV1, connectV1InMemory } from '../support/v1-client.ts';
import type { Outcome, Reply, Said } from './oracle.ts';
import { Oracle, users } from './oracle.ts';
import { countMessages } from './settings.ts';

const api = 'http://api.wamp.ws/procedure#';

const createRouter = (excludePublisherByDefault: boolean): Postmaster => {
  const postmaster = new Postmaster({
    realms: ['realm1'],
    v1: { excludePublisherByDefault },
    // Never reached, but it starts a timer for every call that is not answered at once.
    limits: { maxBadMessages: 1e6, maxFailedLogins: 1e6, callTimeout: 3_600_000 },
    getAuthSecret: (key) => users[key]?.secret,
    getAuthPermissions: (key) => {
      const user = users[key];
      return user && { pubsub: user.pubsub, rpc: user.rpc.map((uri) => ({ uri, call: true })) };
    },
    messageToPublish: (_, { args }) => (args[0] === 'slow' ? Promise.resolve(true) : args[0] !== 'veto'),
  });
  const add = ({ args }: { readonly args: readonly unknown[] }): number =>
    args.reduce<number>((sum, value) => sum + Number(value), 0);
  postmaster.registerUnauthRPC('urn:open', ({ args }) => ['open', ...args]);
  postmaster.registerRPC('urn:add', add);
  postmaster.registerRPC('urn:async', async (call) => add(call));
  postmaster.registerRPC('urn:fail', () => {
    throw new WampError('urn:my-error');
  });
  postmaster.registerRPC('urn:throw', async () => {
    throw new Error('expected');
  });
  postmaster.registerRPC('urn:odd', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    return loop;
  });
  postmaster.registerRPC('urn:never', () => new Promise(() => {}));
  postmaster.intercept(filter(({ args }) => args[0] !== 'drop'));
  return postmaster;
};

/** Replies and events since the last look. */
interface Heard {
  readonly events: readonly unknown[];
  readonly replies: ReadonlyMap<string, readonly unknown[][]>;
}

/** The same with a bigint for each integer beyond 2^53 - 1: a program gets those that a peer has sent as bigints. */
const exact = (value: unknown): unknown => {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    // As JSON writes it, which may be other digits than those of the number.
    const text = String(value);
    return /e/.test(text) ? value : BigInt(text);
  }
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exact(inner)]));
};

/** A router with its oracle. */
export class World {
  readonly oracle: Oracle;
  readonly postmaster: Postmaster;
  readonly clients = new Map<number, V1Client>();
  readonly #url: string | undefined;
  readonly #local: LocalPeer;
  readonly #ids = new Map<number, string>();
  readonly #challenges = new Map<number, string>();
  readonly #seen = new Map<V1Client, number>();
  readonly #localHeard: unknown[] = [];
  #lastCall = 0;

  private constructor(url: string | undefined, postmaster: Postmaster, excludesPublisher: boolean) {
    this.oracle = new Oracle(excludesPublisher);
    this.#url = url;
    this.postmaster = postmaster;
    this.#local = postmaster.session();
  }

  /** A world over real sockets, or in memory; `excludesPublisher` is the option of that name. */
  static async create(wire: 'sockets' | 'memory', excludesPublisher = false): Promise<World> {
    const postmaster = createRouter(excludesPublisher);
    const url = wire === 'sockets' ? (await postmaster.listen({ port: 0 })).url : undefined;
    return new World(url, postmaster, excludesPublisher);
  }

  async connect(peer: number): Promise<void> {
    if (this.clients.has(peer)) return;
    const client = this.#url ? await connectV1(this.#url) : await connectV1InMemory(this.postmaster);
    this.clients.set(peer, client);
    this.#ids.set(peer, client.sessionId);
    this.#seen.set(client, client.received.length);
    this.oracle.connect(peer);
  }

  async disconnect(peer: number): Promise<void> {
    const client = this.clients.get(peer);
    if (!client) return;
    this.clients.delete(peer);
    this.oracle.disconnect(peer);
    const connections = this.postmaster.stats().connections;
    await client.close();
    while (this.postmaster.stats().connections === connections) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets one peer say several things without waiting in between, then compares what everybody heard. */
  async say(number: number, all: readonly Said[]): Promise<void> {
    const client = this.clients.get(number);
    if (!client) return;
    const expectedReplies = new Map<string, Reply>();
    const outcomes = all.map((said) => {
      const callId = this.#send(number, client, said);
      const outcome = this.oracle.hear(number, said);
      if (outcome.reply && callId !== undefined) expectedReplies.set(callId, outcome.reply);
      return outcome;
    });
    countMessages(all.length);
    while (![...expectedReplies.keys()].every((callId) => client.received.some(([, id]) => id === callId))) {
      await client.barrier();
    }
    await this.#compare(outcomes, { number, replies: expectedReplies });
  }

  async publishEvent(topic: string, event: unknown): Promise<void> {
    this.postmaster.publishEvent(topic, event);
    await this.#compare([this.oracle.publish(topic, event)]);
  }

  async publishLocally(topic: string, event: unknown): Promise<void> {
    const isVetoed = event === 'veto';
    await this.#local
      .publish(topic, [event])
      .catch((error: WampError) => expect(error.uri).toContain('not_authorized'));
    await this.#compare(isVetoed ? [] : [this.oracle.publish(topic, event, 'local')]);
  }

  async subscribeLocally(topic: string): Promise<void> {
    if (this.oracle.localTopics.has(topic)) return;
    this.oracle.localTopics.add(topic);
    await this.#local.subscribe(topic, ({ args }) => this.#localHeard.push([topic, args[0]]));
  }

  toggleDynamic(): void {
    this.oracle.dynamicIsRegistered = !this.oracle.dynamicIsRegistered;
    if (this.oracle.dynamicIsRegistered) this.postmaster.registerRPC('urn:dynamic', () => undefined);
    else this.postmaster.unregisterRPC('urn:dynamic');
  }

  /** Everybody leaves; nothing may be left. */
  async end(): Promise<void> {
    this.#local.leave();
    await Promise.all([...this.clients.values()].map((client) => client.close()));
    await expectNothingLeft(this.postmaster);
    expect(this.postmaster.stats().counters.internal_error).toBe(0);
    await this.postmaster.close();
  }

  #idsOf(list: readonly number[]): string[] {
    return list.map((peer) => this.#ids.get(peer) ?? 'nobody-has-this-id');
  }

  /** Sends one message; returns the callID of a call. */
  #send(number: number, client: V1Client, said: Said): string | undefined {
    this.#lastCall += 1;
    const callId = `k${this.#lastCall}`;
    switch (said.say) {
      case 'prefix':
        client.prefix(said.prefix, said.uri);
        return undefined;
      case 'subscribe':
        client.subscribe(said.topic);
        return undefined;
      case 'unsubscribe':
        client.unsubscribe(said.topic);
        return undefined;
      case 'publish': {
        const exclude = Array.isArray(said.exclude) ? this.#idsOf(said.exclude) : said.exclude;
        const eligible = Array.isArray(said.eligible) ? this.#idsOf(said.eligible) : said.eligible;
        const options = eligible !== undefined ? [exclude ?? null, eligible] : exclude !== undefined ? [exclude] : [];
        client.publish(said.topic, said.event, ...options);
        return undefined;
      }
      case 'call':
        client.send([2, callId, said.procedure, ...said.args]);
        return callId;
      case 'authreq':
        client.send([2, callId, `${api}authreq`, said.key]);
        return callId;
      case 'auth':
        client.send([2, callId, `${api}auth`, said.signature === 'number' ? 7 : this.#sign(number, said.signature)]);
        return callId;
      case 'badCall':
        client.send([2, callId, ...said.rest]);
        return callId;
      case 'bad':
        client.send(said.text);
        return undefined;
    }
  }

  #sign(number: number, signature: 'right' | 'wrong'): string {
    const challenge = this.#challenges.get(number);
    const key = this.oracle.peers.get(number)?.key ?? '';
    return signature === 'right' && challenge ? signChallenge(users[key]?.secret ?? '', challenge) : 'wrong';
  }

  #look(client: V1Client): Heard {
    const seen = this.#seen.get(client) ?? 0;
    const fresh = client.received.slice(seen);
    this.#seen.set(client, client.received.length);
    const replies = new Map<string, unknown[][]>();
    for (const message of fresh.filter(([code, id]) => code !== 8 && String(id).startsWith('k'))) {
      replies.set(String(message[1]), [...(replies.get(String(message[1])) ?? []), message]);
    }
    return { events: fresh.filter(([code]) => code === 8).map(([, ...rest]) => rest), replies };
  }

  async #compare(
    outcomes: readonly Outcome[],
    sender?: { number: number; replies: ReadonlyMap<string, Reply> },
  ): Promise<void> {
    if (sender) await this.clients.get(sender.number)?.barrier();
    await Promise.all([...this.clients.values()].map((client) => client.barrier()));
    const eventsFor = (receiver: number | 'local'): unknown[] =>
      outcomes.flatMap(({ events }) =>
        events.filter(([peer]) => peer === receiver).map(([, topic, event]) => [topic, event]),
      );
    for (const [number, client] of this.clients) {
      const { events, replies } = this.#look(client);
      expect({ number, events }).toEqual({ number, events: eventsFor(number) });
      this.#compareReplies(number, replies, sender?.number === number ? sender.replies : new Map());
    }
    expect(exact(this.#localHeard.splice(0))).toEqual(exact(eventsFor('local')));
  }

  #compareReplies(number: number, replies: Heard['replies'], expected: ReadonlyMap<string, Reply>): void {
    expect([...replies.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [callId, reply] of expected) {
      const [message, ...others] = replies.get(callId) ?? [];
      expect(others).toEqual([]);
      if ('error' in reply) expect(message?.slice(0, 3)).toEqual([4, callId, reply.error]);
      else if ('challenge' in reply) {
        expect(message?.slice(0, 2)).toEqual([3, callId]);
        this.#challenges.set(number, String(message?.[2]));
      } else expect(message).toEqual([3, callId, reply.result]);
    }
  }
}
