/**
 * An oracle of broker and dealer, written from the specification of WAMP v2 in the most naive way: lists that are searched
 * from end to end, no tries, no charts. For each command of a peer it says what every peer must receive. Ids that the router
 * chooses are names that begin with `$`; the comparison binds them.
 */

/** A message that is expected: texts beginning with `$` stand for an id of the router, functions for anything they accept. */
export type Expected = readonly unknown[];

/** What all peers must hear, by peer. */
export type Heard = Map<number, Expected[]>;

/** A published event with its audience. */
interface Published {
  readonly name: string;
  readonly topic: string;
  readonly payload: readonly unknown[];
  readonly publisher: OracleSession;
  readonly options: Options;
}

// biome-ignore lint/suspicious/noExplicitAny: options are what the test makes them
type Options = Readonly<Record<string, any>>;
type Match = 'exact' | 'prefix' | 'wildcard';

interface Topic {
  readonly name: string;
  readonly uri: string;
  readonly match: Match;
  readonly subscribers: OracleSession[];
}

interface Callee {
  readonly session: OracleSession;
  readonly concurrency: number;
  running: number;
}

interface Registration {
  readonly name: string;
  readonly uri: string;
  readonly match: Match;
  readonly invoke: string;
  readonly callees: Callee[];
  readonly queue: OracleCall[];
  turn: number;
}

interface OracleCall {
  readonly caller: OracleSession;
  readonly request: number;
  readonly procedure: string;
  readonly options: Options;
  readonly registration: Registration;
  readonly payload: readonly unknown[];
  readonly tried: Callee[];
  /** Whether its last part has come. */
  isComplete: boolean;
  readonly waitingParts: { readonly payload: readonly unknown[]; readonly isLast: boolean }[];
  callee: Callee | undefined;
  invocation: number;
  sentParts: number;
  hasProgressed: boolean;
  state: 'queued' | 'pending' | 'canceling' | 'done';
}

/** A session as the oracle knows it. */
export interface OracleSession {
  readonly peer: number;
  readonly name: string;
  readonly authid: string;
  readonly isCapable: boolean;
  readonly calls: OracleCall[];
  readonly invocations: Map<number, OracleCall>;
  readonly endedProgressive: Set<number>;
  lastInvocation: number;
  lastRequest: number;
}

const covers = (pattern: string, match: Match, uri: string): boolean => {
  if (match === 'exact') return pattern === uri;
  if (match === 'prefix') return uri.startsWith(pattern);
  const [wide, given] = [pattern.split('.'), uri.split('.')];
  return wide.length === given.length && wide.every((part, at) => part === '' || part === given[at]);
};

/** Literal components as 1, wildcards as 0: the text that is greater is the better pattern. */
const rank = (pattern: string): string => [...pattern.split('.')].map((part) => (part === '' ? '0' : '1')).join('');

/** Broker and dealer of one realm. `chosen` says which of several peers the router took, where chance decides. */
export class Oracle {
  /** Whether an interceptor throws on what has this payload. */
  isLost: (payload: readonly unknown[]) => boolean = () => false;
  /** How many publications that was. */
  lost = 0;
  readonly sessions: OracleSession[] = [];
  readonly topics: Topic[] = [];
  readonly registrations: Registration[] = [];
  readonly #retained = new Map<string, Published>();
  readonly #maxQueued: number;
  #names = 0;
  heard: Heard = new Map();
  chosen: (peers: readonly number[], call: OracleCall) => number = ([first = 0]) => first;

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  #name(kind: string): string {
    this.#names += 1;
    return `$${kind}${this.#names}`;
  }

  say(session: OracleSession | number, ...message: unknown[]): void {
    const peer = typeof session === 'number' ? session : session.peer;
    const list = this.heard.get(peer) ?? [];
    list.push(message);
    this.heard.set(peer, list);
  }

  join(peer: number, isCapable: boolean): OracleSession {
    const name = this.#name('session');
    const session: OracleSession = {
      peer,
      name,
      authid: `${name}-authid`,
      isCapable,
      calls: [],
      invocations: new Map(),
      endedProgressive: new Set(),
      lastInvocation: 0,
      lastRequest: 0,
    };
    this.sessions.push(session);
    this.say(session, 2, name, session);
    this.#meta('wamp.session.on_join', [(details: Options) => typeof details === 'object']);
    return session;
  }

  // ---- broker

  #meta(topic: string, args: readonly unknown[]): void {
    const publication = this.#name('publication');
    for (const { name, uri, match, subscribers } of this.topics) {
      if (!covers(uri, match, topic)) continue;
      const details = match === 'exact' ? {} : { topic };
      for (const subscriber of subscribers) this.say(subscriber, 36, name, publication, details, args);
    }
  }

  subscribe(session: OracleSession, request: number, uri: string, options: Options): void {
    const match: Match = options.match ?? 'exact';
    let topic = this.topics.find((one) => one.uri === uri && one.match === match);
    if (!topic) {
      topic = { name: this.#name('subscription'), uri, match, subscribers: [] };
      this.topics.push(topic);
    }
    if (!topic.subscribers.includes(session)) topic.subscribers.push(session);
    this.say(session, 33, request, topic.name);
    if (!options.get_retained) return;
    for (const [on, published] of this.#retained) {
      if (covers(uri, match, on) && this.#mayReceive(published, session)) this.#event(session, topic, published, true);
    }
  }

  unsubscribe(session: OracleSession, request: number, topic: Topic | undefined): void {
    const at = topic?.subscribers.indexOf(session) ?? -1;
    if (!topic || at < 0) return this.refuse(session, 34, request, 'wamp.error.no_such_subscription');
    topic.subscribers.splice(at, 1);
    if (topic.subscribers.length === 0) this.topics.splice(this.topics.indexOf(topic), 1);
    this.say(session, 35, request);
  }

  publish(session: OracleSession, request: number, topic: string, payload: readonly unknown[], options: Options): void {
    const published: Published = { name: this.#name('publication'), topic, payload, publisher: session, options };
    if (options.acknowledge) this.say(session, 17, request, published.name);
    if (this.isLost(payload)) {
      this.lost += 1;
      return;
    }
    if (options.retain) {
      const isRestricted = ['exclude', 'eligible', 'exclude_authrole', 'eligible_authrole'].some((key) => options[key]);
      // Restricted ones are kept beside the others; the model publishes them without `retain`.
      if (!isRestricted) this.#retained.set(topic, published);
    }
    for (const one of this.topics) {
      if (!covers(one.uri, one.match, topic)) continue;
      for (const subscriber of one.subscribers) {
        if (this.#mayReceive(published, subscriber)) this.#event(subscriber, one, published, false);
      }
    }
  }

  #mayReceive({ options, publisher }: Published, { name }: OracleSession): boolean {
    if (publisher.name === name && options.exclude_me !== false) return false;
    if (options.exclude?.includes(name)) return false;
    if (options.eligible && !options.eligible.includes(name)) return false;
    if (options.exclude_authrole?.includes('anonymous')) return false;
    return !options.eligible_authrole || options.eligible_authrole.includes('anonymous');
  }

  #event(session: OracleSession, { name, match }: Topic, published: Published, isRetained: boolean): void {
    const { publisher, options, topic, payload } = published;
    const details = {
      ...(options.disclose_me && {
        publisher: publisher.name,
        publisher_authid: publisher.authid,
        publisher_authrole: 'anonymous',
      }),
      ...(match !== 'exact' && { topic }),
      ...(isRetained && { retained: true }),
    };
    this.say(session, 36, name, published.name, details, ...payload);
  }

  // ---- dealer

  register(session: OracleSession, request: number, uri: string, options: Options): void {
    const match: Match = options.match ?? 'exact';
    const invoke: string = options.invoke ?? 'single';
    const find = () => this.registrations.find((one) => one.uri === uri && one.match === match);
    const taken = find();
    if (options.force_reregister && taken) {
      if (taken.callees.some((callee) => callee.session !== session)) {
        return this.refuse(session, 64, request, 'wamp.error.not_authorized');
      }
      this.#removeCallee(taken, session);
      if (session.isCapable) {
        const isSentence = (text: unknown): boolean => typeof text === 'string' && text.includes(' ');
        this.say(session, 67, 0, {
          registration: taken.name,
          reason: 'postmaster.revoked.replaced',
          message: isSentence,
        });
      }
    }
    let registration = find();
    const differs = registration && (registration.invoke === 'single' || registration.invoke !== invoke);
    if (differs || registration?.callees.some((callee) => callee.session === session)) {
      return this.refuse(session, 64, request, 'wamp.error.procedure_already_exists');
    }
    if (!registration) {
      registration = { name: this.#name('registration'), uri, match, invoke, callees: [], queue: [], turn: 0 };
      this.registrations.push(registration);
    }
    registration.callees.push({ session, concurrency: options.concurrency ?? Number.POSITIVE_INFINITY, running: 0 });
    this.say(session, 65, request, registration.name);
    this.#serve(registration);
  }

  unregister(session: OracleSession, request: number, registration: Registration | undefined): void {
    if (!registration?.callees.some((callee) => callee.session === session)) {
      return this.refuse(session, 66, request, 'wamp.error.no_such_registration');
    }
    this.#removeCallee(registration, session);
    this.say(session, 67, request);
  }

  #removeCallee(registration: Registration, session: OracleSession): void {
    const at = registration.callees.findIndex((callee) => callee.session === session);
    registration.callees.splice(at, 1);
    if (at < registration.turn) registration.turn -= 1;
    if (registration.callees.length === 0) this.registrations.splice(this.registrations.indexOf(registration), 1);
    for (const call of [...registration.queue]) {
      const isHopeless = registration.callees.every((callee) => call.tried.includes(callee));
      if (isHopeless) this.#fail(call, 'wamp.error.no_available_callee');
    }
  }

  #best(procedure: string): Registration | undefined {
    const fitting = this.registrations.filter(({ uri, match }) => covers(uri, match, procedure));
    const prefixes = fitting.filter(({ match }) => match === 'prefix').sort((a, b) => b.uri.length - a.uri.length);
    const wildcards = fitting
      .filter(({ match }) => match === 'wildcard')
      .sort((a, b) => (rank(a.uri) < rank(b.uri) ? 1 : -1));
    return fitting.find(({ match }) => match === 'exact') ?? prefixes[0] ?? wildcards[0];
  }

  /** Whether the call broke the protocol. */
  call(
    session: OracleSession,
    request: number,
    procedure: string,
    payload: readonly unknown[],
    options: Options,
  ): 'violation' | undefined {
    if (session.isCapable) {
      if (session.endedProgressive.has(request)) return undefined;
      const live = session.calls.find((call) => call.request === request);
      if (live) return this.#continue(live, procedure, payload, options.progress !== true);
    }
    if (options.progress && !session.isCapable) return 'violation';
    const registration = this.#best(procedure);
    if (!registration) {
      if (options.progress) session.endedProgressive.add(request);
      this.refuse(session, 48, request, 'wamp.error.no_such_procedure');
      return undefined;
    }
    const call: OracleCall = {
      caller: session,
      request,
      procedure,
      options,
      registration,
      payload,
      tried: [],
      isComplete: false,
      waitingParts: [],
      callee: undefined,
      invocation: 0,
      sentParts: 0,
      hasProgressed: false,
      state: 'pending',
    };
    session.calls.push(call);
    this.#route(call);
    return undefined;
  }

  #continue(
    call: OracleCall,
    procedure: string,
    payload: readonly unknown[],
    isLast: boolean,
  ): 'violation' | undefined {
    if (!call.options.progress) return 'violation';
    if (call.isComplete || procedure !== call.procedure) return undefined;
    call.isComplete = isLast;
    if (call.state === 'queued') call.waitingParts.push({ payload, isLast });
    else if (call.state === 'pending') this.#sendPart(call, payload, isLast);
    return undefined;
  }

  #route(call: OracleCall): void {
    const { registration, tried } = call;
    const isFree = (callee: Callee): boolean => callee.running < callee.concurrency && !tried.includes(callee);
    const callee = this.#choose(call, registration, registration.callees.filter(isFree));
    if (callee) return this.#invoke(call, callee);
    const hasOther = registration.callees.some((one) => !tried.includes(one));
    if (hasOther && registration.queue.length < this.#maxQueued) {
      registration.queue.push(call);
      call.state = 'queued';
    } else this.#fail(call, 'wamp.error.no_available_callee');
  }

  #choose(call: OracleCall, registration: Registration, ready: readonly Callee[]): Callee | undefined {
    if (ready.length === 0) return undefined;
    switch (registration.invoke) {
      case 'last':
        return ready.at(-1);
      case 'random': {
        const peer = this.chosen(
          ready.map(({ session }) => session.peer),
          call,
        );
        return ready.find(({ session }) => session.peer === peer);
      }
      case 'roundrobin': {
        const { callees } = registration;
        for (let step = 0; step < callees.length; step += 1) {
          const at = (registration.turn + step) % callees.length;
          const callee = callees[at];
          if (!callee || !ready.includes(callee)) continue;
          registration.turn = at + 1;
          return callee;
        }
        return undefined;
      }
      default:
        return ready[0];
    }
  }

  #invoke(call: OracleCall, callee: Callee): void {
    if (call.options.progress && !callee.session.isCapable) {
      return this.#fail(call, 'wamp.error.feature_not_supported');
    }
    call.callee = callee;
    call.state = 'pending';
    callee.running += 1;
    callee.session.lastInvocation += 1;
    call.invocation = callee.session.lastInvocation;
    callee.session.invocations.set(call.invocation, call);
    this.#sendPart(call, call.payload, call.options.progress !== true);
    for (const { payload, isLast } of call.waitingParts.splice(0)) this.#sendPart(call, payload, isLast);
  }

  #sendPart(call: OracleCall, payload: readonly unknown[], isLast: boolean): void {
    const { callee, options, caller, registration, procedure } = call;
    if (!callee) return;
    call.sentParts += 1;
    const details = {
      ...(options.disclose_me && { caller: caller.name, caller_authid: caller.authid, caller_authrole: 'anonymous' }),
      ...(registration.match !== 'exact' && { procedure }),
      ...(options.receive_progress && callee.session.isCapable && { receive_progress: true }),
      ...(!isLast && { progress: true }),
    };
    this.say(callee.session, 68, call.invocation, registration.name, details, ...payload);
  }

  /** An answer of a callee; a violation when the invocation never was. */
  yield(
    session: OracleSession,
    invocation: number,
    payload: readonly unknown[],
    options: Options,
  ): 'violation' | undefined {
    const call = session.invocations.get(invocation);
    if (!call) return invocation > session.lastInvocation ? 'violation' : undefined;
    if (!options.progress) {
      this.say(call.caller, 50, call.request, {}, ...payload);
      this.#settle(call);
    } else if (call.options.receive_progress && session.isCapable && call.state === 'pending') {
      call.hasProgressed = true;
      this.say(call.caller, 50, call.request, { progress: true }, ...payload);
    }
    return undefined;
  }

  error(session: OracleSession, invocation: number, uri: string, payload: readonly unknown[]): 'violation' | undefined {
    const call = session.invocations.get(invocation);
    if (!call) return invocation > session.lastInvocation ? 'violation' : undefined;
    const isFirst = call.state === 'pending' && !call.hasProgressed && call.sentParts === 1;
    const mayReroute = isFirst && session.isCapable;
    if (uri !== 'wamp.error.unavailable' || !mayReroute) {
      this.say(call.caller, 8, 48, call.request, {}, uri, ...payload);
      this.#settle(call);
      return undefined;
    }
    if (call.callee) call.tried.push(call.callee);
    this.#release(call);
    call.callee = undefined;
    call.sentParts = 0;
    this.#route(call);
    this.#serve(call.registration);
    return undefined;
  }

  cancel(session: OracleSession, request: number, mode = 'killnowait'): void {
    const call = session.calls.find((one) => one.request === request);
    if (!call) return;
    const canInterrupt = call.callee?.session.isCapable === true;
    if (call.state === 'pending' && canInterrupt && mode !== 'skip') this.#interrupt(call, mode);
    if (call.state === 'pending' && canInterrupt && mode === 'kill') call.state = 'canceling';
    else if (!(call.state === 'canceling' && mode === 'kill')) this.#fail(call, 'wamp.error.canceled');
  }

  #interrupt(call: OracleCall, mode: string): void {
    if (call.callee) this.say(call.callee.session, 69, call.invocation, { mode, reason: 'wamp.error.canceled' });
  }

  refuse(session: OracleSession, type: number, request: number, uri: string): void {
    this.say(session, 8, type, request, {}, uri, [(sentence: unknown) => typeof sentence === 'string']);
  }

  #fail(call: OracleCall, uri: string): void {
    this.refuse(call.caller, 48, call.request, uri);
    this.#settle(call);
  }

  #release(call: OracleCall): void {
    if (!call.callee) return;
    call.callee.running -= 1;
    call.callee.session.invocations.delete(call.invocation);
  }

  #settle(call: OracleCall): void {
    call.state = 'done';
    const { calls } = call.caller;
    calls.splice(calls.indexOf(call), 1);
    if (call.options.progress) call.caller.endedProgressive.add(call.request);
    const { queue } = call.registration;
    if (queue.includes(call)) queue.splice(queue.indexOf(call), 1);
    if (!call.callee) return;
    this.#release(call);
    this.#serve(call.registration);
  }

  #serve(registration: Registration): void {
    const { queue, callees } = registration;
    while (true) {
      const at = queue.findIndex(({ tried }) =>
        callees.some((callee) => callee.running < callee.concurrency && !tried.includes(callee)),
      );
      if (at < 0) return;
      const [call] = queue.splice(at, 1);
      if (call) this.#route(call);
    }
  }

  // ---- the end

  /** A session is over, whatever ended it. */
  leave(session: OracleSession): void {
    this.sessions.splice(this.sessions.indexOf(session), 1);
    for (const registration of [...this.registrations]) {
      if (registration.callees.some((callee) => callee.session === session)) this.#removeCallee(registration, session);
    }
    for (const call of [...session.invocations.values()]) this.#fail(call, 'wamp.error.canceled');
    for (const call of [...session.calls]) {
      if (call.state === 'pending' && call.callee?.session.isCapable) this.#interrupt(call, 'killnowait');
      this.#settle(call);
    }
    for (const topic of [...this.topics]) {
      const at = topic.subscribers.indexOf(session);
      if (at >= 0) topic.subscribers.splice(at, 1);
      if (topic.subscribers.length === 0) this.topics.splice(this.topics.indexOf(topic), 1);
    }
    this.#meta('wamp.session.on_leave', [session.name, session.authid, 'anonymous']);
  }
}
