/** The run itself: which sample is taken when. */

import type { Pace, Sample } from './measure.ts';
import type { Progress } from './progress.ts';
import { formatFigure } from './report.ts';
import { figuresOf, floorName, type Result } from './result.ts';
import { withRouter } from './router.ts';
import type { Target } from './targets.ts';
import type { Terms, Workload } from './workload.ts';

/** Intervals of a measurement. */
export const fullPace: Pace = { warmUp: 700, interval: 1500, paced: 2500, sessions: 5000 };
/** Intervals of a smoke test. */
export const quickPace: Pace = { warmUp: 150, interval: 250, paced: 300, sessions: 500 };
/** Intervals of the regression gate: as warm as a full run, or the ratios could not be compared. */
export const gatePace: Pace = { warmUp: 700, interval: 600, paced: 1000, sessions: 1000 };

/** What stays the same through a run. */
export interface Plan extends Terms {
  readonly workloads: readonly Workload[];
  /** The ids of the rows that are wanted contain this. */
  readonly only: string;
  readonly rounds: number;
  readonly target: Target;
  readonly floor: Target;
  readonly peers: readonly Target[];
  readonly progress: Progress;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Those that have the workload in what they speak. */
const peersOf = ({ hasPeers, isCommon }: Workload, peers: readonly Target[]): readonly Target[] =>
  hasPeers ? peers.filter(({ wire }) => isCommon || wire === undefined) : [];

/**
 * All rounds of one workload, one target after the other, so that a drift of the machine meets all alike. `broken` says of
 * some peers why they are not even tried.
 */
export const compare = async (
  workload: Workload,
  plan: Omit<Plan, 'workloads' | 'only'>,
  broken: Readonly<Record<string, string>> = {},
): Promise<readonly Result[]> => {
  const { rounds, floor, target, peers } = plan;
  const samples: Record<string, (readonly Sample[])[]> = {};
  const errors: Record<string, string> = Object.fromEntries(
    peersOf(workload, peers).flatMap(({ name }) => (broken[name] === undefined ? [] : [[name, broken[name]]])),
  );
  for (let round = 1; round <= rounds; round++) {
    for (const each of [...(workload.hasFloor ? [floor] : []), target, ...peersOf(workload, peers)]) {
      if (errors[each.name] !== undefined) continue;
      const [row] = workload.rows;
      plan.progress.sample(`${row?.group}: ${row?.title}`, `round ${round}/${rounds}, ${each.name}`);
      try {
        samples[each.name] = [...(samples[each.name] ?? []), await workload.sample(each, plan)];
      } catch (error) {
        errors[each.name] = messageOf(error);
      }
    }
  }
  return workload.rows.map((row, index) => ({
    row,
    samples: Object.fromEntries(
      Object.entries(samples).map(([name, all]) => [name, all.flatMap((each) => each[index] ?? [])]),
    ),
    errors,
  }));
};

const tryToStart = async (target: Target, { pin }: Terms): Promise<void> => {
  try {
    await withRouter(target, pin, async () => {});
  } catch (error) {
    throw new Error(`${target.name}: ${messageOf(error)}`);
  }
};

/** The peers that cannot be started, and why. */
const findBroken = async (plan: Plan): Promise<Readonly<Record<string, string>>> => {
  const broken: Record<string, string> = {};
  for (const { name, ...peer } of plan.workloads.some(({ hasPeers }) => hasPeers) ? plan.peers : []) {
    plan.progress.sample('starting', name);
    try {
      await withRouter({ name, ...peer }, plan.pin, async () => {});
    } catch (error) {
      broken[name] = messageOf(error);
    }
  }
  return broken;
};

const outcomeOf = (result: Result, target: string): string => {
  const { value, ratio } = figuresOf(result, target) ?? {};
  if (ratio) return `${ratio.median.toFixed(2)} times the ${floorName}`;
  return value ? `${formatFigure(value.median)} ${result.row.unit}` : 'failed';
};

/** Takes all samples that the plan asks for. Rejects when a target cannot be started; any later failure is a row's. */
export const measureAll = async (plan: Plan): Promise<readonly Result[]> => {
  const { workloads, floor, target, progress } = plan;
  const wanted = ({ id }: { readonly id: string }): boolean => id.includes(plan.only);
  const results: Result[] = [];
  try {
    for (const each of [floor, target]) await tryToStart(each, plan);
    const broken = await findBroken(plan);
    for (const workload of workloads.filter(({ rows }) => rows.some(wanted))) {
      for (const result of await compare(workload, plan, broken)) {
        if (!wanted(result.row)) continue;
        results.push(result);
        progress.done(`${result.row.group}: ${result.row.title}`, outcomeOf(result, target.name));
      }
    }
    return results;
  } finally {
    progress.end();
  }
};
