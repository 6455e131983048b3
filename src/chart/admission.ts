/**
 * How each message is handled in each state, as a table. The hot path asks this table instead of the chart. It is derived
 * from the compiled chart, never written by hand.
 */

import type { MessageType } from '../wamp/message.ts';
import { messageTypes } from '../wamp/message.ts';
import type { CompiledChart, Step } from './compile.ts';
import { stepsOf } from './compile.ts';

/**
 * `route`: the chart would only stay in its state and route the message, so the message is routed without asking it.
 * `send`: the chart must be asked. `violation`: the message is not allowed in this state; the chart says what follows.
 */
export type Handling = 'route' | 'send' | 'violation';

/** How each message is handled in one state. */
export type Admission = Readonly<Record<MessageType, Handling>>;

const handlingOf = <Context>(steps: readonly Step<Context>[]): Handling => {
  const [only, ...others] = steps;
  const does = ({ actions }: Step<Context>, name: string): boolean => actions.some((action) => action.name === name);
  if (steps.every((step) => does(step, 'violate'))) return 'violation';
  const isPlain = only && others.length === 0 && !only.guard && only.target === undefined && only.actions.length === 1;
  return isPlain && does(only, 'route') ? 'route' : 'send';
};

/** The key of a state in the table: its path from the root, as in `challenged.waiting`. */
export const stateKey = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [[outer, inner] = ['', '']] = Object.entries(value as Readonly<Record<string, unknown>>);
  return `${outer}.${stateKey(inner)}`;
};

/** The table of a connection's chart: one row for each of its innermost states. */
export const compileAdmission = <Context>(chart: CompiledChart<Context>): ReadonlyMap<string, Admission> =>
  new Map(
    [...chart.leaves.values()].map((leaf) => [
      leaf.key,
      Object.fromEntries(
        messageTypes.map((type) => [type, handlingOf(stepsOf(chart, leaf, `wamp.${type}`))]),
      ) as Admission,
    ]),
  );
