/**
 * An oracle of authorization as PROTOCOL.md describes it, which says who may be invoked and who may receive events: first by
 * the rules, then by the authorizer, for a pattern and for each URI under it. It is written from that text, for few URIs: it
 * tries everything, and shares no line with the sources.
 */

import type { PermissionRule } from '../../src/index.ts';

export type Action = 'call' | 'register' | 'publish' | 'subscribe';
export type Match = 'exact' | 'prefix' | 'wildcard';
export type Verdict = 'allowed' | 'refused' | 'failed';
export type Invoke = 'single' | 'roundrobin' | 'random' | 'first' | 'last';

/** A URI or a pattern. */
export interface Place {
  readonly uri: string;
  readonly match: Match;
}

interface Answer {
  readonly value: unknown;
  readonly verdict: Verdict;
  readonly isKept: boolean;
  /** Whether it settles all that lies under the pattern that was asked about. */
  readonly covers?: true;
}

/** What an authorizer answers, what the router is to make of it, and whether it is to remember it. */
export const answers = {
  yes: { value: true, verdict: 'allowed', isKept: true },
  no: { value: false, verdict: 'refused', isKept: true },
  'yes, as an object': { value: { allow: true }, verdict: 'allowed', isKept: true },
  'no, as an object': { value: { allow: false, cache: true }, verdict: 'refused', isKept: true },
  'yes this time': { value: { allow: true, cache: false }, verdict: 'allowed', isKept: false },
  'yes to all': { value: { allow: true, covers: true }, verdict: 'allowed', isKept: true, covers: true },
  'yes to all this time': { value: { allow: true, covers: true, cache: false }, verdict: 'allowed', isKept: false },
  'no to all': { value: { allow: false, covers: true }, verdict: 'refused', isKept: true },
  'no this time': { value: { allow: false, cache: false }, verdict: 'refused', isKept: false },
  nonsense: { value: 'yes', verdict: 'failed', isKept: false },
  nothing: { value: undefined, verdict: 'failed', isKept: false },
  never: { value: undefined, verdict: 'failed', isKept: false },
  exception: { value: undefined, verdict: 'failed', isKept: false },
} as const satisfies Record<string, Answer>;

/** What the authorizer thinks of each question. It takes its time over some of them. */
export type Mind = (
  peer: number,
  action: Action,
  uri: string,
  match: Match,
) => { readonly answer: keyof typeof answers; readonly isLate: boolean };

interface Subscription extends Place {
  readonly id: unknown;
}

interface Registration extends Place {
  readonly invoke: Invoke;
  readonly callees: { readonly peer: number; readonly id: unknown }[];
}

/** A publication, by the number that is its argument. */
export interface Published {
  readonly topic: string;
  readonly number: number;
  readonly publisher: number;
  /** Whether its publisher hears it. */
  readonly isForAll: boolean;
}

const fits = (pattern: string, uri: string): boolean => {
  const wide = pattern.split('.');
  const narrow = uri.split('.');
  return wide.length === narrow.length && wide.every((part, at) => part === '' || part === narrow[at]);
};

/** What all URIs have in common that a wildcard pattern covers: they begin with it. */
const beginning = (pattern: string): string => /^(?:[^.]+\.)*/.exec(pattern)?.[0] ?? '';

/** Whether all that `inner` stands for is covered by `outer`. */
export const covers = (outer: Place, inner: Place): boolean => {
  if (outer.match === 'exact') return inner.match === 'exact' && inner.uri === outer.uri;
  if (outer.match === 'wildcard') return inner.match !== 'prefix' && fits(outer.uri, inner.uri);
  return (inner.match === 'wildcard' ? beginning(inner.uri) : inner.uri).startsWith(outer.uri);
};

const exactly = (uri: string): Place => ({ uri, match: 'exact' });
const isReserved = ({ uri, match }: Place): boolean => uri.startsWith('wamp.') || (uri === 'wamp' && match === 'exact');

const ranks: readonly Match[] = ['exact', 'prefix', 'wildcard'];
const literals = (pattern: string): readonly boolean[] => pattern.split('.').map((part) => part !== '');

/** Which of two patterns that cover the same URI a call goes to first: below 0 for `a`. */
const byPrecedence = (a: Place, b: Place): number => {
  if (a.match !== b.match) return ranks.indexOf(a.match) - ranks.indexOf(b.match);
  if (a.match === 'prefix') return b.uri.length - a.uri.length;
  const [ofA, ofB] = [literals(a.uri), literals(b.uri)];
  const at = ofA.findIndex((isLiteral, place) => isLiteral !== ofB[place]);
  return ofA[at] ? -1 : 1;
};

/** A retained event, or one that is live. */
export interface Heard {
  readonly subscription: unknown;
  readonly topic: string | undefined;
  readonly number: number;
  readonly publisher: number;
  readonly isRetained: boolean;
}

interface Remembered {
  readonly verdicts: Map<string, Verdict>;
  /** Patterns that were allowed with all under them. */
  readonly settled: { readonly action: Action; readonly place: Place }[];
}

/** What a realm with roles and an authorizer has to do. Peers are numbers. */
export class Oracle {
  mind: Mind | undefined;
  readonly #rules: (peer: number) => readonly PermissionRule[];
  readonly #remembered = new Map<number, Remembered>();
  readonly #subscriptions = new Map<number, Subscription[]>();
  #registrations: Registration[] = [];
  readonly #retained = new Map<string, Published>();
  readonly #published: Published[] = [];

  constructor(rules: (peer: number) => readonly PermissionRule[], mind: Mind | undefined) {
    this.#rules = rules;
    this.mind = mind;
  }

  /** What the rules say. The one that fits best decides alone; of two alike the later. */
  isAllowedByRules(peer: number, action: Action, place: Place): boolean {
    const applying = this.#rules(peer).filter(({ uri, match = 'exact' }) => {
      const rule = { uri, match };
      return covers(rule, place) && (isReserved(rule) || !isReserved(place));
    });
    const rank = ({ uri, match = 'exact' }: PermissionRule): number => uri.length - 1000 * ranks.indexOf(match);
    const best = Math.max(...applying.map(rank));
    return applying.findLast((rule) => rank(rule) === best)?.[action] === true;
  }

  /** The authorizer has given an answer. */
  answered(peer: number, action: Action, place: Place, answer: keyof typeof answers): void {
    const { isKept, verdict, covers: isForAll }: Answer = answers[answer];
    if (!isKept) return;
    const known = this.#remembered.get(peer) ?? { verdicts: new Map<string, Verdict>(), settled: [] };
    this.#remembered.set(peer, known);
    known.verdicts.set(`${action} ${place.match} ${place.uri}`, verdict);
    if (isForAll && place.match !== 'exact') known.settled.push({ action, place });
  }

  remembered(peer: number, action: Action, { uri, match }: Place): Verdict | undefined {
    return this.#remembered.get(peer)?.verdicts.get(`${action} ${match} ${uri}`);
  }

  /** Forgets what the authorizer said of one peer, or of all. */
  forget(peer?: number): void {
    if (peer === undefined) this.#remembered.clear();
    else this.#remembered.delete(peer);
  }

  decide(peer: number, action: Action, place: Place): Verdict {
    if (!this.isAllowedByRules(peer, action, place)) return 'refused';
    if (!this.mind) return 'allowed';
    const { uri, match } = place;
    return this.remembered(peer, action, place) ?? answers[this.mind(peer, action, uri, match).answer].verdict;
  }

  /** Whether what a peer was allowed with a pattern holds for a URI under it. An answer about this very URI counts most. */
  #holds(peer: number, action: Action, uri: string): boolean {
    const place = exactly(uri);
    const settled = this.#remembered.get(peer)?.settled ?? [];
    const isSettled = settled.some((one) => one.action === action && covers(one.place, place));
    if (isSettled && !this.remembered(peer, action, place)) return this.isAllowedByRules(peer, action, place);
    return this.decide(peer, action, place) === 'allowed';
  }

  /** Whether a peer may hear a topic under a pattern. */
  mayReceive(peer: number, topic: string): boolean {
    return this.#holds(peer, 'subscribe', topic);
  }

  #mayReceive(peer: number, { match }: Place, topic: string): boolean {
    return match === 'exact' || this.mayReceive(peer, topic);
  }

  /** The session of a peer is over: so is what it had. */
  leave(peer: number): void {
    this.forget(peer);
    this.#subscriptions.delete(peer);
    for (const { peer: callee, id } of this.registrationsOf(peer)) this.unregister(callee, id);
    // Its next session is another: it is not the one that was left out.
    for (const [topic, publication] of this.#retained) {
      if (publication.publisher === peer) this.#retained.set(topic, { ...publication, isForAll: true });
    }
  }

  subscriptionsOf(peer: number): readonly Subscription[] {
    return this.#subscriptions.get(peer) ?? [];
  }

  subscribe(peer: number, place: Place, id: unknown): void {
    const known = this.subscriptionsOf(peer);
    if (!known.some((held) => held.id === id)) this.#subscriptions.set(peer, [...known, { ...place, id }]);
  }

  unsubscribe(peer: number, id: unknown): void {
    this.#subscriptions.set(
      peer,
      this.subscriptionsOf(peer).filter((held) => held.id !== id),
    );
  }

  /** The retained events that a subscriber of `place` gets. */
  retainedFor(peer: number, place: Place, subscription: unknown): readonly Heard[] {
    return [...this.#retained.values()]
      .filter(({ topic, publisher, isForAll }) => {
        return (
          (publisher !== peer || isForAll) && covers(place, exactly(topic)) && this.#mayReceive(peer, place, topic)
        );
      })
      .map((publication) => heardOf({ ...place, id: subscription }, publication, true));
  }

  /** Says what a publication is answered with, an error or undefined, and keeps it where it is to be kept. */
  publish(publication: Published, isRetained: boolean): string | undefined {
    const { topic, publisher } = publication;
    if (isReserved(exactly(topic))) return 'wamp.error.invalid_uri';
    const error = errorOf(this.decide(publisher, 'publish', exactly(topic)));
    if (error) return error;
    this.#published.push(publication);
    if (isRetained) this.#retained.set(topic, publication);
    return undefined;
  }

  /** What a peer hears of a publication. */
  heardBy(peer: number, publication: Published): readonly Heard[] {
    const { topic, publisher, isForAll } = publication;
    if (publisher === peer && !isForAll) return [];
    return this.subscriptionsOf(peer)
      .filter((held) => covers(held, exactly(topic)) && this.#mayReceive(peer, held, topic))
      .map((held) => heardOf(held, publication, false));
  }

  /** What a peer finds in the history of `place`: the numbers of the publications, or an error. */
  history(peer: number, place: Place): readonly number[] | string {
    return (
      errorOf(this.decide(peer, 'subscribe', place)) ??
      this.#published
        .filter(({ topic }) => covers(place, exactly(topic)) && this.#mayReceive(peer, place, topic))
        .map(({ number }) => number)
    );
  }

  registrationsOf(peer: number): readonly { readonly peer: number; readonly id: unknown }[] {
    return this.#registrations.flatMap(({ callees }) => callees.filter((callee) => callee.peer === peer));
  }

  /** What a REGISTER is answered with: an error, or undefined. */
  registerError(peer: number, place: Place, invoke: Invoke): string | undefined {
    if (isReserved(exactly(place.uri))) return 'wamp.error.invalid_uri';
    const error = errorOf(this.decide(peer, 'register', place));
    const known = this.#find(place);
    if (error || !known) return error;
    const isShared = known.invoke !== 'single' && known.invoke === invoke;
    const isNew = known.callees.every((callee) => callee.peer !== peer);
    return isShared && isNew ? undefined : 'wamp.error.procedure_already_exists';
  }

  register(peer: number, place: Place, invoke: Invoke, id: unknown): void {
    const known = this.#find(place);
    if (known) known.callees.push({ peer, id });
    else this.#registrations.push({ ...place, invoke, callees: [{ peer, id }] });
  }

  unregister(peer: number, id: unknown): void {
    for (const { callees } of this.#registrations) {
      const at = callees.findIndex((callee) => callee.peer === peer && callee.id === id);
      if (at >= 0) callees.splice(at, 1);
    }
    this.#registrations = this.#registrations.filter(({ callees }) => callees.length > 0);
  }

  #find({ uri, match }: Place): Registration | undefined {
    return this.#registrations.find((known) => known.uri === uri && known.match === match);
  }

  /** Who answers a call: one of several peers where the policy leaves it open. Or the error. */
  call(caller: number, procedure: string): readonly number[] | string {
    const place = exactly(procedure);
    const covering = this.#registrations.filter((registration) => covers(registration, place)).sort(byPrecedence);
    const candidates = covering[0]?.match === 'exact' ? covering.slice(0, 1) : isReserved(place) ? [] : covering;
    if (candidates.length === 0) return noSuchProcedure;
    const error = errorOf(this.decide(caller, 'call', place));
    if (error) return error;
    for (const { match, invoke, callees } of candidates) {
      const able = callees.filter(({ peer }) => match === 'exact' || this.#holds(peer, 'register', procedure));
      const peers = able.map(({ peer }) => peer);
      if (peers.length > 0)
        return invoke === 'last' ? peers.slice(-1) : areOpen.has(invoke) ? peers : peers.slice(0, 1);
    }
    return noSuchProcedure;
  }
}

const areOpen: ReadonlySet<Invoke> = new Set(['random', 'roundrobin']);
const noSuchProcedure = 'wamp.error.no_such_procedure';
const errors = { refused: 'wamp.error.not_authorized', failed: 'wamp.error.authorization_failed' } as const;
/** What a request is answered with that got this verdict. */
export const errorOf = (verdict: Verdict): string | undefined => (verdict === 'allowed' ? undefined : errors[verdict]);

const heardOf = ({ id, match }: Subscription, { topic, number, publisher }: Published, isRetained: boolean): Heard => ({
  subscription: id,
  topic: match === 'exact' ? undefined : topic,
  number,
  publisher,
  isRetained,
});
