/** Plots of what was measured over time, with a line for each value. */

import { textWidth } from '../../diagrams/text-width.ts';
import { drawing, escapeXml, fontSize, legend, line, markWidth, text } from '../support/svg.ts';

/** One line. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/** Lines over the same time. */
export interface TimePlot {
  readonly heading: string;
  /** Of the values. */
  readonly unit: string;
  /** When each value was taken. */
  readonly seconds: readonly number[];
  readonly series: readonly Series[];
  /** Moments with a name, in the order of time. */
  readonly marks: readonly { readonly at: number; readonly name: string }[];
}

const width = 1000;
const [left, right, bottom] = [84, 40, 42];
/** px that the lines have from their least to their greatest value. */
const depth = 210;
/** Between the names of two moments: each has a line of its own above the plot. */
const markPitch = 17;

const style = `
  .series { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .mark { stroke: #8a93a3; stroke-dasharray: 4 3; }
  .s0 { stroke: #2f6fbd; } .s1 { stroke: #cf5b23; } .s2 { stroke: #2f8a4c; } .s3 { stroke: #8a4fb0; } .s4 { stroke: #8f7a00; }
  @media (prefers-color-scheme: dark) {
    .s0 { stroke: #6ea6ea; } .s1 { stroke: #f2905f; } .s2 { stroke: #6cc48a; } .s3 { stroke: #c08fe0; } .s4 { stroke: #d9c04a; }
  }
`;

/** Steps of 1, 2 or 5 times a power of ten, at most `most` of them up to `greatest`. */
const ticksUpTo = (greatest: number, most: number): readonly number[] => {
  const rough = Math.max(greatest, Number.EPSILON) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((size) => size * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil(greatest / step) + 1 }, (_, index) => index * step);
};

const figure = (value: number): string => String(Number(value.toPrecision(6)));

/** The names of moments, above a plot that begins at `top`, and what leads from them down to its end. */
const drawMarks = (marks: TimePlot['marks'], top: number, x: (at: number) => number): readonly string[] =>
  marks.flatMap(({ at, name }, level) => {
    const y = top - 10 - (marks.length - 1 - level) * markPitch;
    // Right of its line, so that the line of an earlier moment does not come through it.
    const fits = x(at) + 6 + textWidth(name, fontSize.note) < width - 8;
    return [
      line('mark', x(at), y - 9, x(at), top + depth),
      text('note', x(at) + (fits ? 6 : -6), y, name, fits ? 'start' : 'end'),
    ];
  });

/** The document. */
export const timePlot = ({ heading, unit, seconds, series, marks }: TimePlot): string => {
  const ticks = ticksUpTo(Math.max(1, ...series.flatMap(({ values }) => values)), 5);
  const minutes = ticksUpTo(Math.max(1, ...seconds) / 60, 12);
  const names = legend(
    24,
    58,
    width - 48,
    series.map(({ name }, at) => ({ meaning: name, mark: (x, y) => [line(`s${at} series`, x, y, x + markWidth, y)] })),
  );
  const top = names.bottom + 16 + marks.length * markPitch;
  const x = (at: number): number => left + (at / (minutes.at(-1)! * 60)) * (width - left - right);
  const y = (value: number): number => top + depth - (value / ticks.at(-1)!) * depth;
  const path = (values: readonly number[]): string =>
    values.map((value, at) => `${x(seconds[at] ?? 0).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const parts = [
    text('title', 24, 34, heading),
    ...names.parts,
    ...ticks.flatMap((tick) => [
      line('grid', left, y(tick), width - right, y(tick)),
      text('note', left - 8, y(tick) + 4, figure(tick), 'end'),
    ]),
    text('note', left - 8, top - 14, unit, 'end'),
    ...minutes.map((minute) => text('note', x(minute * 60), top + depth + 22, `${figure(minute)} min`, 'middle')),
    ...drawMarks(marks, top, x),
    ...series.map(
      ({ name, values }, at) =>
        `<polyline class="s${at} series" points="${path(values)}"><title>${escapeXml(name)}</title></polyline>`,
    ),
  ];
  return drawing({ width, height: top + depth + bottom, heading, style, parts });
};
