/** The run itself: which sample is taken when. */

import type { Pace, Sample } from './measure.ts';
import type { Options } from './options.ts';
import type { Pin } from './pin.ts';
import { createProgress, type Progress } from './progress.ts';
import { figuresOf, type Result } from './result.ts';
import { startRouter } from './router.ts';
import { floor, type Target } from './targets.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads.ts';

const fullPace: Pace = { warmUp: 1000, interval: 2500, paced: 4000, sessions: 2000 };
const quickPace: Pace = { warmUp: 150, interval: 250, paced: 300, sessions: 500 };

/** What stays the same through a run. */
interface Plan {
  readonly options: Options;
  readonly pin: Pin | undefined;
  readonly progress: Progress;
}

const blame = ({ name }: Target, error: unknown): string =>
  `${name}: ${error instanceof Error ? error.message : error}`;

const tryToStart = async (target: Target, pin: Pin | undefined): Promise<void> => {
  try {
    await (await startRouter(target, pin)).stop();
  } catch (error) {
    throw new Error(blame(target, error));
  }
};

/** One sample per row, from a process that has done nothing else. */
const sampleOnce = async (target: Target, workload: Workload, { options, pin }: Plan): Promise<readonly Sample[]> => {
  const router = await startRouter(target, pin);
  try {
    return await workload.run(router, options.quick ? quickPace : fullPace);
  } finally {
    await router.stop();
  }
};

/** All rounds of one workload, the floor and the target in turn, so that a drift of the machine meets both alike. */
const compare = async (workload: Workload, plan: Plan): Promise<readonly Result[]> => {
  const { rounds, target } = plan.options;
  const samples: Record<'floor' | 'target', (readonly Sample[])[]> = { floor: [], target: [] };
  let failure: { readonly error: string } | undefined;
  let current = floor;
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const side of ['floor', 'target'] as const) {
        current = side === 'floor' ? floor : target;
        plan.progress.sample(workload.rows[0]?.title ?? '', `round ${round}/${rounds}, ${current.name}`);
        samples[side].push(await sampleOnce(current, workload, plan));
      }
    }
  } catch (error) {
    failure = { error: blame(current, error) };
  }
  return workload.rows.map((row, index) => ({
    row,
    floor: samples.floor.flatMap((all) => all[index] ?? []),
    target: samples.target.flatMap((all) => all[index] ?? []),
    ...failure,
  }));
};

/** Takes all samples that the options ask for. Rejects when a target cannot be started; any later failure is a row's. */
export const measureAll = async (options: Options, pin: Pin | undefined): Promise<readonly Result[]> => {
  const wanted = ({ id }: { readonly id: string }): boolean => id.includes(options.only);
  const progress = createProgress(process.stderr, workloads.flatMap(({ rows }) => rows).filter(wanted).length);
  const results: Result[] = [];
  try {
    for (const target of [floor, options.target]) await tryToStart(target, pin);
    for (const workload of workloads.filter(({ rows }) => rows.some(wanted))) {
      for (const result of await compare(workload, { options, pin, progress })) {
        if (!wanted(result.row)) continue;
        results.push(result);
        const ratio = figuresOf(result)?.ratio.median.toFixed(2);
        progress.done(result.row.title, ratio === undefined ? 'failed' : `${ratio} times the floor`);
      }
    }
    return results;
  } finally {
    progress.end();
  }
};
