/**
 * The call chart as a table: for each state and event the next state and the actions on the way, in one look-up. It is
 * derived from the compiled chart, never written by hand; a test proves that both agree.
 */

import type { AnyStateMachine } from 'xstate';
import { callMachine } from '../../machines/call.ts';
import type { CallEvent, CallState } from '../../machines/call-event.ts';
import type { Action, Effects, Leaf, Stage, Step } from './compile.ts';
import { compileChart } from './compile.ts';

/** The actions of the chart, by name. */
export type CallAction =
  | 'chooseCallee'
  | 'invokeAgain'
  | 'interrupt'
  | 'interruptToTheEnd'
  | 'sendProgress'
  | 'sendResult'
  | 'sendError'
  | 'sendCanceled'
  | 'sendTimeout'
  | 'sendUnavailable'
  | 'settle';

/** The state that an event leads to, and the actions in their order. */
export interface CallStep {
  readonly target: CallState;
  readonly actions: readonly CallAction[];
}

/** The steps of one state. An event that is missing has no effect there. */
export type CallRow = ReadonlyMap<CallEvent['type'], CallStep>;

const stateOf = (key: string): CallState => key.slice(key.lastIndexOf('.') + 1) as CallState;

const nameOf = (action: Action<never>): CallAction => {
  if ('raise' in action) throw new Error(`a call cannot raise ${action.raise.type}: its chart is run as a table`);
  return action.name as CallAction;
};

const areBare = (stages: readonly Stage<never>[]): boolean =>
  stages.every(({ timers, actors }) => timers.length + actors.length === 0);

const toStep = (leaf: Leaf<never>, { guard, exits, actions, enters, target }: Step<never>): CallStep => {
  if (guard) throw new Error(`a call has no guards: its chart is run as a table (state "${leaf.key}")`);
  return {
    target: stateOf(target ?? leaf.key),
    actions: [...exits.flatMap(({ exit }) => exit), ...actions, ...enters.flatMap(({ entry }) => entry)].map(nameOf),
  };
};

const toRow = (leaf: Leaf<never>): CallRow =>
  new Map(
    // A final state has no further steps.
    (leaf.isFinal ? [] : [...leaf.steps]).flatMap(([event, steps]) => {
      if (!steps.every(({ enters }) => areBare(enters)))
        throw new Error(`a call has neither timers nor actors: its chart is run as a table (state "${leaf.key}")`);
      return steps.slice(0, 1).map((step) => [event as CallEvent['type'], toStep(leaf, step)] as const);
    }),
  );

/** The table of a call machine, one row for each state. Throws if the machine has anything but states, events and actions. */
export const compileCallTable = ({ root, implementations }: AnyStateMachine): ReadonlyMap<CallState, CallRow> => {
  const { leaves, first } = compileChart<never>(root, implementations as unknown as Effects<never>);
  if (!areBare(first.enters)) throw new Error('a call begins with neither timers nor actors');
  return new Map([...leaves.values()].map((leaf) => [stateOf(leaf.key), toRow(leaf)]));
};

/** The table of the call chart. */
export const callTable = compileCallTable(callMachine);
