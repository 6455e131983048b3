/**
 * The list of constructs that a chart may use to be compiled. Everything else is refused, including what a later XState may
 * add. A chart that passes runs as an actor of XState would run it; a property test checks that with generated charts
 * (`test/property/chart.test.ts`).
 *
 * One thing cannot be checked from outside: the functions of a chart are given the context, the event and their params. A
 * function that uses XState's `self`, `system` or `spawn` finds them missing.
 */

import type { Node, Transition } from './node.ts';
import { chainOf, childrenOf, leafOf, listOf, refuse, treeOf } from './node.ts';

const documentation = ['description', 'tags', 'meta'];
const stateKeys = [...documentation, 'id', 'type', 'initial', 'states', 'entry', 'exit', 'on', 'after', 'invoke'];
const rootKeys = [...stateKeys, 'context', 'version', 'types', 'schemas'];
const invokeKeys = ['src', 'input'];
const writtenTransitionKeys = ['target', 'guard', 'actions', 'reenter', 'description', 'meta'];
const transitionKeys = [...writtenTransitionKeys, 'source', 'eventType', 'toJSON', 'event', 'delay'];

const onlyKeys = (node: Node, what: string, given: unknown, allowed: readonly string[]): void => {
  for (const [key, value] of Object.entries(given as object)) {
    if (value !== undefined && !allowed.includes(key)) refuse(node, `"${key}" of ${what}`);
  }
};

const checkShape = (node: Node): void => {
  const { config, type, parent } = node;
  onlyKeys(node, parent ? 'a state' : 'a machine', config, parent ? stateKeys : rootKeys);
  const isCompound = childrenOf(node).length > 0;
  if (type !== (isCompound ? 'compound' : type === 'final' ? 'final' : 'atomic'))
    refuse(node, `the type "${type}" of a state`);
  if (type === 'final' && parent?.parent !== undefined) refuse(node, 'a final state inside of a state');
  if (!parent && !isCompound) refuse(node, 'a chart without states');
  if (parent && !/^[^.]+$/.test(node.key)) refuse(node, `the key "${node.key}" of a state`);
  if (isCompound && node.initial.actions.length > 0) refuse(node, 'actions of "initial"');
  // Both would be left when the chart ends, after the last entry actions.
  if ((!parent || type === 'final') && listOf(config.exit).length > 0)
    refuse(node, `"exit" of ${parent ? 'a final state' : 'a machine'}`);
};

const checkEvents = (node: Node): void => {
  for (const type of Object.keys((node.config.on ?? {}) as object)) {
    if (/^xstate(\.|$)/.test(type) || (type.includes('*') && !/^[^*]+\.\*$/.test(type)))
      refuse(node, `the event "${type}"`);
  }
  const delays = new Set(node.after.map(({ eventType }) => eventType));
  if (delays.size !== Object.keys((node.config.after ?? {}) as object).length)
    refuse(node, 'an "after" with two equal delays, or one that leads nowhere');
};

const checkTransition = (node: Node, transition: Transition): void => {
  onlyKeys(node, 'a transition', transition, transitionKeys);
  const [to, second] = transition.target ?? [];
  if (second) refuse(node, 'two targets');
  if (transition.reenter) refuse(node, '"reenter"');
  if (to && !to.parent) refuse(node, 'the machine as a target');
};

const checkInvokes = (node: Node): void => {
  for (const invoke of listOf(node.config.invoke)) onlyKeys(node, 'an actor', invoke, invokeKeys);
};

const isComputed = (action: unknown): boolean =>
  typeof action === 'object' && typeof (action as { params?: unknown }).params === 'function';

// XState computes the first states when the actor is created, but starts their actors and runs their actions when it is
// started.
const checkFirst = (root: Node): void => {
  const nodes = chainOf(leafOf(root));
  const entry = nodes.flatMap(({ config }) => listOf(config.entry));
  for (const node of nodes) {
    if (listOf(node.config.invoke).length > 0) refuse(node, 'an actor of a first state');
    if (listOf(node.config.entry).some((action) => typeof action === 'function'))
      refuse(node, 'a raise in a first state');
    if (entry.length > 0 && node.after.some(({ delay }) => typeof delay !== 'number'))
      refuse(node, 'a delay with a name in a first state that acts');
  }
  if (entry.some(isComputed)) refuse(root, 'computed params in a first state');
};

// A run uses the context that it is given, so the machine must not compute another.
const checkContext = (root: Node): void => {
  const { context } = root.config;
  const probe = {};
  const isInput = (): boolean => {
    try {
      return typeof context === 'function' && context({ input: probe }) === probe;
    } catch {
      return false;
    }
  };
  if (context !== undefined && !isInput()) refuse(root, 'a context that is not the input as it is');
};

/** Throws if a chart uses constructs that a run does not support. The names in it are checked elsewhere. */
export const checkUnderstood = (root: Node): void => {
  const nodes = treeOf(root);
  const ids = new Set<string>();
  for (const node of nodes) {
    if (ids.has(node.id)) refuse(node, 'two states with one id');
    ids.add(node.id);
    checkShape(node);
    checkEvents(node);
    checkInvokes(node);
    for (const transitions of node.transitions.values()) {
      for (const transition of transitions) checkTransition(node, transition);
    }
  }
  checkContext(root);
  checkFirst(root);
};
