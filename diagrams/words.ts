/**
 * The words of a chart: how a row or a label reads, the same in Mermaid text and in the picture.
 */

import type { Arrow, Row, State } from './chart.ts';

/** A line of text in three weights: what happens, on which condition, what is done. */
export interface Line {
  readonly event: string;
  readonly guard: string;
  readonly actions: string;
}

const guardText = (guard: string | undefined): string => (guard === undefined ? '' : `[${guard}]`);
const actionText = (actions: readonly string[]): string => (actions.length === 0 ? '' : `/ ${actions.join(', ')}`);

/** The label of an arrow. */
export const labelOf = ({ event, guard, actions }: Pick<Arrow, 'event' | 'guard' | 'actions'>): Line => ({
  event,
  guard: guardText(guard),
  actions: actionText(actions),
});

/** A row in a state's box; with a target it tells of an arrow that is not drawn. */
export const rowText = ({ events, guard, actions, target }: Row): Line => {
  const todo = actionText(actions);
  const goes = target === undefined ? '' : `→ ${target}`;
  const stays = target === undefined && actions.length === 0 ? '/ ignored' : '';
  return { event: events.join(', '), guard: guardText(guard), actions: [todo, goes, stays].filter(Boolean).join(' ') };
};

/** What a state does by itself: on entry, on exit, and the actors it invokes. */
export const ownRows = ({ entry, exit, invokes }: State): readonly Line[] => [
  ...entry.map((action) => ({ event: 'entry', guard: '', actions: `/ ${action}` })),
  ...exit.map((action) => ({ event: 'exit', guard: '', actions: `/ ${action}` })),
  ...invokes.map((actor) => ({ event: 'invoke', guard: '', actions: actor })),
];

/** A line in one string. */
export const plainText = ({ event, guard, actions }: Line): string => [event, guard, actions].filter(Boolean).join(' ');
