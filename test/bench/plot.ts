/** A bar per row: how many times the floor. Plain SVG, readable on light and dark pages alike. */

import { conditions, formatFigure } from './report.ts';
import { breaksBound, figuresOf, type Result, type Run } from './result.ts';

const width = 920;
const labelWidth = 232;
const valueWidth = 172;
const top = 104;
const rowHeight = 34;
const barHeight = 16;
const plotWidth = width - labelWidth - valueWidth;

const style = `
  text { font-family: ui-sans-serif, system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: #1f2430; }
  .page { fill: #ffffff; }
  .title { font-size: 19px; font-weight: 600; }
  .label { font-size: 13.5px; }
  .note { font-size: 12px; fill: #626b7a; }
  .ratio { font-size: 13.5px; font-weight: 600; }
  .grid { stroke: #e4e7ec; }
  .floor { stroke: #1f2430; stroke-width: 1.5; }
  .bar { fill: #7eaee6; }
  .broken { fill: #ee8a74; }
  .spread { stroke: #1f2430; stroke-opacity: 0.7; stroke-width: 1.25; }
  .bound { stroke: #b26a00; stroke-width: 2.5; }
  .bound-text { font-size: 12px; fill: #8f5500; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8eaef; }
    .page { fill: #14171d; }
    .note { fill: #9aa3b2; }
    .grid { stroke: #2b303a; }
    .floor { stroke: #e8eaef; }
    .bar { fill: #3f74b8; }
    .broken { fill: #c04a34; }
    .spread { stroke: #ffffff; stroke-opacity: 0.7; }
    .bound { stroke: #f0ac45; }
    .bound-text { fill: #f0ac45; }
  }
`;

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (kind: string, x: number, y: number, content: string, anchor = 'start'): string =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

const line = (kind: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;

/** From zero to a round number that everything fits below. */
const createScale = (results: readonly Result[]): { readonly ticks: readonly number[]; x(ratio: number): number } => {
  const reach = results.flatMap((result) => [figuresOf(result)?.ratio.max ?? 0, result.row.bound ?? 0]);
  const most = Math.max(2, ...reach.filter(Number.isFinite));
  const step = [0.5, 1, 2, 5, 10, 20, 50, 100].find((size) => most / size <= 7) ?? most / 5;
  const steps = Math.ceil((most * 1.02) / step);
  return {
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step),
    x: (ratio) => labelWidth + (ratio / (steps * step)) * plotWidth,
  };
};

const bar = (result: Result, y: number, x: (ratio: number) => number): readonly string[] => {
  const { title, unit, bound } = result.row;
  const figures = figuresOf(result);
  const middle = y + rowHeight / 2;
  const parts = [text('label', labelWidth - 14, middle + 4.5, title, 'end')];
  if (!figures) return [...parts, text('note', labelWidth + 8, middle + 4.5, 'failed')];
  const { floor, target, ratio } = figures;
  const kind = breaksBound(result) ? 'broken' : 'bar';
  const length = x(ratio.median) - labelWidth;
  parts.push(
    `<rect class="${kind}" x="${labelWidth}" y="${middle - barHeight / 2}" width="${length.toFixed(1)}" height="${barHeight}" rx="2">` +
      `<title>${escapeXml(`${title}: ${ratio.median.toFixed(2)} times the floor`)}</title></rect>`,
    text('ratio', width - valueWidth + 44, middle + 4.5, `${ratio.median.toFixed(2)}×`, 'end'),
    text('note', width - valueWidth + 56, middle + 4.5, amounts(floor.median, target.median, unit)),
  );
  if (ratio.min < ratio.max) {
    parts.push(line('spread', x(ratio.min), middle, x(ratio.max), middle));
    for (const end of [ratio.min, ratio.max]) parts.push(line('spread', x(end), middle - 3.5, x(end), middle + 3.5));
  }
  if (bound !== undefined) parts.push(line('bound', x(bound), middle - 13, x(bound), middle + 13));
  return parts;
};

const amounts = (floor: number, target: number, unit: string): string =>
  `${formatFigure(floor)} → ${formatFigure(target)} ${unit.split(' ', 1)[0]}`;

const legend = (y: number, rounds: number): readonly string[] => [
  line('bound', 25.5, y - 8, 25.5, y + 8),
  text('bound-text', 34, y + 4, 'bound that a row must keep'),
  ...(rounds > 1
    ? [
        line('spread', 214, y, 238, y),
        line('spread', 214, y - 3.5, 214, y + 3.5),
        line('spread', 238, y - 3.5, 238, y + 3.5),
        text('note', 247, y + 4, `least and greatest ratio of the ${rounds} rounds`),
      ]
    : []),
];

/** The ratios of a run; the floor is the line at 1. */
export const ratioPlot = (run: Run): string => {
  const { ticks, x } = createScale(run.results);
  const bottom = top + run.results.length * rowHeight;
  const height = bottom + 92;
  const grid = ticks.flatMap((tick) => [
    line('grid', x(tick), top - 4, x(tick), bottom + 4),
    text('note', x(tick), bottom + 22, `${tick}×`, 'middle'),
  ]);
  const heading = `${run.target} as a multiple of the floor`;
  const parts = [
    `<rect class="page" width="${width}" height="${height}" rx="6"/>`,
    text('title', 24, 36, heading),
    text(
      'note',
      24,
      57,
      'CPU time of the router per unit of work, latency and memory; shorter is better. WAMP v1 JSON over loopback, 64-byte payloads.',
    ),
    text('label', x(1), top - 12, 'floor', 'middle'),
    text('note', width - valueWidth + 56, top - 12, `floor → ${run.target}`),
    ...grid,
    ...run.results.flatMap((result, index) => bar(result, top + index * rowHeight, x)),
    line('floor', x(1), top - 4, x(1), bottom + 4),
    ...legend(bottom + 50, run.rounds),
    text('note', 24, bottom + 76, conditions(run)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(heading)}">
<style>${style}</style>
${parts.join('\n')}
</svg>
`;
};
