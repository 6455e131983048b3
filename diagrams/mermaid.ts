/**
 * A chart as Mermaid text (stateDiagram-v2), for forges that draw it where it stands.
 */

import type { Chart, State } from './chart.ts';
import { isRow, rowsOf, withDescendants } from './chart.ts';
import { labelOf, ownRows, plainText, rowText } from './words.ts';

const idOf = (state: string): string => state.replaceAll('.', '_');

// A colon ends an id, a semicolon a statement; both may stand in a name.
const escapeText = (text: string): string => text.replaceAll(':', '#58;').replaceAll(';', '#59;');

const stateLines = (state: State, indent: string): readonly string[] => {
  if (state.children.length === 0) return [`${indent}state "${state.name}" as ${idOf(state.id)}`];
  return [
    `${indent}state "${state.name}" as ${idOf(state.id)} {`,
    ...state.initial.map((initial) => `${indent}  [*] --> ${idOf(initial)}`),
    ...state.children.flatMap((child) => stateLines(child, `${indent}  `)),
    `${indent}}`,
  ];
};

const noteLines = (chart: Chart, state: State): readonly string[] => {
  const rows = [...ownRows(state), ...rowsOf(chart, state).map(rowText)].map(plainText);
  if (rows.length === 0) return [];
  return [`  note right of ${idOf(state.id)}`, ...rows.map((row) => `    ${escapeText(row)}`), '  end note'];
};

/** The Mermaid text of a chart. What happens in any state stands in a note beside the first one. */
export const toMermaid = (chart: Chart): string => {
  const { root, arrows } = chart;
  const [first] = root.initial;
  const anyState = rowsOf(chart, root).map((row) => `    ${escapeText(plainText(rowText(row)))}`);
  const lines = [
    'stateDiagram-v2',
    '  direction TB',
    ...root.initial.map((initial) => `  [*] --> ${idOf(initial)}`),
    ...root.children.flatMap((state) => stateLines(state, '  ')),
    ...arrows
      .filter((arrow) => !isRow(chart, arrow))
      .map(
        (arrow) => `  ${idOf(arrow.source)} --> ${idOf(arrow.target ?? '')}: ${escapeText(plainText(labelOf(arrow)))}`,
      ),
    ...withDescendants(root)
      .filter(({ kind }) => kind === 'final')
      .map(({ id }) => `  ${idOf(id)} --> [*]`),
    ...root.children.flatMap(withDescendants).flatMap((state) => noteLines(chart, state)),
    ...(anyState.length > 0
      ? [`  note left of ${idOf(first ?? '')}`, '    in any state', ...anyState, '  end note']
      : []),
  ];
  return `${lines.join('\n')}\n`;
};
