/** The run itself: which sample is taken when. */

import type { Pace, Sample } from './measure.ts';
import type { Pin } from './pin.ts';
import type { Progress } from './progress.ts';
import { figuresOf, floorName, type Result } from './result.ts';
import { startRouter } from './router.ts';
import type { Target } from './targets.ts';
import type { Workload } from './workload.ts';

/** Intervals of a measurement. */
export const fullPace: Pace = { warmUp: 700, interval: 1500, paced: 3000, sessions: 2000 };
/** Intervals of a smoke test. */
export const quickPace: Pace = { warmUp: 150, interval: 250, paced: 300, sessions: 500 };
/** Intervals of the regression gate. */
export const gatePace: Pace = { warmUp: 400, interval: 700, paced: 1000, sessions: 1000 };

/** What stays the same through a run. */
export interface Plan {
  readonly workloads: readonly Workload[];
  /** The ids of the rows that are wanted contain this. */
  readonly only: string;
  readonly rounds: number;
  readonly pace: Pace;
  readonly target: Target;
  readonly floor: Target;
  readonly peers: readonly Target[];
  readonly pin: Pin | undefined;
  readonly progress: Progress;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One sample per row, from a process that has done nothing else. */
const sampleOnce = async (target: Target, workload: Workload, { pin, pace }: Plan): Promise<readonly Sample[]> => {
  const router = await startRouter(target, pin);
  try {
    return await workload.run(router, pace);
  } finally {
    await router.stop();
  }
};

/** All rounds of one workload, one target after the other, so that a drift of the machine meets all alike. */
const compare = async (workload: Workload, plan: Plan): Promise<readonly Result[]> => {
  const { rounds, floor, target, peers } = plan;
  const samples: Record<string, (readonly Sample[])[]> = {};
  const errors: Record<string, string> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const each of [floor, target, ...(workload.hasPeers ? peers : [])]) {
      if (errors[each.name] !== undefined) continue;
      const [row] = workload.rows;
      plan.progress.sample(`${row?.group}: ${row?.title}`, `round ${round}/${rounds}, ${each.name}`);
      try {
        samples[each.name] = [...(samples[each.name] ?? []), await sampleOnce(each, workload, plan)];
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

const tryToStart = async (target: Target, pin: Pin | undefined): Promise<void> => {
  try {
    await (await startRouter(target, pin)).stop();
  } catch (error) {
    throw new Error(`${target.name}: ${messageOf(error)}`);
  }
};

/** Takes all samples that the plan asks for. Rejects when a target cannot be started; any later failure is a row's. */
export const measureAll = async (plan: Plan): Promise<readonly Result[]> => {
  const { workloads, floor, target, peers, pin, progress } = plan;
  const wanted = ({ id }: { readonly id: string }): boolean => id.includes(plan.only);
  const results: Result[] = [];
  try {
    for (const each of [floor, target, ...peers]) await tryToStart(each, pin);
    for (const workload of workloads.filter(({ rows }) => rows.some(wanted))) {
      for (const result of await compare(workload, plan)) {
        if (!wanted(result.row)) continue;
        results.push(result);
        const ratio = figuresOf(result, target.name)?.ratio.median.toFixed(2);
        const outcome = ratio === undefined ? 'failed' : `${ratio} times the ${floorName}`;
        progress.done(`${result.row.group}: ${result.row.title}`, outcome);
      }
    }
    return results;
  } finally {
    progress.end();
  }
};
