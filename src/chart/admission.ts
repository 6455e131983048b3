/**
 * The chart, compiled: for each state and message what the machine would do, as a table that the hot path can look into
 * instead of asking the actor. The table is derived from the machine and never written by hand.
 */

import type { connectionMachine } from '../../machines/connection.ts';
import type { MessageType } from '../wamp/message.ts';
import { messageTypes } from '../wamp/message.ts';

/**
 * `route`: the machine would stay where it is and route the message, so it is routed without it.
 * `send`: the machine has to be asked. `violation`: no state allows the message; the machine says what follows.
 */
export type Verdict = 'route' | 'send' | 'violation';

/** What becomes of each message in one state. */
export type Admission = Readonly<Record<MessageType, Verdict>>;

type StateNode = (typeof connectionMachine)['root'];
type Transitions = StateNode['transitions'] extends Map<string, infer List> ? List : never;

const wildcard = 'wamp.*';

const actionName = (action: unknown): unknown =>
  typeof action === 'object' && action !== null && 'type' in action ? action.type : action;

const isPlainRoute = (transitions: Transitions): boolean => {
  const [only, ...others] = transitions;
  return (
    only !== undefined &&
    others.length === 0 &&
    only.target === undefined &&
    only.guard === undefined &&
    only.actions.length === 1 &&
    actionName(only.actions[0]) === 'route'
  );
};

// As the machine itself looks a transition up: from the innermost state outwards, the exact event before the wildcard.
const verdictOf = (node: StateNode, type: MessageType, root: StateNode): Verdict => {
  for (let at: StateNode | undefined = node; at; at = at.parent as StateNode | undefined) {
    const exact = at.transitions.get(`wamp.${type}`);
    const transitions = exact ?? at.transitions.get(wildcard);
    if (transitions) return at === root && !exact ? 'violation' : isPlainRoute(transitions) ? 'route' : 'send';
  }
  return 'violation';
};

const leaves = (node: StateNode): readonly StateNode[] => {
  const children = Object.values(node.states) as readonly StateNode[];
  return children.length === 0 ? [node] : children.flatMap(leaves);
};

/** The key of a state in the table: its path from the root, as in `challenged.waiting`. */
export const stateKey = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[outer, inner] = ['', '']] = Object.entries(value as Readonly<Record<string, unknown>>);
  return `${outer}.${stateKey(inner)}`;
};

/** Compiles a connection machine: one row for each of its innermost states. */
export const compileAdmission = (machine: typeof connectionMachine): ReadonlyMap<string, Admission> =>
  new Map(
    leaves(machine.root).map((leaf) => [
      leaf.path.join('.'),
      Object.fromEntries(messageTypes.map((type) => [type, verdictOf(leaf, type, machine.root)])) as Admission,
    ]),
  );
