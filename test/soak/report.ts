/** The report of a soak, for a terminal and as a page with plots. */

import { circumstancesLine } from '../bench/report.ts';
import type { Run } from '../bench/result.ts';
import { timePlot } from './plot.ts';
import type { Sample } from './sample.ts';
import { type Findings, faultsOf, rowsOf } from './verdict.ts';

/** When, where and how a soak was made. */
export type Circumstances = Pick<Run, 'date' | 'versions' | 'machine' | 'command'>;

const figure = (value: number): string => value.toLocaleString('en');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(head),
  row(head.map((_, column) => (column === 0 ? '---' : '---:'))),
  ...rows.map(row),
];

const countersOf = ({ begin, end }: Findings): readonly (readonly string[])[] =>
  Object.entries(end.counters)
    .map(([name, count]) => [name, count - begin.counters[name as keyof typeof begin.counters]] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => [`\`${name}\``, figure(count)]);

/** The share of a core that the router had. */
const load = ({ settled, end, from, to }: Findings): number => (end.cpu - settled.cpu) / 1000 / (to - from);

const summary = (findings: Findings): string => {
  const visits = findings.tallies.reduce((sum, tally) => sum + tally.visits, 0);
  const minutes = Math.round(findings.to / 60);
  return (
    `${figure(visits)} visits of ${findings.tallies.length} kinds in ${minutes} minutes, about ` +
    `${Math.round(visits / findings.to)} a second; the router had ${Math.round(load(findings) * 100)} % of a core.`
  );
};

/** For a terminal. */
export const textReport = (findings: Findings): string => {
  const faults = faultsOf(findings);
  const lines = rowsOf(findings).map(
    ({ title, begin, settled, most, end }) => `${title}: ${[begin, settled, most, end].map(figure).join(', ')}`,
  );
  const verdict =
    faults.length === 0 ? ['Everything is as it was.'] : ['NOT as it was:', ...faults.map((fault) => `  ${fault}`)];
  return `${['At the beginning, after the warm-up, at most, at the end:', ...lines, summary(findings), ...verdict].join('\n')}\n`;
};

const plots: readonly {
  readonly file: string;
  readonly heading: string;
  readonly unit: string;
  readonly series: Readonly<Record<string, (sample: Sample) => number>>;
}[] = [
  {
    file: 'memory.svg',
    heading: 'Memory of the router',
    unit: 'MiB',
    series: {
      RSS: ({ memory }) => memory.rss / 2 ** 20,
      'outside of the heap': ({ memory }) => memory.outside / 2 ** 20,
      'heap used': ({ memory }) => memory.heapUsed / 2 ** 20,
      external: ({ memory }) => memory.external / 2 ** 20,
    },
  },
  {
    file: 'counts.svg',
    heading: 'What there is of everything',
    unit: 'number',
    series: {
      connections: ({ counts }) => counts.connections,
      sessions: ({ counts }) => counts.sessions,
      subscriptions: ({ counts }) => counts.subscriptions,
      registrations: ({ counts }) => counts.registrations,
      'pending calls': ({ counts }) => counts.pendingCalls,
    },
  },
  {
    file: 'delay.svg',
    heading: 'By how much the event loop of the router was late, in 5 s each',
    unit: 'ms',
    series: { p99: ({ delay }) => delay.p99, most: ({ delay }) => delay.max },
  },
];

const draw = ({ moments, from, to }: Findings): readonly (readonly [file: string, svg: string])[] =>
  plots.map(({ file, heading, unit, series }) => [
    file,
    timePlot({
      heading,
      unit,
      seconds: moments.map(({ at }) => at),
      series: Object.entries(series).map(([name, pick]) => ({
        name,
        values: moments.map(({ sample }) => pick(sample)),
      })),
      marks: [
        { at: from, name: 'warm-up over' },
        { at: to, name: 'the last has left' },
      ],
    }),
  ]);

const figuresTable = (findings: Findings): readonly string[] =>
  table(
    ['', 'at the beginning', 'after the warm-up', 'at most', 'at the end', 'bound', ''],
    rowsOf(findings).map(({ title, begin, settled, most, end, bound, isKept }) => [
      title,
      ...[begin, settled, most, end].map(figure),
      bound,
      isKept ? 'kept' : '**broken**',
    ]),
  );

/** The files of a page, by name. */
export const pageOf = (findings: Findings, circumstances: Circumstances): Readonly<Record<string, string>> => {
  const faults = faultsOf(findings);
  const visits = findings.tallies.map((tally) => [tally.title, figure(tally.visits)]);
  const lines = [
    '# Soak',
    '',
    'Peers of all kinds come to a router and leave it, while a few stay; then nothing of those who have left may be there.',
    'See `npm run soak -- --help`.',
    '',
    summary(findings),
    '',
    ...figuresTable(findings),
    '',
    ...faults.map((fault) => `- ${fault}`),
    ...(faults.length > 0 ? [''] : []),
    ...plots.map(({ file, heading }) => `![${heading}](${file})\n`),
    '## Who came',
    '',
    ...table(['', 'visits'], visits),
    '',
    '## Counters',
    '',
    'They only ever grow; those that are not listed are zero.',
    '',
    ...table(['', 'at the end'], countersOf(findings)),
    '',
    `${circumstancesLine(circumstances)}. Repeat with \`${circumstances.command}\`.`,
  ];
  return { 'results.md': `${lines.join('\n')}\n`, ...Object.fromEntries(draw(findings)) };
};
