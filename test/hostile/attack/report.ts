/** The table of a run, for a terminal and as Markdown. */

import type { circumstances } from '../../bench/describe.ts';
import type { Attack } from './attack.ts';
import { suiteAttacks } from './in-suite.ts';
import { breaches, type Outcome, usualP99 } from './verdict.ts';

/** An attack with what came of it. */
export interface Row {
  readonly attack: Attack;
  readonly outcome: Outcome;
}

const mebi = (octets: number): string =>
  Number.isFinite(octets) ? `${Math.max(0, Math.round(octets / 2 ** 20))} MiB` : '-';
const ms = (time: number): string => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;

/** What came of an attack, in one line. */
export const outcomeOf = ({ seen, growth, kept }: Outcome): string =>
  `p99 ${ms(seen.p99)}, max ${ms(seen.max)}, memory +${mebi(growth)}, +${mebi(kept)} in the end`;

/** The bound of an attack, in one line. */
export const boundOf = ({ bound: { p99 = usualP99, growth, kept, because } }: Attack): string => {
  const bounds = [
    `p99 ${p99} ms`,
    `memory +${growth} MiB`,
    ...(kept === undefined ? [] : [`+${kept} MiB in the end`]),
  ].join(', ');
  return because === undefined ? bounds : `${bounds}, as ${because}`;
};

const verdictOf = ({ attack, outcome }: Row): string => {
  const reasons = breaches(outcome, attack.bound);
  return reasons.length === 0 ? 'kept' : `**broken**: ${reasons.join('; ')}`;
};

/** Whether a row keeps its bound. */
export const isKept = ({ attack, outcome }: Row): boolean => breaches(outcome, attack.bound).length === 0;

/** A row as a line of progress. */
export const lineOf = (row: Row): string =>
  `${outcomeOf(row.outcome)}: ${isKept(row) ? 'kept' : `BROKEN: ${breaches(row.outcome, row.attack.bound).join('; ')}`}`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

/** The rows as Markdown. */
export const markdownTable = (rows: readonly Row[]): string =>
  [
    line(['attack', 'the attacker', 'before', 'now', 'bound', 'verdict']),
    line(['---', '---', '---', '---', '---', '---']),
    ...rows.map((row) =>
      line([
        `\`${row.attack.id}\``,
        row.attack.does,
        row.attack.before,
        outcomeOf(row.outcome),
        boundOf(row.attack),
        verdictOf(row),
      ]),
    ),
  ].join('\n');

const intro = `# Attacks

Each attack runs against a router in a process of its own, on a core of its own. Two bystanders, one in the attacker's realm and one in
another, call and publish a hundred times a second from another process. An attack breaks its bound when the router's process ends, when
a bystander loses its session or 1 of 100 of its requests takes longer than stated, when the router's resident memory grows by more than
stated, or when a connection, session, topic, subscription, registration, call or timer is left once the attackers have gone.
"Before" is what the same attack did to an earlier version of this router, as it was told then; machine and harness were others.`;

const suiteTable = (): string =>
  [
    line(['the attacker', 'before', 'test']),
    line(['---', '---', '---']),
    ...suiteAttacks.map(({ does, before, file, title }) => line([does, before, `${file}: "${title}"`])),
  ].join('\n');

/** The whole report. */
export const markdownReport = (
  rows: readonly Row[],
  { date, versions, machine }: ReturnType<typeof circumstances>,
): string =>
  [
    intro,
    '',
    markdownTable(rows),
    '',
    `${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}. Repeat with \`npm run test:attack\`.`,
    '',
    '## Attacks that need no load',
    '',
    'They are made by `npm test`.',
    '',
    suiteTable(),
    '',
  ].join('\n');
