/** A bar per row: how many times the floor. Plain SVG, readable on light and dark pages alike. */

import { textWidth } from '../../diagrams/text-width.ts';
import {
  type Band,
  drawing,
  fontSize,
  type LegendEntry,
  legend,
  line,
  markWidth,
  paragraph,
  rect,
  text,
} from '../support/svg.ts';
import { conditions, formatFigure } from './report.ts';
import { breaksBound, figuresOf, floorName, hasFloor, type Result, type Run } from './result.ts';
import { bySize } from './workload.ts';

const width = 1000;
const margin = 24;
const rowHeight = 34;
const barHeight = 16;
const peerHeight = 16;
const peerBarHeight = 9;
/** Between two columns. */
const gap = 14;

const style = `
  .ratio { font-size: ${fontSize.label}px; font-weight: 600; }
  .floor { stroke: #1f2430; stroke-width: 1.5; }
  .bar { fill: #7eaee6; }
  .broken { fill: #ee8a74; }
  .peer { fill: #c9ced6; }
  .spread { stroke: #1f2430; stroke-opacity: 0.7; stroke-width: 1.25; }
  .bound { stroke: #b26a00; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    .floor { stroke: #e8eaef; }
    .bar { fill: #3f74b8; }
    .broken { fill: #c04a34; }
    .peer { fill: #444b57; }
    .spread { stroke: #ffffff; stroke-opacity: 0.7; }
    .bound { stroke: #f0ac45; }
  }
`;

/** What is drawn: the rows of one group, and which routers have a bar in them. */
interface Plot {
  readonly run: Run;
  readonly results: readonly Result[];
  readonly peers: readonly string[];
}

/** Where the columns are: titles end before `left`, bars lie from there to `right`, then come ratios and amounts. */
interface Columns {
  readonly left: number;
  readonly right: number;
  readonly ratioEnd: number;
  readonly amountStart: number;
}

/** How long a bar is. */
interface Scale {
  readonly ticks: readonly number[];
  readonly isLinear: boolean;
  x(ratio: number): number;
}

type Frame = Columns & Scale;

/** What stands beside a bar. */
interface Words {
  readonly ratio: string;
  readonly amount: string;
}

const wordsOf = (result: Result, name: string, { target }: Run): Words => {
  const [{ value, ratio } = {}, floor] = [figuresOf(result, name), figuresOf(result, floorName)];
  if (!value || !ratio || !floor) return { ratio: '', amount: result.errors[name] === undefined ? '-' : 'failed' };
  const unit = result.row.unit === 'times' ? '×' : result.row.unit.split(' ', 1)[0];
  const own = `${formatFigure(value.median)} ${unit}`;
  return name === target
    ? { ratio: `${ratio.median.toFixed(2)}×`, amount: `${formatFigure(floor.value.median)} → ${own}` }
    : { ratio: `${ratio.median.toFixed(1)}×`, amount: own };
};

const amountHead = ({ target }: Run): string => `floor → ${target}`;

const columnsOf = ({ run, results, peers }: Plot): Columns => {
  const words = results.flatMap((result) => [run.target, ...peers].map((name) => wordsOf(result, name, run)));
  const widest = (texts: readonly string[], size: number, isBold = false): number =>
    Math.max(...texts.map((each) => textWidth(each, size, isBold)));
  const titles = results.map(({ row }) => row.title);
  const amounts = [amountHead(run), ...words.map(({ amount }) => amount)];
  const ratios = ['ratio', ...words.map(({ ratio }) => ratio)];
  const amountStart = width - margin - widest(amounts, fontSize.note);
  const ratioEnd = amountStart - gap;
  return {
    left: margin + widest([...titles, ...peers], fontSize.label) + gap,
    right: ratioEnd - widest(ratios, fontSize.label, true) - gap,
    ratioEnd,
    amountStart,
  };
};

/** The most that a linear scale shows: beyond it, a bar at the floor would be too short to be compared. */
const mostLinear = 8;

/** From zero to a round number that everything fits below; with far larger ratios, by powers of two. */
const createFrame = ({ run, results, peers }: Plot, columns: Columns): Frame => {
  const ratios = results.flatMap((result) =>
    [run.target, ...peers].flatMap((name) => figuresOf(result, name)?.ratio ?? []),
  );
  const bounds = results.flatMap(({ row }) => row.bound ?? []);
  const most = Math.max(2, ...[...ratios.map(({ max }) => max), ...bounds].filter(Number.isFinite));
  if (most > mostLinear) return createPowers(Math.min(0.5, ...ratios.map(({ min }) => min)), most, columns);
  const step = [0.5, 1].find((size) => most / size <= 7) ?? 2;
  const steps = Math.ceil((most * 1.02) / step);
  return {
    ...columns,
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step),
    isLinear: true,
    x: (ratio) => columns.left + (ratio / (steps * step)) * (columns.right - columns.left),
  };
};

const createPowers = (least: number, most: number, columns: Columns): Frame => {
  const { left, right } = columns;
  const first = Math.floor(Math.log2(least));
  const count = Math.ceil(Math.log2(most * 1.02)) - first;
  return {
    ...columns,
    ticks: Array.from({ length: count + 1 }, (_, index) => 2 ** (first + index)),
    isLinear: false,
    x: (ratio) => left + ((Math.log2(ratio) - first) / count) * (right - left),
  };
};

const spread = (from: number, to: number, middle: number): readonly string[] => [
  line('spread', from, middle, to, middle),
  ...[from, to].map((end) => line('spread', end, middle - 3.5, end, middle + 3.5)),
];

const bound = (x: number, middle: number, half: number): string => line('bound', x, middle - half, x, middle + half);

const kindOf = (result: Result, run: Run): string => (breaksBound(result, run) ? 'broken' : 'bar');

const ownRow = (result: Result, { run }: Plot, middle: number, frame: Frame): readonly string[] => {
  const { target } = run;
  const { title, bound: most } = result.row;
  const { ratio } = figuresOf(result, target) ?? {};
  const { left, ratioEnd, amountStart, x } = frame;
  const words = wordsOf(result, target, run);
  const hint = `${title}: ${target} ${words.ratio} the floor`;
  const length = ratio ? x(ratio.median) - left : 0;
  return [
    text('label', left - gap, middle + 4.5, title, 'end'),
    text('ratio', ratioEnd, middle + 4.5, words.ratio, 'end'),
    text('note', amountStart, middle + 4.5, words.amount),
    ...(ratio ? [rect(kindOf(result, run), left, middle - barHeight / 2, length, barHeight, hint)] : []),
    ...(ratio && ratio.min < ratio.max ? spread(x(ratio.min), x(ratio.max), middle) : []),
    ...(most === undefined ? [] : [bound(x(most), middle, 13)]),
  ];
};

const peerRow = (result: Result, peer: string, { run }: Plot, middle: number, frame: Frame): readonly string[] => {
  const { left, ratioEnd, amountStart, x } = frame;
  const { ratio } = figuresOf(result, peer) ?? {};
  const words = wordsOf(result, peer, run);
  const hint = `${result.row.title}: ${peer} ${words.ratio} the floor`;
  return [
    text('note', left - gap, middle + 4, peer, 'end'),
    text('note', ratioEnd, middle + 4, words.ratio, 'end'),
    text('note', amountStart, middle + 4, words.amount),
    ...(ratio ? [rect('peer', left, middle - peerBarHeight / 2, x(ratio.median) - left, peerBarHeight, hint)] : []),
  ];
};

const rowsOf = (plot: Plot, top: number, frame: Frame): Band => {
  const { results, peers } = plot;
  const step = rowHeight + peers.length * peerHeight + (peers.length > 0 ? 6 : 0);
  const parts = results.flatMap((result, index) => {
    const middle = top + index * step + rowHeight / 2;
    const below = middle + barHeight / 2 + peerHeight / 2 + 2;
    return [
      ...ownRow(result, plot, middle, frame),
      ...peers.flatMap((peer, at) => peerRow(result, peer, plot, below + at * peerHeight, frame)),
    ];
  });
  return { parts, bottom: top + results.length * step };
};

/** Lines and figures of the scale; where the figures would touch, some are left out. */
const gridOf = ({ ticks, x }: Scale, top: number, bottom: number): readonly string[] => {
  const widest = Math.max(...ticks.map((tick) => textWidth(`${tick}×`, fontSize.note)));
  const every = Math.ceil((widest + 8) / (x(ticks[1] ?? 1) - x(ticks[0] ?? 0)));
  return ticks.flatMap((tick, at) => [
    line('grid', x(tick), top - 4, x(tick), bottom + 4),
    ...(at % every === 0 ? [text('note', x(tick), bottom + 22, `${tick}×`, 'middle')] : []),
  ]);
};

const swatch = (kind: string, meaning: string): LegendEntry => ({
  meaning,
  mark: (x, y) => [rect(kind, x, y - 6, markWidth, 12)],
});

/** What the marks mean; those that the plot has. */
const entriesOf = ({ run, results, peers }: Plot): readonly LegendEntry[] => {
  const kinds = new Set(results.filter((each) => figuresOf(each, run.target)).map((each) => kindOf(each, run)));
  const center = markWidth / 2;
  return [
    ...(kinds.has('bar') ? [swatch('bar', run.target)] : []),
    ...(kinds.has('broken') ? [swatch('broken', `${run.target}, above its bound`)] : []),
    ...(peers.length > 0 ? [swatch('peer', 'other routers')] : []),
    { meaning: 'the floor', mark: (x, y) => [line('floor', x + center, y - 8, x + center, y + 8)] },
    ...(run.rounds > 1
      ? [
          {
            meaning: `least and greatest ratio of the ${run.rounds} rounds`,
            mark: (x: number, y: number) => spread(x, x + markWidth, y),
          },
        ]
      : []),
    ...(results.some(({ row }) => row.bound !== undefined)
      ? [{ meaning: 'bound that a row must keep', mark: (x: number, y: number) => [bound(x + center, y, 8)] }]
      : []),
  ];
};

const headOf = (plot: Plot, heading: string, { isLinear }: Scale): Band => {
  const isSized = plot.results.some(({ row }) => row.group.endsWith(bySize));
  const about =
    `CPU time of the router per unit of work, latency and memory; shorter is better. Over loopback${isSized ? '' : ', 64-byte payloads'}.` +
    (isLinear ? '' : ' The scale is logarithmic.');
  const inner = width - 2 * margin;
  const words = paragraph(margin, 57, inner, about);
  const marks = legend(margin, words.bottom + 6, inner, entriesOf(plot));
  return { parts: [text('title', margin, 36, heading), ...words.parts, ...marks.parts], bottom: marks.bottom };
};

/** Those of the routers that the plot shows. */
const conditionsOf = ({ run, peers }: Plot): string => {
  const versions = Object.entries(run.versions).filter(([name]) => !run.peers.includes(name) || peers.includes(name));
  return conditions({ ...run, versions: Object.fromEntries(versions) });
};

/** The ratios of one group of rows; the floor is the line at 1. */
export const ratioPlot = (run: Run, group: string, all: readonly Result[]): string => {
  const results = all.filter(hasFloor);
  const peers = run.peers.filter((peer) =>
    results.some(({ samples, errors }) => samples[peer]?.length || errors[peer]),
  );
  const plot = { run, results, peers };
  const heading = `${group}: ${peers.length > 0 ? 'routers' : run.target} as a multiple of the floor`;
  const frame = createFrame(plot, columnsOf(plot));
  const head = headOf(plot, heading, frame);
  const top = head.bottom + 24;
  const rows = rowsOf(plot, top, frame);
  const foot = paragraph(margin, rows.bottom + 50, width - 2 * margin, conditionsOf(plot));
  const parts = [
    ...head.parts,
    text('label', frame.x(1), top - 12, 'floor', 'middle'),
    text('note', frame.ratioEnd, top - 12, 'ratio', 'end'),
    text('note', frame.amountStart, top - 12, amountHead(run)),
    ...gridOf(frame, top, rows.bottom),
    ...rows.parts,
    line('floor', frame.x(1), top - 4, frame.x(1), rows.bottom + 4),
    ...foot.parts,
  ];
  return drawing({ width, height: foot.bottom + 8, heading, style, parts });
};
