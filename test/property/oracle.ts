/**
 * A naive router, written from the rules of WAMP v1 alone: who receives what, and how each call is answered. It shares no
 * code with the real one. It looks everything up by scanning, and nothing in it is fast.
 */

/** What a peer may say, by name. Peers and session ids are named by number, -1 is an id that nobody has. */
export type Said =
  | { readonly say: 'prefix'; readonly prefix: string; readonly uri: string }
  | { readonly say: 'subscribe' | 'unsubscribe'; readonly topic: string }
  | {
      readonly say: 'publish';
      readonly topic: string;
      readonly event: unknown;
      readonly exclude?: boolean | null | readonly number[];
      readonly eligible?: null | readonly number[];
    }
  | { readonly say: 'call'; readonly procedure: string; readonly args: readonly number[] }
  | { readonly say: 'authreq'; readonly key: unknown }
  | { readonly say: 'auth'; readonly signature: 'right' | 'wrong' | 'number' }
  | { readonly say: 'badCall'; readonly rest: readonly unknown[] }
  | { readonly say: 'bad'; readonly text: string };

/** An answer: the result, or the URI of the error. `challenge` is any text. */
export type Reply = { readonly result: unknown } | { readonly error: string } | { readonly challenge: true };

interface Entry {
  readonly uri: string;
  readonly prefix: boolean;
  readonly pub: boolean;
  readonly sub: boolean;
}

/** The users of the router under test, with the permissions that its callbacks return. */
export const users: Readonly<
  Record<string, { readonly secret: string; readonly pubsub: readonly Entry[]; readonly rpc: readonly string[] }>
> = {
  alice: {
    secret: 'alice-secret',
    pubsub: [{ uri: '', prefix: true, pub: true, sub: true }],
    rpc: ['urn:add', 'urn:async', 'urn:fail', 'urn:throw', 'urn:odd', 'urn:dynamic', 'urn:never'],
  },
  bob: {
    secret: 'bob-secret',
    pubsub: [
      { uri: 'urn:a', prefix: false, pub: true, sub: false },
      { uri: 'urn:b', prefix: true, pub: false, sub: true },
      { uri: 'urn:b1', prefix: true, pub: true, sub: true },
      { uri: 'urn:c', prefix: true, pub: true, sub: true },
    ],
    rpc: ['urn:add', 'urn:fail'],
  },
};

const api = 'http://api.wamp.ws/error#';

interface Peer {
  state: 'welcome' | 'challenged' | 'authenticated';
  key: string | undefined;
  readonly prefixes: [string, string][];
  readonly topics: Set<string>;
}

/** What follows from a message: a reply for its sender, and events as [peer, topic, event]. The in-process peer is `local`. */
export interface Outcome {
  readonly reply?: Reply;
  readonly events: readonly (readonly [peer: number | 'local', topic: string, event: unknown])[];
}

const nothing: Outcome = { events: [] };

/** The model. Peers are numbers; an absent one is not connected. */
export class Oracle {
  readonly peers = new Map<number, Peer>();
  readonly localTopics = new Set<string>();
  dynamicIsRegistered = false;
  /** Whether a publisher hears its own event only when it says so. */
  readonly excludesPublisher: boolean;

  constructor(excludesPublisher: boolean) {
    this.excludesPublisher = excludesPublisher;
  }

  connect(peer: number): void {
    this.peers.set(peer, { state: 'welcome', key: undefined, prefixes: [], topics: new Set() });
  }

  disconnect(peer: number): void {
    this.peers.delete(peer);
  }

  /** An event that the router or the in-process peer publishes. */
  publish(topic: string, event: unknown, excluded?: 'local'): Outcome {
    if (event === 'drop') return nothing;
    const hearing = [...this.peers].filter(([, { topics }]) => topics.has(topic)).map(([number]) => number);
    const local = this.localTopics.has(topic) && excluded !== 'local' ? (['local'] as const) : [];
    return { events: [...hearing, ...local].map((peer) => [peer, topic, event] as const) };
  }

  /** What follows when `number` says something. */
  hear(number: number, said: Said): Outcome {
    const peer = this.peers.get(number);
    if (!peer) return nothing;
    switch (said.say) {
      case 'prefix':
        peer.prefixes.push([said.prefix, said.uri]);
        return nothing;
      case 'subscribe':
      case 'unsubscribe':
        return this.#subscription(peer, said.say, this.#resolve(peer, said.topic));
      case 'publish':
        return this.#publication(number, peer, said);
      case 'call': {
        const reply = this.#call(peer, this.#resolve(peer, said.procedure), said.args);
        return reply ? { events: [], reply } : nothing;
      }
      case 'authreq':
        return { events: [], reply: this.#shadowed(peer, 'authreq') ?? this.#authreq(peer, said.key) };
      case 'auth':
        return { events: [], reply: this.#shadowed(peer, 'auth') ?? this.#auth(peer, said.signature) };
      case 'badCall':
        return { events: [], reply: { error: `${api}invalid-argument` } };
      case 'bad':
        return nothing;
    }
  }

  #resolve(peer: Peer, curie: string): string {
    const colon = curie.indexOf(':');
    if (colon < 0) return curie;
    const defined = peer.prefixes.filter(([prefix]) => prefix === curie.slice(0, colon)).at(-1);
    return defined ? defined[1] + curie.slice(colon + 1) : curie;
  }

  #may(peer: Peer, what: 'pub' | 'sub', topic: string): boolean {
    if (peer.state !== 'authenticated') return false;
    const entries = users[peer.key ?? '']?.pubsub ?? [];
    const exact = entries.find(({ uri, prefix }) => !prefix && uri === topic);
    if (exact) return exact[what];
    const fitting = entries.filter(({ uri, prefix }) => prefix && topic.startsWith(uri));
    return [...fitting].sort((a, b) => b.uri.length - a.uri.length)[0]?.[what] ?? false;
  }

  #subscription(peer: Peer, say: 'subscribe' | 'unsubscribe', topic: string): Outcome {
    if (say === 'unsubscribe' && peer.state === 'authenticated') peer.topics.delete(topic);
    if (say === 'subscribe' && this.#may(peer, 'sub', topic)) peer.topics.add(topic);
    return nothing;
  }

  #publication(number: number, peer: Peer, said: Extract<Said, { say: 'publish' }>): Outcome {
    const topic = this.#resolve(peer, said.topic);
    if (!this.#may(peer, 'pub', topic) || said.event === 'veto') return nothing;
    const { exclude, eligible } = said;
    const isOut = (receiver: number): boolean =>
      Array.isArray(exclude)
        ? exclude.includes(receiver)
        : (exclude ?? this.excludesPublisher) === true && receiver === number;
    const isIn = (receiver: number): boolean => !Array.isArray(eligible) || eligible.includes(receiver);
    const { events } = this.publish(topic, said.event);
    return {
      events: events.filter(([receiver]) =>
        receiver === 'local' ? !Array.isArray(eligible) : !isOut(receiver) && isIn(receiver),
      ),
    };
  }

  /** Nothing for a procedure that never answers. */
  #call(peer: Peer, procedure: string, args: readonly number[]): Reply | undefined {
    if (procedure === 'urn:open') return { result: ['open', ...args] };
    const exists =
      ['urn:add', 'urn:async', 'urn:fail', 'urn:throw', 'urn:odd', 'urn:never'].includes(procedure) ||
      (procedure === 'urn:dynamic' && this.dynamicIsRegistered);
    if (!exists || peer.state !== 'authenticated') return { error: `${api}NoSuchRPCEndpoint` };
    if (!users[peer.key ?? '']?.rpc.includes(procedure)) return { error: `${api}not_authorized` };
    const sum = args.reduce((total, value) => total + value, 0);
    const answers: Readonly<Record<string, Reply>> = {
      'urn:add': { result: sum },
      'urn:async': { result: sum },
      'urn:dynamic': { result: null },
      'urn:fail': { error: 'urn:my-error' },
      'urn:throw': { error: `${api}generic` },
      'urn:odd': { error: `${api}internal` },
    };
    return answers[procedure];
  }

  /** A prefix called `http` hides the procedures of WAMP-CRA, as it hides all such URIs. */
  #shadowed(peer: Peer, name: string): Reply | undefined {
    const uri = `http://api.wamp.ws/procedure#${name}`;
    return this.#resolve(peer, uri) === uri ? undefined : { error: `${api}NoSuchRPCEndpoint` };
  }

  #authreq(peer: Peer, key: unknown): Reply {
    if (peer.state === 'authenticated') return { error: `${api}already-authenticated` };
    if (peer.state === 'challenged') return { error: `${api}authentication-already-requested` };
    if (key === null) return { error: `${api}anonymous-auth-forbidden` };
    if (typeof key !== 'string') return { error: `${api}invalid-argument` };
    if (key === '') return { error: `${api}no-such-authkey` };
    peer.state = 'challenged';
    peer.key = key;
    return { challenge: true };
  }

  #auth(peer: Peer, signature: 'right' | 'wrong' | 'number'): Reply {
    if (peer.state === 'authenticated') return { error: `${api}already-authenticated` };
    if (peer.state === 'welcome') return { error: `${api}no-authentication-requested` };
    if (signature === 'number') return { error: `${api}invalid-argument` };
    const user = users[peer.key ?? ''];
    if (signature === 'right' && user) {
      peer.state = 'authenticated';
      return {
        result: { pubsub: user.pubsub, rpc: user.rpc.map((uri) => ({ uri, call: true })) },
      };
    }
    peer.state = 'welcome';
    return { error: `${api}invalid-signature` };
  }
}
