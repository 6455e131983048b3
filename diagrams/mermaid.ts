/**
 * A chart as Mermaid text (stateDiagram-v2), for forges that draw it where it stands.
 */

import type { Chart, State } from './chart.ts';
import { isRow, rowsOf, withDescendants } from './chart.ts';
import { labelOf, linesIn, plainText, rowText } from './words.ts';

const idOf = (state: string): string => state.replace(/\W/g, '_');

// A colon ends an id, a semicolon a statement; both may stand in a name.
const escapeText = (text: string): string =>
  text.replace(/[:;#"]/g, (sign) => ({ ':': '#58;', ';': '#59;', '#': '#35;', '"': '#34;' })[sign] ?? sign);

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const noteLines = (side: string, id: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`note ${side} of ${idOf(id)}`, ...indented(lines.map(escapeText)), 'end note'];

/** What stands between the braces of a state, or in the file for the root; regions are parted by `--`. */
const bodyOf = ({ kind, initial, children }: State): readonly string[] => [
  ...initial.map((id) => `[*] --> ${idOf(id)}`),
  ...children.flatMap((child, at) => [...(kind === 'parallel' && at > 0 ? ['--'] : []), ...stateLines(child)]),
  ...children.filter((child) => child.kind === 'final').map(({ id }) => `${idOf(id)} --> [*]`),
];

const stateLines = (state: State): readonly string[] => {
  const opening = `state "${escapeText(state.name)}" as ${idOf(state.id)}`;
  return state.children.length === 0 ? [opening] : [`${opening} {`, ...indented(bodyOf(state)), '}'];
};

/** A simple state has its rows in its box; around states there is no room for them, so a note has them. */
const detailsOf = (chart: Chart, state: State): readonly string[] => {
  const rows = linesIn(chart, state).map(plainText);
  if (state.children.length > 0) return noteLines('right', state.id, rows);
  return rows.map((row) => `${idOf(state.id)}: ${escapeText(row)}`);
};

/** The Mermaid text of a chart. What happens in any state stands in a note beside the first one. */
export const toMermaid = (chart: Chart): string => {
  const { root, arrows } = chart;
  const anyState = rowsOf(chart, root).map((row) => plainText(rowText(row)));
  const [first = ''] = [...root.initial, ...root.children.map(({ id }) => id)];
  const body = [
    'direction TB',
    ...bodyOf(root),
    ...arrows
      .filter((arrow) => !isRow(chart, arrow))
      .map(
        (arrow) => `${idOf(arrow.source)} --> ${idOf(arrow.target ?? '')}: ${escapeText(plainText(labelOf(arrow)))}`,
      ),
    ...root.children.flatMap(withDescendants).flatMap((state) => detailsOf(chart, state)),
    ...(anyState.length > 0 ? noteLines('left', first, ['in any state', ...anyState]) : []),
  ];
  return `${['stateDiagram-v2', ...indented(body)].join('\n')}\n`;
};
