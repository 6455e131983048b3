/**
 * A router and its v2 peers in one process, beside the oracle. Each command is given to both, and what every peer received is
 * compared with what it must have received, to the last message.
 */

import { isDeepStrictEqual } from 'node:util';
import { map } from 'rxjs';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializers } from '../../src/codec/serializers.ts';
import { Postmaster } from '../../src/index.ts';
import type { MemoryPeer } from '../../src/transport/memory.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';
import type { List } from '../support/v2-client.ts';
import { allRoles, basicRoles } from '../support/v2-client.ts';
import { everythingAndMeta } from '../support/v2-router.ts';
import type { Expected, OracleSession } from './v2-oracle.ts';
import { Oracle } from './v2-oracle.ts';

/** Peers of a run. */
export const peerCount = 5;
const names: readonly SerializerName[] = ['json', 'msgpack', 'cbor', 'json', 'msgpack'];
const forever = 2 ** 31 - 1;
const maxQueuedCalls = 3;

const poison = 'poison';
const isPoisoned = (args: List): boolean => args.at(-1) === poison;

/** A payload that the operator of a world throws on. */
export const poisoned = ([args, ...kwargs]: List): List => [[...(args as List), poison], ...kwargs];

class Peer {
  readonly at: number;
  readonly serializer;
  wire: MemoryPeer | undefined;
  heard: unknown[][] = [];
  session: OracleSession | undefined;
  /** Whether the router said GOODBYE and waits for ours. */
  isClosing = false;

  constructor(at: number) {
    this.at = at;
    this.serializer = serializers[names[at] ?? 'json'];
  }

  /** Peers with an odd number announce no features. */
  get isCapable(): boolean {
    return this.at % 2 === 0;
  }
}

/** The router, its peers, and what they must hear. */
export class World {
  readonly oracle = new Oracle(maxQueuedCalls);
  readonly peers = Array.from({ length: peerCount }, (_, at) => new Peer(at));
  readonly postmaster = new Postmaster({
    realms: [{ name: 'realm1', anonymous: everythingAndMeta }],
    limits: { closeTimeout: forever, helloTimeout: forever, authTimeout: forever, maxQueuedCalls },
  });
  /** What has been done, for people. */
  readonly log: string[] = [];
  readonly #bound = new Map<string, unknown>();

  /** With `isIntercepted` publications pass an operator, which copies each and throws on those that are poisoned. */
  constructor({ isIntercepted }: { readonly isIntercepted: boolean }) {
    this.oracle.chosen = (candidates, call) => this.#chosen(candidates, call.payload);
    if (!isIntercepted) return;
    this.oracle.isLost = ([args]) => isPoisoned(args as List);
    this.postmaster.intercept(
      map((publication) => {
        if (isPoisoned(publication.args)) throw new Error('poisoned');
        return { ...publication };
      }),
    );
  }

  peer(at: number): Peer {
    return this.peers[at % peerCount] as Peer;
  }

  /** The id that the router gave to a name of the oracle. */
  id(name: string): unknown {
    return this.#bound.get(name) ?? 999_999;
  }

  connect(peer: Peer): void {
    const protocol = `wamp.2.${peer.serializer.name}`;
    const wire = createMemoryLink(
      {
        received: (data) => {
          peer.heard.push(peer.serializer.decode(Buffer.from(data as Uint8Array), 1000) as unknown[]);
        },
        closed: () => {
          if (peer.wire === wire) peer.wire = undefined;
        },
      },
      (link) => {
        const { listener, start } = this.postmaster.connect(link, { protocol, remoteAddress: undefined, headers: {} });
        start();
        return listener;
      },
      { isBinary: peer.serializer.isBinary },
    );
    peer.wire = wire;
  }

  /** Sends a message; resolves when all that follows from it has been written. */
  async send(peer: Peer, ...message: unknown[]): Promise<void> {
    peer.wire?.send(peer.serializer.encode(message));
    await written();
  }

  hello(peer: Peer): Promise<void> {
    return this.send(peer, 1, 'realm1', { roles: peer.isCapable ? allRoles : basicRoles });
  }

  /** Compares what was heard with what must have been. `broke` is whose session must have been aborted. */
  async settle(broke?: Peer): Promise<void> {
    await written();
    for (const peer of this.peers) {
      const given = peer.heard;
      peer.heard = [];
      const expected = this.oracle.heard.get(peer.at) ?? [];
      if (peer === broke) this.#checkAbort(peer, given);
      else this.#compare(peer, given, expected);
    }
    this.oracle.heard = new Map();
  }

  // Who is being turned out may still hear that its own calls were canceled; ABORT is the last it hears.
  #checkAbort(peer: Peer, given: readonly unknown[][]): void {
    const last = given.at(-1);
    if (last?.[0] !== 3 || last[2] !== 'wamp.error.protocol_violation' || peer.wire) {
      this.#fail(`peer ${peer.at} must be aborted, not hear ${show(given)}`);
    }
  }

  #compare(peer: Peer, given: readonly unknown[][], expected: readonly Expected[]): void {
    const rest = [...given];
    for (const message of expected) {
      const at = rest.findIndex((candidate) => this.#matches(message, candidate));
      if (at < 0) this.#fail(`peer ${peer.at} must hear ${show(message)}\n  but heard ${show(given)}`);
      rest.splice(at, 1);
    }
    if (rest.length > 0) this.#fail(`peer ${peer.at} must not hear ${show(rest)}\n  expected ${show(expected)}`);
    this.#checkOrder(peer, given);
  }

  // Acknowledgements come before what follows from them (Basic Profile, "Ordering Guarantees").
  #checkOrder(peer: Peer, given: readonly unknown[][]): void {
    given.forEach(([type, , id], at) => {
      const follower = type === 33 ? 36 : type === 65 ? 68 : undefined;
      const early = given
        .slice(0, at)
        .some((before) => before[0] === follower && before[follower === 36 ? 1 : 2] === id);
      if (follower !== undefined && early) this.#fail(`peer ${peer.at} heard in the wrong order ${show(given)}`);
    });
  }

  /** Names are bound to what stands in their place the first time; only a message that matches as a whole binds. */
  #matches(expected: Expected, given: readonly unknown[]): boolean {
    if (expected[0] === 2) return this.#welcomes(expected, given);
    const bindings = new Map<string, unknown>();
    if (!this.#fits(expected, given, bindings)) return false;
    for (const [name, value] of bindings) this.#bound.set(name, value);
    return true;
  }

  #welcomes([, name, session]: Expected, given: readonly unknown[]): boolean {
    if (given[0] !== 2) return false;
    const { authid } = given[2] as { authid: string };
    this.#bound.set(name as string, given[1]);
    this.#bound.set((session as OracleSession).authid, authid);
    return true;
  }

  #fits(expected: unknown, given: unknown, bindings: Map<string, unknown>): boolean {
    if (typeof expected === 'function') return (expected as (value: unknown) => boolean)(given);
    if (typeof expected === 'string' && expected.startsWith('$')) {
      const known = this.#bound.get(expected) ?? bindings.get(expected);
      if (known !== undefined) return known === given;
      if (typeof given !== 'number') return false;
      bindings.set(expected, given);
      return true;
    }
    if (typeof expected !== 'object' || expected === null) return isDeepStrictEqual(expected, given);
    if (typeof given !== 'object' || given === null || Array.isArray(expected) !== Array.isArray(given)) return false;
    const keys = Object.keys(expected);
    if (keys.length !== Object.keys(given).length) return false;
    return keys.every((key) => this.#fits((expected as never)[key], (given as never)[key], bindings));
  }

  // The call is known by its payload, which no other has.
  #chosen(candidates: readonly number[], payload: readonly unknown[]): number {
    const got = candidates.find((at) =>
      this.peer(at).heard.some(([type, , , , args]) => type === 68 && isDeepStrictEqual(args, payload[0])),
    );
    // Nobody got it: it fell on one who takes no calls in parts.
    return got ?? candidates.find((at) => !this.peer(at).isCapable) ?? candidates[0] ?? 0;
  }

  /** Says what the oracle and the router disagree about, and how it came to that. */
  #fail(what: string): never {
    throw new Error(`${what}\n${this.log.slice(-40).join('\n')}`);
  }

  /** Ends everybody; nothing may be left. */
  async close(): Promise<void> {
    for (const peer of this.peers) peer.wire?.close();
    await written();
    const { sessions, subscriptions, registrations, pendingCalls, heldOctets, timers, topics } =
      this.postmaster.stats();
    const left = { sessions, subscriptions, registrations, pendingCalls, heldOctets, timers, topics };
    if (Object.values(left).some((count) => count !== 0)) this.#fail(`something is left: ${JSON.stringify(left)}`);
    const { interceptor_failed, interceptor_closed, interceptor_refused } = this.postmaster.stats().counters;
    const trouble = [interceptor_failed, interceptor_closed, interceptor_refused];
    if (!isDeepStrictEqual(trouble, [this.oracle.lost, 0, 0]))
      this.#fail(`the operator failed, cost, made: ${trouble}`);
    await this.postmaster.close({ drain: 0 });
  }
}

/** The outboxes are flushed in a turn of their own, and a link's end is told in another. */
const written = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
};

const show = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'function' ? '<any>' : inner));
