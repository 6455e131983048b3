/**
 * Inspection events of XState for a run of a compiled chart, so that tools made for actors of XState see either engine alike.
 * Each has the properties of the event that a live actor would send in its place, in the same order. The actions of a transition
 * are not told one by one.
 */

import type { AnyStateMachine } from 'xstate';
import type { ChartEvent } from './compile.ts';
import type { Inspect } from './inspect.ts';
import type { RunWitness } from './run.ts';

interface Snapshot {
  readonly status: 'active' | 'done' | 'error';
  readonly output: undefined;
  readonly error: unknown;
}

/** What inspectors use of XState's ActorRef. */
interface ActorRef {
  readonly id: string;
  readonly sessionId: string;
  readonly logic: unknown;
  readonly _parent: ActorRef | undefined;
  getSnapshot(): Snapshot;
  toJSON(): object;
}

let lastId = 0;
const nextSessionId = (): string => {
  lastId += 1;
  return `compiled:${lastId}`;
};

/** The value of a state as XState writes it: `challenged.waiting` is `{ challenged: 'waiting' }`. */
const stateValueOf = (key: string): unknown => {
  const [outer = '', ...inner] = key.split('.');
  return inner.length === 0 ? outer : { [outer]: stateValueOf(inner.join('.')) };
};

const active: Snapshot = { status: 'active', output: undefined, error: undefined };

const createRef = (of: Omit<ActorRef, 'sessionId' | 'toJSON' | 'id'> & { readonly id?: string }): ActorRef => {
  const sessionId = nextSessionId();
  const id = of.id ?? sessionId;
  return { ...of, id, sessionId, toJSON: () => ({ xstate$$type: 1, id }) };
};

class InspectedRun implements RunWitness {
  readonly #inspect: Inspect;
  readonly #context: unknown;
  readonly #ref: ActorRef;
  #children: Readonly<Record<string, ActorRef>> = {};
  #snapshot: object & Snapshot;

  constructor(inspect: Inspect, machine: AnyStateMachine, context: unknown, first: string) {
    this.#inspect = inspect;
    this.#context = context;
    this.#snapshot = this.#at(first, 'active');
    this.#ref = createRef({ logic: machine, _parent: undefined, getSnapshot: () => this.#snapshot });
    this.#send('@xstate.actor', this.#ref, {});
  }

  sent(event: ChartEvent, source: string | undefined): void {
    const sourceRef = source === undefined ? undefined : this.#children[source];
    this.#send('@xstate.event', this.#ref, { sourceRef, event });
  }

  stepped(event: ChartEvent, key: string, transition: unknown): void {
    this.#snapshot = this.#at(key, 'active');
    const _transitions = transition ? [transition] : [];
    this.#send('@xstate.microstep', this.#ref, { event, snapshot: this.#snapshot, _transitions });
  }

  invoked(id: string): void {
    // It runs a function, of which there is nothing to see.
    const ref = createRef({ id, logic: {}, _parent: this.#ref, getSnapshot: () => active });
    this.#children = { ...this.#children, [id]: ref };
    this.#send('@xstate.actor', ref, {});
  }

  stopped(id: string): void {
    const { [id]: _, ...others } = this.#children;
    this.#children = others;
  }

  settled(event: ChartEvent, { key, isFinal }: { readonly key: string; readonly isFinal: boolean }): void {
    this.#snapshot = this.#at(key, isFinal ? 'done' : 'active');
    this.#send('@xstate.snapshot', this.#ref, { event, snapshot: this.#snapshot });
  }

  broke(event: ChartEvent, key: string, error: unknown): void {
    this.#snapshot = this.#at(key, 'error', error);
    this.#send('@xstate.snapshot', this.#ref, { event, snapshot: this.#snapshot });
  }

  #at(key: string, status: Snapshot['status'], error?: unknown): object & Snapshot {
    const value = stateValueOf(key);
    return {
      status,
      output: undefined,
      error,
      value,
      context: this.#context,
      historyValue: {},
      children: this.#children,
      tags: [],
    } as object & Snapshot;
  }

  #send(type: string, actorRef: ActorRef, more: object): void {
    // The root is not known before its own first event.
    this.#inspect({ type, rootId: (this.#ref ?? actorRef).sessionId, actorRef, ...more });
  }
}

/** Returns what tells `inspect` about a new run of `machine`, whose first state is `first`. */
export const createInspectedRun = (
  inspect: Inspect,
  machine: AnyStateMachine,
  context: unknown,
  first: string,
): RunWitness => new InspectedRun(inspect, machine, context, first);
