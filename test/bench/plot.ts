/** A bar per row: how many times the floor. Plain SVG, readable on light and dark pages alike. */

import { drawing, escapeXml, line, text } from '../support/svg.ts';
import { conditions, formatFigure } from './report.ts';
import { breaksBound, figuresOf, floorName, hasFloor, type Result, type Run } from './result.ts';

const width = 1000;
const labelWidth = 296;
const valueWidth = 172;
const top = 104;
const rowHeight = 34;
const barHeight = 16;
const plotWidth = width - labelWidth - valueWidth;

const style = `
  .ratio { font-size: 13.5px; font-weight: 600; }
  .floor { stroke: #1f2430; stroke-width: 1.5; }
  .bar { fill: #7eaee6; }
  .broken { fill: #ee8a74; }
  .peer { fill: #c9ced6; }
  .small { font-size: 11px; fill: #626b7a; paint-order: stroke; stroke: #ffffff; stroke-width: 3; }
  .spread { stroke: #1f2430; stroke-opacity: 0.7; stroke-width: 1.25; }
  .bound { stroke: #b26a00; stroke-width: 2.5; }
  .bound-text { font-size: 12px; fill: #8f5500; }
  @media (prefers-color-scheme: dark) {
    .floor { stroke: #e8eaef; }
    .bar { fill: #3f74b8; }
    .broken { fill: #c04a34; }
    .peer { fill: #444b57; }
    .small { fill: #9aa3b2; stroke: #14171d; }
    .spread { stroke: #ffffff; stroke-opacity: 0.7; }
    .bound { stroke: #f0ac45; }
    .bound-text { fill: #f0ac45; }
  }
`;

interface Scale {
  readonly ticks: readonly number[];
  readonly isLinear: boolean;
  x(ratio: number): number;
}

/** The most that a linear scale shows: beyond it, a bar at the floor would be too short to be compared. */
const mostLinear = 8;

/** From zero to a round number that everything fits below; with far larger ratios, by powers of two. */
const createScale = (results: readonly Result[], names: readonly string[]): Scale => {
  const ratios = results.flatMap((result) => names.flatMap((name) => figuresOf(result, name)?.ratio ?? []));
  const bounds = results.flatMap(({ row }) => row.bound ?? []);
  const most = Math.max(2, ...[...ratios.map(({ max }) => max), ...bounds].filter(Number.isFinite));
  if (most > mostLinear) return createPowers(Math.min(0.5, ...ratios.map(({ min }) => min)), most);
  const step = [0.5, 1, 2].find((size) => most / size <= 7) ?? most / 5;
  const steps = Math.ceil((most * 1.02) / step);
  return {
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step),
    isLinear: true,
    x: (ratio) => labelWidth + (ratio / (steps * step)) * plotWidth,
  };
};

const createPowers = (least: number, most: number): Scale => {
  const first = Math.floor(Math.log2(least));
  const count = Math.ceil(Math.log2(most * 1.02)) - first;
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => 2 ** (first + index)),
    isLinear: false,
    x: (ratio) => labelWidth + ((Math.log2(ratio) - first) / count) * plotWidth,
  };
};

const rect = (kind: string, y: number, height: number, length: number, hint: string): string =>
  `<rect class="${kind}" x="${labelWidth}" y="${y.toFixed(1)}" width="${length.toFixed(1)}" height="${height}" rx="2">` +
  `<title>${escapeXml(hint)}</title></rect>`;

const ownBar = (result: Result, run: Run, middle: number, { x }: Scale): readonly string[] => {
  const { target } = run;
  const { title, unit, bound } = result.row;
  const [{ value, ratio } = {}, floor] = [figuresOf(result, target), figuresOf(result, floorName)];
  if (!value || !ratio || !floor) return [text('note', labelWidth + 8, middle + 4.5, 'failed')];
  const kind = breaksBound(result, run) ? 'broken' : 'bar';
  const hint = `${title}: ${target} ${ratio.median.toFixed(2)} times the floor`;
  const parts = [
    rect(kind, middle - barHeight / 2, barHeight, x(ratio.median) - labelWidth, hint),
    text('ratio', width - valueWidth + 44, middle + 4.5, `${ratio.median.toFixed(2)}×`, 'end'),
    text('note', width - valueWidth + 56, middle + 4.5, amounts(floor.value.median, value.median, unit)),
  ];
  if (ratio.min < ratio.max) {
    parts.push(line('spread', x(ratio.min), middle, x(ratio.max), middle));
    for (const end of [ratio.min, ratio.max]) parts.push(line('spread', x(end), middle - 3.5, x(end), middle + 3.5));
  }
  if (bound !== undefined) parts.push(line('bound', x(bound), middle - 13, x(bound), middle + 13));
  return parts;
};

const peerBar = (result: Result, peer: string, middle: number, { x }: Scale): readonly string[] => {
  const { ratio } = figuresOf(result, peer) ?? {};
  if (!ratio) return [text('small', x(1) + 6, middle + 3.5, `${peer}: failed`)];
  const end = x(ratio.median);
  // Beside the line of the floor, not across it.
  const isCrossed = end < x(1) && end > x(1) - 90;
  return [
    rect(
      'peer',
      middle - 5,
      10,
      end - labelWidth,
      `${result.row.title}: ${peer} ${ratio.median.toFixed(1)} times the floor`,
    ),
    text('small', (isCrossed ? x(1) : end) + 6, middle + 3.5, `${peer} ${ratio.median.toFixed(1)}×`),
  ];
};

const peerHeight = 14;

const bars = (result: Result, run: Run, peers: readonly string[], y: number, scale: Scale): readonly string[] => {
  const middle = y + rowHeight / 2;
  return [
    text('label', labelWidth - 14, middle + 4.5, result.row.title, 'end'),
    ...ownBar(result, run, middle, scale),
    ...peers.flatMap((peer, at) => peerBar(result, peer, middle + barHeight / 2 + 8 + at * peerHeight, scale)),
  ];
};

const amounts = (floor: number, target: number, unit: string): string =>
  `${formatFigure(floor)} → ${formatFigure(target)} ${unit === 'times' ? '×' : unit.split(' ', 1)[0]}`;

/** What the marks mean; those that the plot has. */
const legend = (y: number, rounds: number, hasBounds: boolean): readonly string[] => {
  const left = hasBounds ? 214 : 24;
  return [
    ...(hasBounds
      ? [line('bound', 25.5, y - 8, 25.5, y + 8), text('bound-text', 34, y + 4, 'bound that a row must keep')]
      : []),
    ...(rounds > 1
      ? [
          line('spread', left, y, left + 24, y),
          line('spread', left, y - 3.5, left, y + 3.5),
          line('spread', left + 24, y - 3.5, left + 24, y + 3.5),
          text('note', left + 33, y + 4, `least and greatest ratio of the ${rounds} rounds`),
        ]
      : []),
  ];
};

/** The ratios of one group of rows; the floor is the line at 1. */
export const ratioPlot = (run: Run, group: string, all: readonly Result[]): string => {
  const { target } = run;
  const results = all.filter(hasFloor);
  const peers = run.peers.filter((peer) =>
    results.some(({ samples, errors }) => samples[peer]?.length || errors[peer]),
  );
  const versions = Object.entries(run.versions).filter(([name]) => !run.peers.includes(name) || peers.includes(name));
  const scale = createScale(results, [target, ...peers]);
  const hasBounds = results.some(({ row }) => row.bound !== undefined);
  const { ticks, x } = scale;
  const step = rowHeight + peers.length * peerHeight;
  const bottom = top + results.length * step;
  const height = bottom + 92;
  const grid = ticks.flatMap((tick) => [
    line('grid', x(tick), top - 4, x(tick), bottom + 4),
    text('note', x(tick), bottom + 22, `${tick}×`, 'middle'),
  ]);
  const heading = `${group}: ${[target, ...peers].join(', ')} as a multiple of the floor`;
  const parts = [
    text('title', 24, 36, heading),
    text(
      'note',
      24,
      57,
      'CPU time of the router per unit of work, latency and memory; shorter is better. Over loopback, 64-byte payloads.' +
        (scale.isLinear ? '' : ' Logarithmic.'),
    ),
    text('label', x(1), top - 12, 'floor', 'middle'),
    text('note', width - valueWidth + 56, top - 12, `floor → ${target}`),
    ...grid,
    ...results.flatMap((result, index) => bars(result, run, peers, top + index * step, scale)),
    line('floor', x(1), top - 4, x(1), bottom + 4),
    ...legend(bottom + 50, run.rounds, hasBounds),
    text('note', 24, bottom + 76, conditions({ ...run, versions: Object.fromEntries(versions) })),
  ];
  return drawing({ width, height, heading, style, parts });
};
