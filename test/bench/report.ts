/** The table of a run, for a terminal and as Markdown. */

import type { Spread } from './measure.ts';
import { breaksBound, figuresOf, type Result, type Run, remarksOn } from './result.ts';

/** A figure with three significant digits at least, never in exponents. */
export const formatFigure = (value: number): string => {
  if (!Number.isFinite(value)) return '-';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))));
  return value.toFixed(digits);
};

const withSpread = (spread: Spread): string =>
  spread.min === spread.max
    ? formatFigure(spread.median)
    : `${formatFigure(spread.median)} (${formatFigure(spread.min)}..${formatFigure(spread.max)})`;

const cells = (result: Result): readonly string[] => {
  const { title, unit, bound } = result.row;
  const figures = figuresOf(result);
  const limit = bound === undefined ? '' : `<= ${bound}${breaksBound(result) ? ' BROKEN' : ''}`;
  return figures
    ? [title, unit, withSpread(figures.floor), withSpread(figures.target), figures.ratio.median.toFixed(2), limit]
    : [title, unit, 'failed', 'failed', '-', limit];
};

const header = (run: Run): readonly string[] => ['row', 'unit', 'floor', run.target, 'ratio', 'bound'];

const align = (lines: readonly (readonly string[])[]): readonly string[][] => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isFigure = (column: number): boolean => column > 1 && column < 5;
  return lines.map((line) =>
    line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isFigure(column) ? cell.padStart(width) : cell.padEnd(width);
    }),
  );
};

/** The table with aligned columns, then the remarks. */
export const textReport = (run: Run): string => {
  const lines = align([header(run), ...run.results.map(cells)]).map((line) => line.join('  ').trimEnd());
  lines.splice(1, 0, '-'.repeat(Math.max(...lines.map((line) => line.length))));
  return `${[...lines, '', ...remarksOn(run), `${conditions(run)}.`].join('\n')}\n`;
};

/** The same table as Markdown. */
export const markdownReport = (run: Run): string => {
  const [head, ...rows] = align([header(run), ...run.results.map(cells)]);
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rule = (head ?? []).map((cell, column) =>
    column > 1 && column < 5 ? `${'-'.repeat(cell.length - 1)}:` : '-'.repeat(cell.length),
  );
  const intro = [
    `# ${run.target} against the floor`,
    '',
    'CPU time of the router process per unit of work, over real WebSockets on loopback, WAMP v1 JSON, payloads of 64 bytes.',
    'The floor is `test/bench/floor.ts`: the least that a router on the same WebSocket library can do.',
    'Figures are the median of all rounds (least..greatest); each sample is a fresh process, rounds alternate between both.',
    '',
    '![Ratio to the floor](ratio.svg)',
    '',
  ];
  const remarks = remarksOn(run).map((remark) => `- ${remark.replaceAll('\n', ' ')}`);
  return `${[
    ...intro,
    ...[head ?? [], rule, ...rows].map(line),
    '',
    ...(remarks.length > 0 ? [...remarks, ''] : []),
    `${conditions(run)}. Repeat with \`${run.command}\`.`,
  ].join('\n')}\n`;
};

/** Where and with what a run was made, in one line. */
export const conditions = (run: Run): string =>
  [
    `${run.date.slice(0, 10)}: ${run.machine.cpu}, ${run.machine.cores} cores, ${run.machine.system}`,
    ...Object.entries(run.versions).map(([name, version]) => `${name} ${version}`),
    run.rounds === 1 ? '1 round' : `${run.rounds} rounds`,
  ].join(', ');
