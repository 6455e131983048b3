/**
 * The call chart as calls are run on it: for each state and event where the call goes and what is done on the way, in one
 * look-up. It is asked of the compiled chart and never written by hand; a test proves that both say the same.
 */

import type { AnyStateMachine } from 'xstate';
import type { CallEvent, CallState } from '../../machines/call.ts';
import { callMachine } from '../../machines/call.ts';
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

/** Where an event leads, and the actions in their order. */
export interface CallStep {
  readonly target: CallState;
  readonly actions: readonly CallAction[];
}

/** The steps of one state; what is not in it has no effect there. */
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
    // Nothing follows on a final state.
    (leaf.isFinal ? [] : [...leaf.steps]).flatMap(([event, steps]) => {
      if (!steps.every(({ enters }) => areBare(enters)))
        throw new Error(`a call has neither timers nor actors: its chart is run as a table (state "${leaf.key}")`);
      return steps.slice(0, 1).map((step) => [event as CallEvent['type'], toStep(leaf, step)] as const);
    }),
  );

/** Each state's row, asked of a machine that is made of states, events and actions alone; throws for any other. */
export const compileCallTable = ({ root, implementations }: AnyStateMachine): ReadonlyMap<CallState, CallRow> => {
  const { leaves, first } = compileChart<never>(root, implementations as unknown as Effects<never>);
  if (!areBare(first.enters)) throw new Error('a call begins with neither timers nor actors');
  return new Map([...leaves.values()].map((leaf) => [stateOf(leaf.key), toRow(leaf)]));
};

/** The table of the call chart. */
export const callTable = compileCallTable(callMachine);
