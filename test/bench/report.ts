/** The table of a run, for a terminal and as Markdown. */

import type { Spread } from './measure.ts';
import { boundOf, breaksBound, figuresOf, floorName, hasFloor, type Result, type Run, remarksOn } from './result.ts';

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

const valueCell = (result: Result, target: string): string => {
  const figures = figuresOf(result, target);
  return figures ? withSpread(figures.value) : result.errors[target] === undefined ? '-' : 'failed';
};

// A digit more where it is needed to see that a bound is broken.
const ratioCell = (result: Result, run: Run): string =>
  figuresOf(result, run.target)?.ratio?.median.toFixed(breaksBound(result, run) ? 3 : 2) ?? '-';

const peerCell = (result: Result, peer: string): string => {
  const figures = figuresOf(result, peer);
  return figures?.ratio ? `${withSpread(figures.value)} ${figures.ratio.median.toFixed(1)}×` : valueCell(result, peer);
};

/** Peers are measured in some groups only: a column that would be empty is left out. */
const peersIn = ({ peers }: Run, results: readonly Result[]): readonly string[] =>
  peers.filter((peer) => results.some(({ samples, errors }) => samples[peer]?.length || errors[peer]));

const table = (run: Run, results: readonly Result[]): readonly string[][] => {
  const { target } = run;
  const peers = peersIn(run, results);
  const cells = (result: Result): string[] => [
    result.row.title,
    result.row.unit,
    valueCell(result, floorName),
    valueCell(result, target),
    ratioCell(result, run),
    `${boundOf(result.row)}${breaksBound(result, run) ? ' BROKEN' : ''}`,
    ...peers.map((peer) => peerCell(result, peer)),
  ];
  return [['', 'unit', 'floor', target, 'ratio', 'bound', ...peers], ...results.map(cells)];
};

const isFigure = (column: number): boolean => (column > 1 && column < 5) || column > 5;

const align = (lines: readonly (readonly string[])[]): readonly string[][] => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isFigure(column) ? cell.padStart(width) : cell.padEnd(width);
    }),
  );
};

/** The results under the headings that they belong to. */
export const groupsOf = ({ results }: Run): ReadonlyMap<string, readonly Result[]> =>
  new Map(
    [...new Set(results.map(({ row }) => row.group))].map((group) => [
      group,
      results.filter(({ row }) => row.group === group),
    ]),
  );

/** The tables with aligned columns, then the remarks. */
export const textReport = (run: Run): string => {
  const tables = [...groupsOf(run)].map(([group, results]) => {
    const lines = align(table(run, results)).map((line) => line.join('  ').trimEnd());
    return [group, '-'.repeat(Math.max(...lines.map((line) => line.length))), ...lines, ''].join('\n');
  });
  return `${[...tables, ...remarksOn(run), `${conditions(run)}.`].join('\n')}\n`;
};

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const markdownTable = (run: Run, results: readonly Result[]): readonly string[] => {
  const [head, ...rows] = align(table(run, results));
  const rule = (head ?? []).map((cell, column) =>
    isFigure(column) ? `${'-'.repeat(Math.max(1, cell.length - 1))}:` : '-'.repeat(cell.length),
  );
  return [head ?? [], rule, ...rows].map(line);
};

/** The table of the README: one group, medians only, the other routers as multiples of the floor; and how to repeat it. */
export const summary = (run: Run, group: string): string => {
  const results = (groupsOf(run).get(group) ?? []).filter(hasFloor);
  const peers = peersIn(run, results);
  const amount = (result: Result, target: string): string => {
    const value = figuresOf(result, target)?.value.median;
    return value === undefined ? 'failed' : formatFigure(value);
  };
  const times = (result: Result, target: string, digits: number): string => {
    const ratio = figuresOf(result, target)?.ratio?.median;
    if (ratio === undefined && !result.errors[target] && target !== run.target) return '-';
    return ratio === undefined ? 'failed' : `${ratio.toFixed(digits)}×`;
  };
  const cells = (result: Result): string[] => [
    result.row.title,
    result.row.unit,
    amount(result, floorName),
    amount(result, run.target),
    `**${times(result, run.target, 2)}**`,
    ...peers.map((peer) => times(result, peer, 1)),
  ];
  const head = ['', 'unit', 'floor', run.target, 'ratio', ...peers];
  const rule = head.map((_, column) => (column < 2 ? '---' : '---:'));
  return [...[head, rule, ...results.map(cells)].map(line), '', howToRepeat(run)].join('\n');
};

/** The name of the file that a group is drawn in. */
export const plotName = (group: string): string => `${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.svg`;

/** The same tables as Markdown. */
export const markdownReport = (run: Run): string => {
  const intro = [
    `# ${run.target} against the floor`,
    '',
    'CPU time of the router process per unit of work, over real WebSockets on loopback, payloads of 64 bytes where no size is named.',
    'The floor is `test/bench/floor.ts`: the least that a router on the same WebSocket library can do.',
    'Figures are the median of all rounds (least..greatest); each sample is a fresh process, and the rounds go from one',
    'router to the next, so that a drift of the machine meets all alike.',
    ...(run.peers.length > 0 ? [aboutPeers] : []),
    ...(run.peers.some((name) => ownProtocol.has(name)) ? [aboutOwnProtocol] : []),
    '',
  ];
  const groups = [...groupsOf(run)].flatMap(([group, results]) => [
    `## ${group}`,
    '',
    ...markdownTable(run, results),
    '',
    ...(results.some(hasFloor) ? [`![${group}: ratio to the floor](${plotName(group)})`, ''] : []),
  ]);
  const remarks = remarksOn(run).map((remark) => `- ${remark.replaceAll('\n', ' ')}`);
  return `${[...intro, ...groups, ...(remarks.length > 0 ? [...remarks, ''] : []), howToRepeat(run)].join('\n')}\n`;
};

const ownProtocol = new Set(['socket.io', 'nats']);
const aboutOwnProtocol =
  'Socket.IO and NATS speak what is their own: rooms and acknowledgements, subjects and requests with an inbox.';

const aboutPeers =
  'The other routers run as they come, but nexus has queues of 65,536 messages: with its own 64 it drops events from bursts.\n' +
  'Their times are multiples of the floor, too. Memory is that after a garbage collection where a router is a Node program.';

/** When, where and with what something was measured, in one line. */
export const circumstancesLine = ({ date, machine, versions }: Pick<Run, 'date' | 'machine' | 'versions'>): string =>
  [
    `${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.system}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ].join(', ');

/** The same of a run, with its rounds. */
export const conditions = (run: Run): string =>
  `${circumstancesLine(run)}, ${run.rounds === 1 ? '1 round' : `${run.rounds} rounds`}`;

const howToRepeat = (run: Run): string => `${conditions(run)}. Repeat with \`${run.command}\`.`;
