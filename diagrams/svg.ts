/**
 * A layout as SVG: one self-contained file, readable on a light and on a dark page. States carry `data-state`, and whatever
 * tells of arrows, a line or a text, carries their names in `data-edge`, one or several: `[data-edge~="name"]` finds them.
 */

import { edgeId } from './chart.ts';
import type { Layout, PlacedEdge, PlacedState } from './layout.ts';
import { anyStateName } from './layout.ts';
import { size } from './measure.ts';
import type { Box } from './polyline.ts';
import { cutOut } from './polyline.ts';
import type { Line } from './words.ts';

// Literal colours and a dark override: renderers without custom properties (librsvg) draw the light one.
const style = `
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:${size.text}px;fill:#1f2733}
.card{fill:#fbfcfe;stroke:#d5dce6}
.title{font-size:19px;font-weight:650;letter-spacing:-.01em}
.state rect{fill:#ffffff;stroke:#8fa3bf;stroke-width:1.4}
.name{font-size:${size.name}px;font-weight:650;fill:#16335c}
.state.group>rect{fill:#f1f5fb}
.state.final>rect{stroke:#16335c;stroke-width:1.4}
.rule{stroke:#d5dce6;stroke-width:1}
.event{font-weight:600}
.guard{fill:#8a5a00}
.do{fill:#5a6575}
.line{fill:none;stroke:#5b6f8d;stroke-width:1.5}
.tip{fill:#5b6f8d}
.dot{fill:#16335c}
.any rect{fill:none;stroke:#8fa3bf;stroke-width:1.4;stroke-dasharray:5 4}
.any .name{fill:#5a6575}
@media (prefers-color-scheme:dark){
text{fill:#e3e8f0}
.card{fill:#151a22;stroke:#2c3543}
.do{fill:#95a1b3}
.state rect{fill:#1c232e;stroke:#5d7191}
.name{fill:#a9c7f5}
.state.group>rect{fill:#181e28}
.state.final>rect{stroke:#a9c7f5}
.rule{stroke:#2f3947}
.guard{fill:#e0b45f}
.line{stroke:#8397b5}
.tip{fill:#8397b5}
.dot{fill:#a9c7f5}
.any rect{stroke:#5d7191}
.any .name{fill:#95a1b3}
}`;

const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
const round = (value: number): number => Math.round(value * 10) / 10;

const edgeNames = (names: readonly string[]): string =>
  names.length === 0 ? '' : ` data-edge="${escapeText(names.join(' '))}"`;

const textAt = (x: number, y: number, inner: string, attributes = ''): string =>
  `<text x="${round(x)}" y="${round(y)}"${attributes}>${inner}</text>`;

const lineAt = (x: number, y: number, { event, guard, actions, edges }: Line, attributes = ''): string => {
  const parts = [
    event && `<tspan class="event">${escapeText(event)}</tspan>`,
    guard && `<tspan class="guard">${escapeText(guard)}</tspan>`,
    actions && `<tspan class="do">${escapeText(actions)}</tspan>`,
  ];
  return textAt(x, y, parts.filter(Boolean).join(' '), `${attributes}${edgeNames(edges)}`);
};

const rectOf = ({ x, y, width, height }: Box, radius: number): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`;

const inset = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

/** A heading, and below a thin rule the lines. */
const drawText = ({ x, y, width }: Box, heading: string, lines: readonly Line[]): readonly string[] => {
  const ruleY = round(y + size.title - 2);
  return [
    textAt(x + width / 2, y + 22, escapeText(heading), ' class="name" text-anchor="middle"'),
    lines.length === 0
      ? ''
      : `<line class="rule" x1="${round(x + 8)}" y1="${ruleY}" x2="${round(x + width - 8)}" y2="${ruleY}"/>`,
    ...lines.map((line, at) => lineAt(x + size.padding, y + size.title + 14 + at * size.line, line)),
  ];
};

const joined = (parts: readonly string[]): string => parts.filter(Boolean).join('\n');

const drawState = (placed: PlacedState): string => {
  const { state, lines, head } = placed;
  const look = state.children.length > 0 ? 'group' : state.kind;
  return joined([
    `<g class="state ${look}" data-state="${escapeText(state.id)}">`,
    rectOf(placed, 9),
    state.kind === 'final' ? rectOf(inset(placed, 3.5), 6) : '',
    ...drawText(head, state.name, lines),
    '</g>',
  ]);
};

const corner = 8;

/** Orthogonal points as a path whose corners are round. */
const pathOf = (points: PlacedEdge['points']): string =>
  points
    .map((point, at) => {
      const [before, after] = [points[at - 1], points[at + 1]];
      if (!before) return `M${round(point.x)} ${round(point.y)}`;
      if (!after) return `L${round(point.x)} ${round(point.y)}`;
      const towards = (other: { readonly x: number; readonly y: number }): string => {
        const distance = Math.hypot(other.x - point.x, other.y - point.y) || 1;
        const by = Math.min(corner, distance / 2) / distance;
        return `${round(point.x + (other.x - point.x) * by)} ${round(point.y + (other.y - point.y) * by)}`;
      };
      return `L${towards(before)}Q${round(point.x)} ${round(point.y)} ${towards(after)}`;
    })
    .join('');

// Several parts are one path, so that only the last of them has a tip.
const drawLine = ({ arrows, points, label }: PlacedEdge): string => {
  const parts = label ? cutOut(points, label) : [points];
  return `<path class="line" d="${parts.map(pathOf).join('')}" marker-end="url(#tip)"${edgeNames(arrows.map(edgeId))}/>`;
};

const drawLabel = ({ label }: PlacedEdge): string => {
  if (!label) return '';
  const texts = label.entries.flatMap((entry, at) => {
    const before = label.entries.slice(0, at).flat().length;
    const top = label.y + 14 + at * size.gap;
    const middle = label.x + label.width / 2;
    return entry.map((line, row) => lineAt(middle, top + (before + row) * size.line, line, ' text-anchor="middle"'));
  });
  return joined(['<g class="label">', ...texts, '</g>']);
};

const drawAnyState = ({ anyState }: Layout): string =>
  anyState
    ? joined(['<g class="any">', rectOf(anyState, 9), ...drawText(anyState, anyStateName, anyState.lines), '</g>'])
    : '';

const drawDot = ({ x, y, width }: Box): string =>
  `<circle class="dot" cx="${round(x + width / 2)}" cy="${round(y + width / 2)}" r="${width / 2 - 0.5}"/>`;

/** The SVG of a layout. */
export const toSvg = (layout: Layout): string => {
  const { width, height, title, states, dots, edges } = layout;
  return `${joined([
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="state chart: ${escapeText(title)}">`,
    `<style>${style}</style>`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0L10 5L0 10L2.5 5z"/></marker></defs>',
    `<rect class="card" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="14"/>`,
    textAt(24, 32, escapeText(title), ' class="title"'),
    drawAnyState(layout),
    ...states.map(drawState),
    ...edges.map(drawLine),
    ...dots.map(drawDot),
    ...edges.map(drawLabel),
    '</svg>',
  ])}\n`;
};
