/**
 * The words of a chart: how a row or a label reads, the same in Mermaid text and in the picture.
 *
 * What must live here: wording, and where a long row is broken. What must not: sizes, places, syntax of a notation.
 */

import type { Arrow, Chart, Row, State } from './chart.ts';
import { edgeId, isRow, rowsOf } from './chart.ts';

/** A line of text in three weights: what happens, on which condition, what is done. */
export interface Line {
  readonly event: string;
  readonly guard: string;
  readonly actions: string;
  /** The arrows that it tells of; none for what a state does by itself. */
  readonly edges: readonly string[];
}

const guardText = (guard: string | undefined): string => (guard === undefined ? '' : `[${guard}]`);
const actionText = (actions: readonly string[]): string => (actions.length === 0 ? '' : `/ ${actions.join(', ')}`);

/** The label of an arrow. */
export const labelOf = (arrow: Arrow): Line => ({
  event: arrow.event,
  guard: guardText(arrow.guard),
  actions: actionText(arrow.actions),
  edges: [edgeId(arrow)],
});

/** A row in a state's box; with a target it tells of an arrow that is not drawn. */
export const rowText = (row: Row): Line => {
  const { events, guard, actions, target, ignored } = row;
  const goes = target === undefined ? '' : `→ ${target}`;
  return {
    event: events.join(', '),
    guard: guardText(guard),
    actions: [actionText(actions), goes, ignored ? '/ ignored' : ''].filter(Boolean).join(' '),
    edges: events.map((event) => edgeId({ ...row, event })),
  };
};

/** What a state does by itself: on entry, on exit, and the actors it invokes. */
export const ownRows = ({ entry, exit, invokes }: State): readonly Line[] => [
  ...entry.map((action) => ({ event: 'entry', guard: '', actions: `/ ${action}`, edges: [] })),
  ...exit.map((action) => ({ event: 'exit', guard: '', actions: `/ ${action}`, edges: [] })),
  ...invokes.map((actor) => ({ event: 'invoke', guard: '', actions: actor, edges: [] })),
];

const eventsPerRow = 2;

/** A row as one line or more: a long list of events is broken, so that a box grows down and not sideways. */
export const brokenRow = (row: Row): readonly Line[] => {
  const starts = row.events.flatMap((_, at) => (at % eventsPerRow === 0 ? [at] : []));
  return starts.map((start, at) => {
    const line = rowText({ ...row, events: row.events.slice(start, start + eventsPerRow) });
    return at === starts.length - 1 ? line : { ...line, event: `${line.event},`, guard: '', actions: '' };
  });
};

/** Everything that is told of a state in words: what it does by itself, and the arrows that `isTold` chooses. */
export const linesIn = (chart: Chart, state: State, isTold = isRow): readonly Line[] => [
  ...ownRows(state),
  ...rowsOf(chart, state, isTold).flatMap(brokenRow),
];

/** A line in one string. */
export const plainText = ({ event, guard, actions }: Line): string => [event, guard, actions].filter(Boolean).join(' ');
