/** A script: peers of all kinds that connect to a router again and again until they are told to stop. */

import { answerWith } from '../bench/helper.ts';
import { moveIn } from './residents.ts';
import { type Behaviour, type Place, pay } from './visit.ts';
import { kinds } from './visits.ts';

/**
 * What the crowd is told: that some move in, that the others come, and that they come no more. The answer to the last, when
 * everybody has left but the residents, is how it went.
 */
export type CrowdQuestion = { readonly order: 'move in' | 'come'; readonly place: Place } | { readonly order: 'stop' };

/** How it went for the peers of one kind, in the order of the table. */
export interface Tally {
  readonly visits: number;
  readonly failures: number;
  /** What the first of them said that failed. */
  readonly failure: string;
}

/** ms that a visit may take. */
const patience = 30_000;
/** Peers of one kind at a time: a router that falls behind is not buried. */
const most = 50;

const within = async (work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${patience / 1000} s`)), patience);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
};

let last = 0;

/** Has them come one after the other; the function that is returned ends that and resolves when the last has left. */
const invite = (place: Place, behave: Behaviour, every: number): (() => Promise<Tally>) => {
  const under = new Set<Promise<void>>();
  let [visits, failures, failure] = [0, 0, ''];
  const timer = setInterval(() => {
    if (under.size >= most) return;
    visits += 1;
    last += 1;
    const visit = pay((each) => within(behave(each)), place, last).catch((error: unknown) => {
      failures += 1;
      failure ||= String(error);
    });
    under.add(visit);
    void visit.then(() => under.delete(visit));
  }, every);
  return async () => {
    clearInterval(timer);
    await Promise.all(under);
    return { visits, failures, failure };
  };
};

let stops: readonly (() => Promise<Tally>)[] = [];

answerWith(async (question) => {
  const asked = question as CrowdQuestion;
  if (asked.order === 'stop') return Promise.all(stops.map((stop) => stop()));
  if (asked.order === 'move in') return void (await moveIn(asked.place));
  stops = kinds.map(({ behave, every }) => invite(asked.place, behave, every));
  return undefined;
});
