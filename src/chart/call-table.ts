/**
 * The call chart, compiled: for each state and event where the call goes and what is done on the way, as a table that every
 * call is run on. The table is derived from the machine and never written by hand; a test proves that both say the same.
 */

import type { CallEvent, CallState } from '../../machines/call.ts';
import { callMachine } from '../../machines/call.ts';

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

type StateNode = (typeof callMachine)['root'];

const nameOf = (action: unknown): CallAction =>
  (typeof action === 'string' ? action : (action as { readonly type: string }).type) as CallAction;

const rowOf = (node: StateNode): CallRow =>
  new Map(
    [...node.transitions].map(([event, [transition]]) => {
      const target = transition?.target?.[0] as StateNode | undefined;
      const step: CallStep = {
        target: (target ?? node).key as CallState,
        actions: [...(transition?.actions ?? []).map(nameOf), ...(target?.entry ?? []).map(nameOf)],
      };
      return [event as CallEvent['type'], step];
    }),
  );

/** Each state's row. */
export const callTable: ReadonlyMap<CallState, CallRow> = new Map(
  Object.values(callMachine.root.states).map((node) => [node.key as CallState, rowOf(node as unknown as StateNode)]),
);
