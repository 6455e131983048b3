/**
 * A machine as JSON: the configuration that its author wrote, which statechart editors open and XState's `createMachine` takes.
 *
 * What must live here: what becomes of the functions in it. Names stay; inputs and params that are computed have no place in JSON.
 */

import type { AnyStateMachine } from 'xstate';

/** An event that the chart raises for itself is a function of XState, which JSON tells as an action with params. */
const toPlain = (_: string, value: unknown): unknown => {
  if (typeof value !== 'function') return value;
  const { type, event } = value as { readonly type?: unknown; readonly event?: unknown };
  return type === 'xstate.raise' ? { type, params: { event } } : undefined;
};

/** The text of the file. The context is left out: it comes from the input. */
export const toJson = ({ config }: AnyStateMachine): string =>
  `${JSON.stringify({ ...config, context: undefined }, toPlain, 2)}\n`;
