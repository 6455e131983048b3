/**
 * A chart, compiled: what XState would look up, resolve and copy for each event is found out once, when the program starts.
 * The machine stays the only description; the table is derived from it, and a test runs both over the same events and
 * compares states, effects and their order. Only what the connection chart uses is understood; anything else is refused when
 * it is compiled.
 */

import type { EventObject } from 'xstate';

/** What the compiler reads of a state; XState's StateNode has it. */
interface Node {
  readonly key: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly parent: Node | undefined;
  readonly states: Readonly<Record<string, Node>>;
  readonly initial: { readonly target: readonly Node[] };
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly after: readonly Transition[];
  readonly invoke: readonly { readonly src: unknown; readonly input?: unknown }[];
  readonly always?: readonly unknown[] | undefined;
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
}

interface Transition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target: readonly Node[] | undefined;
  readonly source: Node;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean | undefined;
  readonly delay?: unknown;
}

type Args<Context> = { readonly context: Context; readonly event: EventObject };
type Resolver<Context> = (args: Args<Context>, params?: unknown) => unknown;

/** What a chart needs to be run: the functions behind the names in it. */
export interface Effects<Context> {
  readonly actions: Readonly<Record<string, (args: Args<Context>, params: never) => void>>;
  /** Each is given its input and a way to send events back, which ends when the state is left. */
  readonly actors: Readonly<Record<string, (input: never, sendBack: (event: EventObject) => void) => void>>;
  readonly guards: Readonly<Record<string, Resolver<Context>>>;
  readonly delays: Readonly<Record<string, Resolver<Context>>>;
}

/** One thing to do: an effect, or an event that the chart sends to itself. */
type Action<Context> = { readonly raise: EventObject } | { readonly run: (args: Args<Context>) => void };

/** What happens when a state is entered or left. */
interface Stage<Context> {
  readonly id: string;
  readonly entry: readonly Action<Context>[];
  readonly exit: readonly Action<Context>[];
  readonly timers: readonly { readonly delay: Resolver<Context>; readonly event: EventObject }[];
  readonly actors: readonly ((args: Args<Context>, sendBack: (event: EventObject) => void) => void)[];
}

/** One way to react to an event. */
export interface Step<Context> {
  readonly guard: Resolver<Context> | undefined;
  readonly exits: readonly Stage<Context>[];
  readonly actions: readonly Action<Context>[];
  readonly enters: readonly Stage<Context>[];
  readonly target: string | undefined;
}

/** An innermost state: what each event may lead to, in the order in which it is tried. */
export interface Leaf<Context> {
  /** Its path, as in `challenged.waiting`. */
  readonly key: string;
  /** The outermost state. */
  readonly outer: string;
  readonly isFinal: boolean;
  readonly steps: ReadonlyMap<string, readonly Step<Context>[]>;
}

/** A chart as a table. */
export interface CompiledChart<Context> {
  readonly leaves: ReadonlyMap<string, Leaf<Context>>;
  readonly first: { readonly leaf: Leaf<Context>; readonly enters: readonly Stage<Context>[] };
}

const refuse = (what: string): never => {
  throw new Error(`the compiler of charts does not understand ${what}`);
};

const chainOf = (node: Node): readonly Node[] => (node.parent ? [...chainOf(node.parent), node] : [node]);
const childrenOf = (node: Node): readonly Node[] => Object.values(node.states);
const commonLength = (one: readonly Node[], other: readonly Node[]): number => {
  const at = one.findIndex((node, index) => other[index] !== node);
  return at < 0 ? one.length : at;
};
const leavesOf = (node: Node): readonly Node[] => {
  const children = childrenOf(node);
  return children.length === 0 ? [node] : children.flatMap(leavesOf);
};
const leafOf = (node: Node): Node =>
  childrenOf(node).length === 0 ? node : leafOf(node.initial.target[0] ?? refuse('a state without an initial one'));

// As the machine itself looks a transition up: from the innermost state outwards, the exact event before the wildcard.
const candidatesOf = (leaf: Node, type: string): readonly Transition[] =>
  [...chainOf(leaf)].reverse().flatMap((node) => {
    const exact = node.transitions.get(type);
    const [wildcard, second] = [...node.transitions.keys()].filter(
      (key) => key.endsWith('.*') && type.startsWith(key.slice(0, -1)),
    );
    if (second !== undefined) refuse(`${wildcard} beside ${second}`);
    return exact ?? (wildcard === undefined ? [] : (node.transitions.get(wildcard) ?? []));
  });

/** Compiles a machine, given by its root. `types` are the events that are not named in it but covered by a wildcard. */
export const compileChart = <Context>(
  machineRoot: unknown,
  effects: Effects<Context>,
  types: readonly string[],
): CompiledChart<Context> => {
  const root = machineRoot as Node;

  const named = <Found>(table: Readonly<Record<string, Found>>, name: unknown): Found =>
    table[String(name)] ?? refuse(`the name ${String(name)}`);
  const toAction = (action: unknown): Action<Context> => {
    const { type, params, event } =
      typeof action === 'string' ? { type: action } : (action as { type: string; params?: unknown; event?: unknown });
    if (type === 'xstate.raise') {
      if (typeof event !== 'object' || (action as { delay?: unknown }).delay !== undefined)
        refuse('a raise of this kind');
      return { raise: event as EventObject };
    }
    const effect = named(effects.actions, type);
    const resolve: Resolver<Context> = typeof params === 'function' ? (params as Resolver<Context>) : () => params;
    return { run: (args) => effect(args, resolve(args) as never) };
  };
  const nameOf = (given: unknown): unknown => (typeof given === 'string' ? given : (given as { type: string }).type);
  const isBuiltIn = (action: unknown): boolean => {
    const { type, event } = action as { readonly type?: string; readonly event?: { readonly type?: string } };
    // What XState adds for `after`; here the timers are kept apart.
    return type === 'xstate.cancel' || (type === 'xstate.raise' && event?.type?.startsWith('xstate.after.') === true);
  };
  const toActions = (actions: readonly unknown[]): readonly Action<Context>[] =>
    actions.filter((action) => !isBuiltIn(action)).map(toAction);

  const stages = new Map<Node, Stage<Context>>();
  const stageOf = (node: Node): Stage<Context> => {
    const known = stages.get(node);
    if (known) return known;
    if (node.type === 'parallel' || node.type === 'history') refuse(`a ${node.type} state`);
    if (node.invoke.length > 0 && childrenOf(node).length > 0) refuse('an actor of a state with states in it');
    if (node.always && node.always.length > 0) refuse('always');
    for (const key of node.transitions.keys()) {
      if (key === '*' || key.startsWith('xstate.done.') || key.startsWith('xstate.error.')) refuse(`the event ${key}`);
    }
    const stage: Stage<Context> = {
      id: node.path.join('.'),
      entry: toActions(node.entry),
      exit: toActions(node.exit),
      timers: [...new Map(node.after.map((each) => [each.eventType, each])).values()].map(({ delay, eventType }) => ({
        delay: typeof delay === 'number' ? () => delay : named(effects.delays, delay),
        event: { type: eventType },
      })),
      actors: node.invoke.map(({ src, input }) => {
        const ask = named(effects.actors, src);
        return (args, sendBack) => ask((input as Resolver<Context>)(args) as never, sendBack);
      }),
    };
    stages.set(node, stage);
    return stage;
  };

  const guardOf = (guard: unknown): Resolver<Context> | undefined => {
    if (guard === undefined) return undefined;
    if (typeof guard === 'object' && guard !== null && 'params' in guard) refuse('a guard with params');
    return named(effects.guards, nameOf(guard));
  };
  const toStep = (leaf: Node, { guard, target, source, actions, reenter }: Transition): Step<Context> => {
    const common = { guard: guardOf(guard), actions: toActions(actions) };
    const [to, second] = target ?? [];
    if (second) refuse('two targets');
    if (reenter || to === source) refuse('a state that leads to itself');
    if (!to) return { ...common, exits: [], enters: [], target: undefined };
    const goal = leafOf(to);
    // A target inside of its source leaves the source alone; any other leaves everything below what both are in.
    const isInside = to !== source && chainOf(to).includes(source);
    const [from, into] = [chainOf(leaf), chainOf(goal)];
    const shared = isInside
      ? chainOf(source).length
      : commonLength(chainOf(source).slice(0, -1), chainOf(to).slice(0, -1));
    return {
      ...common,
      exits: from.slice(shared).reverse().map(stageOf),
      enters: into.slice(shared).map(stageOf),
      target: goal.path.join('.'),
    };
  };

  const eventTypes = new Set([
    ...types,
    ...[root, ...chainsBelow(root)].flatMap((node) =>
      [...node.transitions.keys()].filter((key) => !key.endsWith('.*')),
    ),
  ]);
  const toLeaf = (node: Node): Leaf<Context> => ({
    key: node.path.join('.'),
    outer: node.path[0] ?? '',
    isFinal: node.type === 'final',
    steps: new Map(
      [...eventTypes].map((type) => [type, candidatesOf(node, type).map((each) => toStep(node, each))] as const),
    ),
  });
  const leaves = new Map(leavesOf(root).map((node) => [node.path.join('.'), toLeaf(node)]));
  const first = leafOf(root);
  const leaf = leaves.get(first.path.join('.')) ?? refuse('a chart without states');
  const enters = chainOf(first).map(stageOf);
  for (const { entry, actors } of enters) {
    if (actors.length > 0 || entry.some((action) => 'raise' in action)) refuse('a first state that asks or raises');
  }
  return { leaves, first: { leaf, enters } };
};

const chainsBelow = (node: Node): readonly Node[] =>
  childrenOf(node).flatMap((child) => [child, ...chainsBelow(child)]);
