/**
 * Compiles a chart into a table. What XState would look up, resolve and copy for each event is worked out once, when the
 * program starts. The machine remains the only description: the table is derived from it, and a property test runs both
 * over the same events and compares states, effects and their order. A construct that the compiler does not understand is
 * refused (`understood.ts`).
 *
 * What must live here: how a machine becomes a table. What must not: what the table is used for (`run.ts` runs it,
 * `admission.ts` and `call-table.ts` read it).
 */

import type { Node, Transition } from './node.ts';
import { chainOf, childrenOf, commonLength, covers, leafOf, listOf, refuse, treeOf } from './node.ts';
import { checkUnderstood } from './understood.ts';

/** An event of a chart: what XState calls an EventObject. */
export interface ChartEvent {
  readonly type: string;
}

/** The arguments of a chart's functions. */
export interface Args<Context> {
  readonly context: Context;
  readonly event: ChartEvent;
}

/** Ends an actor. */
export type Stop = () => void;

/** The functions behind the names in a chart. */
export interface Effects<Context> {
  readonly actions: Readonly<Record<string, (args: Args<Context>, params: never) => void>>;
  /**
   * Each is given its input and a function that sends events back. That function has no effect once the state has been
   * left. The returned function, if any, is called when the state is left.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an actor that has nothing to end returns nothing.
  readonly actors: Readonly<Record<string, (input: never, sendBack: (event: ChartEvent) => void) => Stop | void>>;
  readonly guards: Readonly<Record<string, (args: Args<Context>) => unknown>>;
  /** In ms. */
  readonly delays: Readonly<Record<string, number | ((args: Args<Context>) => number)>>;
}

/** One thing to do, by its name: an effect, or an event that the chart raises for itself. */
export type Action<Context> = { readonly name: string } & (
  | { readonly raise: ChartEvent }
  | { readonly run: (args: Args<Context>) => void }
);

/** An actor that runs while a state is active. */
export interface Invocation<Context> {
  /** As XState names it. */
  readonly id: string;
  readonly input: (args: Args<Context>) => unknown;
  readonly begin: Effects<Context>['actors'][string];
}

/** What happens when a state is entered or left. */
export interface Stage<Context> {
  readonly entry: readonly Action<Context>[];
  readonly exit: readonly Action<Context>[];
  readonly timers: readonly { readonly delay: (args: Args<Context>) => number; readonly event: ChartEvent }[];
  readonly actors: readonly Invocation<Context>[];
}

/** One way to react to an event. */
export interface Step<Context> {
  readonly guard: ((args: Args<Context>) => unknown) | undefined;
  readonly exits: readonly Stage<Context>[];
  readonly actions: readonly Action<Context>[];
  readonly enters: readonly Stage<Context>[];
  /** The key of the innermost state that it leads to; undefined if no state is left. */
  readonly target: string | undefined;
  /** What it was compiled from, for inspectors. */
  readonly transition: Transition;
}

/** An innermost state, with the possible steps for each event in the order in which they are tried. */
export interface Leaf<Context> {
  /** Its path, as in `challenged.waiting`. */
  readonly key: string;
  /** The key of the outermost state that contains it. */
  readonly outer: string;
  readonly isFinal: boolean;
  /** By event, and by wildcard for the events that the chart does not name. Use `stepsOf` to read it. */
  readonly steps: ReadonlyMap<string, readonly Step<Context>[]>;
}

/** A chart as a table. */
export interface CompiledChart<Context> {
  readonly leaves: ReadonlyMap<string, Leaf<Context>>;
  /** Longest first. */
  readonly wildcards: readonly string[];
  readonly first: { readonly leaf: Leaf<Context>; readonly enters: readonly Stage<Context>[] };
}

const nothing: readonly never[] = [];

/** The possible steps for an event in a state. */
export const stepsOf = <Context>(
  { wildcards }: Pick<CompiledChart<Context>, 'wildcards'>,
  { steps }: Leaf<Context>,
  type: string,
): readonly Step<Context>[] =>
  steps.get(type) ?? steps.get(wildcards.find((each) => covers(each, type)) ?? '') ?? nothing;

// In the order in which XState looks a transition up: from the innermost state outwards; within a state the exact event
// before wildcards, and longer wildcards first. The first transition whose guard allows it is taken, so nothing after one
// without a guard is ever tried.
const candidatesOf = (leaf: Node, type: string): readonly Transition[] => {
  const all = [...chainOf(leaf)].reverse().flatMap(({ transitions }) =>
    [...transitions]
      .filter(([descriptor]) => covers(descriptor, type))
      .sort(([one], [other]) => Number(other === type) - Number(one === type) || other.length - one.length)
      .flatMap(([, found]) => found),
  );
  const last = all.findIndex(({ guard }) => !guard);
  return last < 0 ? all : all.slice(0, last + 1);
};

// XState's own built-in actions and guards are made for its interpreter and throw when called directly.
const isPlain = (found: unknown): boolean =>
  typeof found === 'function' ? !('resolve' in found || 'check' in found) : typeof found === 'number';

const createLookUp =
  (kind: string) =>
  <Found>(table: Readonly<Record<string, Found>>, node: Node, given: unknown): Found => {
    const name = typeof given === 'object' && given !== null ? (given as { readonly type?: unknown }).type : given;
    if (typeof name !== 'string') return refuse(node, `${kind} without a name`);
    const found = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!isPlain(found)) refuse(node, `the name ${name} of ${kind}`);
    return found as Found;
  };
const lookUp = {
  action: createLookUp('an action'),
  actor: createLookUp('an actor'),
  guard: createLookUp('a guard'),
  delay: createLookUp('a delay'),
};

const raisedBy = (node: Node, action: unknown): ChartEvent => {
  const { type, event, delay } = action as {
    readonly type?: string;
    readonly event?: unknown;
    readonly delay?: unknown;
  };
  if (type !== 'xstate.raise') return refuse(node, type ? `the action ${type}` : 'an action without a name');
  if (typeof event !== 'object' || delay !== undefined) refuse(node, 'a raise of this kind');
  const raised = event as ChartEvent;
  if (/^xstate(\.|$)|\*/.test(raised.type)) refuse(node, `a raise of ${raised.type}`);
  return raised;
};

const toAction = <Context>(node: Node, effects: Effects<Context>, action: unknown): Action<Context> => {
  if (typeof action === 'function') return { name: 'raise', raise: raisedBy(node, action) };
  const effect = lookUp.action(effects.actions, node, action);
  const { type: name, params } =
    typeof action === 'string' ? { type: action } : (action as { type: string; params?: unknown });
  const run =
    typeof params === 'function'
      ? (args: Args<Context>): void => effect(args, params(args) as never)
      : (args: Args<Context>): void => effect(args, params as never);
  return { name, run };
};

const toStage = <Context>(node: Node, effects: Effects<Context>): Stage<Context> => {
  const toActions = (given: unknown) => listOf(given).map((action) => toAction(node, effects, action));
  const toDelay = (given: unknown) => {
    const delay = typeof given === 'number' ? given : lookUp.delay(effects.delays, node, given);
    return typeof delay === 'number' ? () => delay : delay;
  };
  return {
    entry: toActions(node.config.entry),
    exit: toActions(node.config.exit),
    timers: [...new Map(node.after.map((each) => [each.eventType, each])).values()].map(({ delay, eventType }) => ({
      delay: toDelay(delay),
      event: { type: eventType },
    })),
    actors: listOf(node.config.invoke).map((given, at) => {
      const { src, input } = given as { readonly src: unknown; readonly input?: unknown };
      return {
        id: `${at}.${node.id}`,
        begin: lookUp.actor(effects.actors, node, src),
        input: typeof input === 'function' ? (input as Invocation<Context>['input']) : () => input,
      };
    }),
  };
};

const toGuard = <Context>(node: Node, effects: Effects<Context>, guard: unknown): Step<Context>['guard'] => {
  if (!guard) return undefined;
  if (typeof guard === 'object' && 'params' in guard) refuse(node, 'a guard with params');
  return lookUp.guard(effects.guards, node, guard);
};

const toStep = <Context>(
  leaf: Node,
  transition: Transition,
  effects: Effects<Context>,
  stageOf: (node: Node) => Stage<Context>,
): Step<Context> => {
  const { guard, target, source, actions } = transition;
  const common = {
    transition,
    guard: toGuard(source, effects, guard),
    actions: actions.map((action) => toAction(source, effects, action)),
  };
  const [to] = target ?? [];
  if (!to) return { ...common, exits: [], enters: [], target: undefined };
  const goal = leafOf(to);
  // If the target is the source or inside it, the source is not left. Otherwise every state below the closest common
  // ancestor is left.
  const isInside = chainOf(to).includes(source);
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

/** Compiles a machine, given by its root. Throws, with the state and the construct, for anything that it does not understand. */
export const compileChart = <Context>(machineRoot: unknown, effects: Effects<Context>): CompiledChart<Context> => {
  const root = machineRoot as Node;
  checkUnderstood(root);
  const nodes = treeOf(root);
  const stages = new Map(nodes.map((node) => [node, toStage(node, effects)] as const));
  const stageOf = (node: Node): Stage<Context> => stages.get(node) ?? refuse(node, 'a state of another machine');
  const descriptors = [...new Set(nodes.flatMap(({ transitions }) => [...transitions.keys()]))];
  const toLeaf = (node: Node): Leaf<Context> => ({
    key: node.path.join('.'),
    outer: node.path[0] ?? '',
    isFinal: node.type === 'final',
    steps: new Map(
      descriptors.map((type) => [type, candidatesOf(node, type).map((each) => toStep(node, each, effects, stageOf))]),
    ),
  });
  const leaves = new Map(
    nodes
      .filter((node) => childrenOf(node).length === 0)
      .map(toLeaf)
      .map((leaf) => [leaf.key, leaf] as const),
  );
  const first = leafOf(root);
  return {
    leaves,
    wildcards: descriptors.filter((each) => each.endsWith('.*')).sort((one, other) => other.length - one.length),
    first: {
      leaf: leaves.get(first.path.join('.')) ?? refuse(first, 'a chart without states'),
      enters: chainOf(first).map(stageOf),
    },
  };
};
