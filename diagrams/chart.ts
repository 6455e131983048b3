/**
 * A machine as a plain picture-maker needs it: states in a tree, arrows in a list, everything by name.
 *
 * What must live here: everything that knows XState. What must not: wording of a notation, sizes, places.
 */

import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** A state. `id` is its path, `challenged.waiting`; the root has the id of the machine and stands for any state. */
export interface State {
  readonly id: string;
  readonly name: string;
  readonly kind: AnyStateNode['type'];
  /** The ids of the states that are entered with it. */
  readonly initial: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invokes: readonly string[];
  readonly children: readonly State[];
}

/** A transition. An arrow without a target leaves its source neither for another state nor for itself. */
export interface Arrow {
  readonly source: string;
  readonly target: string | undefined;
  readonly event: string;
  /** A name, or `else` for the branch that is taken when the guards before it say no. */
  readonly guard: string | undefined;
  readonly actions: readonly string[];
  /** The event is taken, and nothing whatever follows; `actions` may also be empty because there are only built-in ones. */
  readonly ignored: boolean;
}

/** A whole machine: its root with all the states in it, and the arrows in the order in which they are written. */
export interface Chart {
  readonly id: string;
  readonly root: State;
  readonly arrows: readonly Arrow[];
}

/** Events that have the same guard, the same actions and the same target in one state, so that one line tells them. */
export interface Row extends Omit<Arrow, 'event'> {
  readonly events: readonly string[];
}

type Transition = NonNullable<AnyStateNode['always']>[number];

const idOf = (node: AnyStateNode): string => node.path.join('.') || node.machine.id;

const nameOf = (value: unknown, fallback: string): string => {
  if (typeof value === 'string') return value;
  const { type, name } = value as { readonly type?: unknown; readonly name?: unknown };
  return [type, name].find((text): text is string => typeof text === 'string' && text !== '') ?? fallback;
};

/** Built-in actions are plumbing, but for `raise` of an event that the chart knows: that one is told. */
const actionsOf = (actions: readonly unknown[]): string[] =>
  actions.flatMap((action) => {
    const name = nameOf(action, 'action');
    if (!name.startsWith('xstate.')) return [name];
    const { event } = action as { readonly event?: unknown };
    const raised = name === 'xstate.raise' && typeof event === 'object' && event ? nameOf(event, 'event') : 'xstate.';
    return raised.startsWith('xstate.') ? [] : [`raise ${raised}`];
  });

const guardOf = (guard: unknown): string => {
  const name = nameOf(guard, 'guard');
  const { guards } = guard as { readonly guards?: readonly unknown[] };
  if (!Array.isArray(guards)) return name;
  return guards.length === 1 ? `${name} ${guardOf(guards[0])}` : guards.map(guardOf).join(` ${name} `);
};

const eventOf = (event: string, node: AnyStateNode): string => {
  const [, verb, id] = /^xstate\.(done|error|snapshot)\.(?:state|actor)?\.?(.*)$/.exec(event) ?? [];
  if (verb === undefined) return event;
  const invoke = node.invoke.find((candidate) => candidate.id === id);
  return invoke ? `${verb} ${nameOf(invoke.src, 'actor')}` : verb;
};

const arrowsFor = (node: AnyStateNode, event: string, transitions: readonly Transition[]): Arrow[] =>
  transitions.flatMap((transition, index) => {
    const otherwise = index > 0 ? 'else' : undefined;
    const arrow = {
      source: idOf(node),
      event,
      guard: transition.guard === undefined ? otherwise : guardOf(transition.guard),
      actions: actionsOf(transition.actions),
      ignored: transition.target === undefined && transition.actions.length === 0,
    };
    const targets = transition.target?.map(idOf) ?? [undefined];
    return targets.map((target) => ({ ...arrow, target }));
  });

const arrowsOf = (node: AnyStateNode): Arrow[] => {
  const delays = [...new Set(node.after.map(({ delay }) => delay))];
  const delayName = (delay: unknown): string => (typeof delay === 'number' ? `${delay} ms` : nameOf(delay, 'a while'));
  return [
    ...[...node.transitions]
      .filter(([event]) => !event.startsWith('xstate.after.'))
      .flatMap(([event, transitions]) => arrowsFor(node, eventOf(event, node), transitions)),
    ...arrowsFor(node, 'always', node.always ?? []),
    ...delays.flatMap((delay) => {
      const transitions = node.after.filter((transition) => transition.delay === delay);
      return arrowsFor(node, `after ${delayName(delay)}`, transitions);
    }),
    ...Object.values(node.states).flatMap(arrowsOf),
  ];
};

const stateOf = (node: AnyStateNode): State => ({
  id: idOf(node),
  name: node.key,
  kind: node.type,
  initial: node.type === 'compound' ? node.initial.target.map(idOf) : [],
  entry: actionsOf(node.entry),
  exit: actionsOf(node.exit),
  invokes: node.invoke.map(({ src }) => nameOf(src, 'actor')),
  children: Object.values(node.states).map(stateOf),
});

/** The chart of a machine. It is never started, so its effects need not be provided. */
export const chartOf = (machine: AnyStateMachine): Chart => ({
  id: machine.id,
  root: stateOf(machine.root),
  arrows: arrowsOf(machine.root),
});

/** A state and all the states in it, outermost first. */
export const withDescendants = (state: State): State[] => [state, ...state.children.flatMap(withDescendants)];

/**
 * How a picture names an arrow: `welcome--wamp.HELLO--authreq`, `closing--after.closeTimeout--closed`. One that stays is
 * named as if it came back. There is no space in it, so a list of names can be told apart.
 */
export const edgeId = ({ source, event, target }: Pick<Arrow, 'source' | 'event' | 'target'>): string =>
  `${source}--${event}--${target ?? source}`.replaceAll(' ', '.');

/** Whether an arrow is told in words: it stays where it is, or it leaves from everywhere. */
export const isRow = (chart: Chart, { source, target }: Arrow): boolean =>
  target === undefined || source === chart.root.id;

/** Arrows that share source and target share a line in a picture, which has this name. */
export const bundles = (chart: Chart): ReadonlyMap<string, readonly Arrow[]> => {
  const found = new Map<string, Arrow[]>();
  for (const arrow of chart.arrows) {
    if (isRow(chart, arrow)) continue;
    const key = `${arrow.source} -> ${arrow.target}`;
    found.set(key, [...(found.get(key) ?? []), arrow]);
  }
  return found;
};

/** A line has the texts of so many arrows on it. */
const mostOnLine = 2;

/** Whether the texts of a line stand on it. With more of them they stand in the box of the state that the line leaves. */
export const hasLabel = (bundle: readonly Arrow[]): boolean => bundle.length <= mostOnLine;

/** Whether a picture tells an arrow in the box of its state. */
export const isBoxed = (chart: Chart, arrow: Arrow): boolean =>
  isRow(chart, arrow) || [...bundles(chart).values()].some((bundle) => bundle.includes(arrow) && !hasLabel(bundle));

/**
 * The arrows of a state that `isTold` chooses, by default those that are told in words everywhere. Alike ones share a row, the
 * first of them decides where it stands.
 */
export const rowsOf = (chart: Chart, state: State, isTold = isRow): Row[] => {
  const rows = new Map<string, Row & { readonly events: string[] }>();
  for (const arrow of chart.arrows) {
    if (arrow.source !== state.id || !isTold(chart, arrow)) continue;
    const { event, ...rest } = arrow;
    const key = JSON.stringify([rest.target, rest.guard, rest.actions]);
    const row = rows.get(key) ?? { ...rest, events: [] };
    row.events.push(event);
    rows.set(key, row);
  }
  return [...rows.values()];
};
