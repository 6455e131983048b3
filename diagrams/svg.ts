/**
 * A layout as SVG: one self-contained file, readable on a light and on a dark page. States carry `data-state`, label lines
 * `data-edge` and lines `data-edges`, so that a page can put life into the picture.
 */

import { edgeId } from './chart.ts';
import type { Box, Layout, PlacedEdge, PlacedState } from './layout.ts';
import { size } from './layout.ts';
import type { Line } from './words.ts';

// Literal colours and a dark override: renderers without custom properties (librsvg) draw the light one.
const style = `
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-size:${size.text}px;fill:#1f2733}
.card{fill:#fbfcfe;stroke:#d5dce6}
.title{font-size:19px;font-weight:650;letter-spacing:-.01em}
.hint{fill:#6b7686}
.state rect{fill:#ffffff;stroke:#8fa3bf;stroke-width:1.4}
.state .name{font-size:${size.name}px;font-weight:650;fill:#16335c}
.state.compound>rect{fill:#f1f5fb;stroke:#8fa3bf;stroke-dasharray:none}
.state.final>rect{stroke:#16335c;stroke-width:1.4}
.state .rule{stroke:#d5dce6;stroke-width:1}
.event{font-weight:600}
.guard{fill:#8a5a00}
.do{fill:#6b7686}
.line{fill:none;stroke:#5b6f8d;stroke-width:1.5}
.tip{fill:#5b6f8d}
.dot{fill:#16335c}
.label rect{fill:#fbfcfe;fill-opacity:.94}
.label.inner rect{fill:#f1f5fb}
.any rect{fill:#eef2f8;stroke:none}
@media (prefers-color-scheme:dark){
text{fill:#e3e8f0}
.card{fill:#151a22;stroke:#2c3543}
.hint,.do{fill:#95a1b3}
.state rect{fill:#1c232e;stroke:#5d7191}
.state .name{fill:#a9c7f5}
.state.compound>rect{fill:#181e28;stroke:#5d7191}
.state.final>rect{stroke:#a9c7f5}
.state .rule{stroke:#2f3947}
.guard{fill:#e0b45f}
.line{stroke:#8397b5}
.tip{fill:#8397b5}
.dot{fill:#a9c7f5}
.label rect{fill:#151a22}
.label.inner rect{fill:#181e28}
.any rect{fill:#1d2430}
}`;

const escapeText = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
const round = (value: number): number => Math.round(value * 10) / 10;

const spans = ({ event, guard, actions }: Line): string => {
  const parts = [
    event && `<tspan class="event">${escapeText(event)}</tspan>`,
    guard && `<tspan class="guard">${escapeText(guard)}</tspan>`,
    actions && `<tspan class="do">${escapeText(actions)}</tspan>`,
  ];
  return parts.filter(Boolean).join(' ');
};

const textAt = (x: number, y: number, inner: string, attributes = ''): string =>
  `<text x="${round(x)}" y="${round(y)}"${attributes}>${inner}</text>`;

const rectOf = ({ x, y, width, height }: Box, radius: number): string =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`;

const inset = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x + by,
  y: y + by,
  width: width - 2 * by,
  height: height - 2 * by,
});

const drawState = (placed: PlacedState): string => {
  const { state, rows, x, y, width } = placed;
  const isFinal = state.kind === 'final';
  const ruleY = y + size.title - 2;
  return [
    `<g class="state ${state.kind}" data-state="${escapeText(state.id)}">`,
    rectOf(placed, 9),
    isFinal ? rectOf(inset(placed, 3.5), 6) : '',
    textAt(x + width / 2, y + 22, escapeText(state.name), ' class="name" text-anchor="middle"'),
    rows.length > 0
      ? `<line class="rule" x1="${round(x + 8)}" y1="${round(ruleY)}" x2="${round(x + width - 8)}" y2="${round(ruleY)}"/>`
      : '',
    ...rows.map((row, at) => textAt(x + size.padding, y + size.title + 14 + at * size.line, spans(row))),
    '</g>',
  ]
    .filter(Boolean)
    .join('\n');
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

const drawLine = ({ arrows, points }: PlacedEdge): string =>
  `<path class="line" d="${pathOf(points)}" marker-end="url(#tip)" data-edges="${escapeText(arrows.map(edgeId).join(' '))}"/>`;

const isInside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const drawLabel = ({ label }: PlacedEdge, states: readonly PlacedState[]): string => {
  if (!label) return '';
  const lines = label.lines.map(({ arrow, line }, at) =>
    textAt(
      label.x + label.width / 2,
      label.y + 14 + at * size.line,
      spans(line),
      ` text-anchor="middle" data-edge="${escapeText(edgeId(arrow))}"`,
    ),
  );
  const isInner = states.some((placed) => placed.state.children.length > 0 && isInside(label, placed));
  return [`<g class="label${isInner ? ' inner' : ''}">`, rectOf(label, 4), ...lines, '</g>'].join('\n');
};

const drawAnyState = ({ anyState, width }: Layout): string => {
  if (anyState.length === 0) return '';
  const box = { x: 20, y: size.head - 4, width: width - 40, height: anyState.length * size.line + 18 };
  const rows = anyState.map((row, at) => textAt(130, box.y + 21 + at * size.line, spans(row)));
  return [
    '<g class="any">',
    rectOf(box, 8),
    textAt(36, box.y + 21, 'in any state', ' class="hint"'),
    ...rows,
    '</g>',
  ].join('\n');
};

/** The SVG of a layout. */
export const toSvg = (layout: Layout): string => {
  const { width, height, title, states, dots, edges } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="state chart: ${escapeText(title)}">`,
    `<style>${style}</style>`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0L10 5L0 10L2.5 5z"/></marker></defs>',
    `<rect class="card" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="14"/>`,
    textAt(24, 32, escapeText(title), ' class="title"'),
    drawAnyState(layout),
    ...states.map(drawState),
    ...edges.map(drawLine),
    ...dots.map(
      ({ x, y, width: side }) =>
        `<circle class="dot" cx="${round(x + side / 2)}" cy="${round(y + side / 2)}" r="${side / 2 - 0.5}"/>`,
    ),
    ...edges.map((edge) => drawLabel(edge, states)),
    '</svg>',
    '',
  ]
    .filter((part, at, all) => part !== '' || at === all.length - 1)
    .join('\n');
};
