/** The result of a drain: its figures, and whether too many sessions came back at once. */

import { circumstancesLine } from '../bench/report.ts';
import type { DrainFindings } from './drain.ts';
import { drain } from './drain.ts';
import type { Departure } from './drain-clients.ts';
import type { Circumstances } from './report.ts';

/** ms of a slice in which leaves are counted. */
const slice = 100;
/** How many times its even share a slice may have. */
const mostTimes = 3;
/** ms that the event loop may be late. */
const mostDelay = 100;

/** Leaves in each slice of the first half of the window, from the first leave on. Later ones are in the last slice. */
export const slicesOf = (departures: readonly Departure[]): readonly number[] => {
  const counts = Array.from({ length: drain / 2 / slice }, () => 0);
  const first = Math.min(...departures.map(({ at }) => at));
  for (const { at } of departures) {
    const index = Math.min(counts.length - 1, Math.floor((at - first) / slice));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
};

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((one, other) => one - other);
const medianOf = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;

const statusesOf = (departures: readonly Departure[]): string => {
  const counts = new Map<number, number>();
  for (const { status } of departures) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status === 0 ? 'found nobody' : `by ${status}`}`).join(', ');
};

/** What is not as it must be, in sentences. */
export const drainFaults = ({ departures, end }: DrainFindings): readonly string[] => {
  const share = departures.length / slicesOf([]).length;
  const most = Math.max(...slicesOf(departures));
  // Who comes back when all are gone finds nobody, which is no fault.
  const unrefused = departures.filter(({ status, retryAfter }) => status !== 0 && (status !== 503 || retryAfter < 1));
  return [
    ...(most > share * mostTimes ? [`${most} sessions left within ${slice} ms, and an even share is ${share}`] : []),
    ...(end.delay.max > mostDelay ? [`the event loop was ${end.delay.max.toFixed(0)} ms late`] : []),
    ...(unrefused.length > 0 ? [`${unrefused.length} were not told by 503 and Retry-After when to come back`] : []),
    ...(end.counts.connections > 0 ? [`${end.counts.connections} connections are left`] : []),
  ];
};

const drainRows = ({ departures, took, end }: DrainFindings): readonly (readonly [what: string, value: string])[] => {
  const slices = slicesOf(departures);
  const retries = departures.filter(({ status }) => status !== 0).map(({ retryAfter }) => retryAfter);
  return [
    ['sessions', String(departures.length)],
    ['window', `${drain / 1000} s, leaves in the first half of it`],
    [
      `leaves in ${slice} ms: least, median, most`,
      [Math.min(...slices), medianOf(slices), Math.max(...slices)].join(', '),
    ],
    ['until the router was gone', `${(took / 1000).toFixed(1)} s`],
    ['event loop of the router late: p99, most', `${end.delay.p99.toFixed(1)} ms, ${end.delay.max.toFixed(1)} ms`],
    ['attempts to come back, and how they were refused', `${departures.length}: ${statusesOf(departures)}`],
    ['Retry-After: least, most', `${Math.min(...retries)} s, ${Math.max(...retries)} s`],
  ];
};

/** For a terminal. */
export const drainText = (findings: DrainFindings): string => {
  const faults = drainFaults(findings);
  const lines = drainRows(findings).map(([what, value]) => `${what}: ${value}`);
  const verdict = faults.length === 0 ? ['All left in turn.'] : faults.map((fault) => `NOT KEPT: ${fault}`);
  return `${[...lines, ...verdict].join('\n')}\n`;
};

/** The files of a page, by name. */
export const drainPage = (findings: DrainFindings, facts: Circumstances): Readonly<Record<string, string>> => {
  const lines = [
    '# Drain',
    '',
    'How sessions leave a router that is closed with a window, as SIGTERM does it (PROTOCOL.md, "The end of the router").',
    '',
    '| | |',
    '| --- | --- |',
    ...drainRows(findings).map(([what, value]) => `| ${what} | ${value} |`),
    '',
    ...drainFaults(findings).flatMap((fault) => [`**Not kept:** ${fault}.`, '']),
    `${circumstancesLine(facts)}. Repeat with \`${facts.command}\`.`,
  ];
  return { 'drain.md': `${lines.join('\n')}\n` };
};
