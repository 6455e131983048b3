/** What work costs in this process: warm code, many short repetitions, and the median of them. */

import { type Spread, spreadOf } from './measure.ts';

/** Does the work so many times. */
export type Work = (count: number) => void | Promise<void>;

/** What one unit of work costs. */
export interface Cost {
  /** Microseconds of CPU, median of the repetitions. */
  readonly value: number;
  /** Units of work in the repetitions, and what they took. */
  readonly count: number;
  readonly cpu: number;
  readonly wall: number;
}

/** About as long as a repetition is to take, in microseconds. */
const repetition = 30_000;
const mostWarmUps = 60;

interface Taken {
  readonly cpu: number;
  readonly wall: number;
}

const time = async (work: Work, count: number): Promise<Taken> => {
  const [before, begin] = [process.cpuUsage(), performance.now()];
  await work(count);
  const { user, system } = process.cpuUsage(before);
  return { cpu: user + system, wall: performance.now() - begin };
};

const isSteady = (costs: readonly number[]): boolean => {
  if (costs.length < 20) return false;
  const [early, late] = [spreadOf(costs.slice(-10, -5)), spreadOf(costs.slice(-5))];
  return Math.abs(late.median / early.median - 1) < 0.03;
};

/** Works until it no longer becomes cheaper; returns how much work fills a repetition. */
const warmUp = async (works: readonly Work[]): Promise<number> => {
  let count = 100;
  let fastest = Number.POSITIVE_INFINITY;
  for (const work of works) {
    const costs: number[] = [];
    while (costs.length < mostWarmUps && !isSteady(costs)) {
      const { cpu } = await time(work, count);
      costs.push(cpu / count);
      if (cpu < repetition / 2) count *= 2;
    }
    fastest = Math.min(fastest, spreadOf(costs.slice(-5)).median);
  }
  return Math.ceil(repetition / fastest);
};

const costOf = (taken: readonly Taken[], count: number): Cost => {
  const spread: Spread = spreadOf(taken.map(({ cpu }) => cpu / count));
  const sum = (of: keyof Taken): number => taken.reduce((total, each) => total + each[of], 0);
  return { value: spread.median, count: count * taken.length, cpu: sum('cpu'), wall: sum('wall') };
};

/** The cost of each of these works. They take turns, so that a drift of the machine meets all alike. */
export const costsOf = async (works: readonly Work[], repetitions: number): Promise<readonly Cost[]> => {
  const count = await warmUp(works);
  const taken = works.map((): Taken[] => []);
  for (let round = 0; round < repetitions; round++) {
    for (const [at, work] of works.entries()) taken[at]?.push(await time(work, count));
  }
  return taken.map((each) => costOf(each, count));
};
