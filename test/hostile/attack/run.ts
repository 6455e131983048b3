/** Runs one attack: the router, the bystanders and the attacker in processes of their own. */

import { setTimeout as delay } from 'node:timers/promises';
import { type Helper, startHelper } from '../../bench/helper.ts';
import type { Pin } from '../../bench/pin.ts';
import type { Attack, AttackReference } from './attack.ts';
import type { AttackerQuestion } from './attacker.ts';
import type { BystanderQuestion, Seen } from './bystanders.ts';
import { forgetPeak, peakOf } from './memory.ts';
import type { RouterFacts, RouterQuestion } from './router.ts';
import { notMeasured, type Outcome } from './verdict.ts';

const script = (name: string): URL => new URL(name, import.meta.url);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How long things take, in milliseconds. */
export interface Pace {
  /** Rounds of visitors and bursts before: what the router has done often is compiled. */
  readonly rounds: number;
  /** Bystanders warm up: everything is compiled and the first garbage is gone. */
  readonly warmUp: number;
  /** At least so long is measured, so that a stall of an instant is not all of it. */
  readonly shortest: number;
  /** An attack may take so long. */
  readonly longest: number;
  /** What the attackers held must be free again after so long: longer than the router's own deadlines. */
  readonly settling: number;
}

/** The pace of a run that counts. */
export const fullPace: Pace = { rounds: 10, warmUp: 1_000, shortest: 2_000, longest: 90_000, settling: 15_000 };

/** Milliseconds after the attackers are cut off in which bystanders are still measured. */
const goingAway = 500;
/** Milliseconds for a process of the harness to answer a question that costs nothing. */
const patience = 15_000;

/** A question to a process that may have been attacked: it is waited for no longer than this. */
const askWithin = async (helper: Helper, question: unknown, ms: number): Promise<unknown> => {
  const late = new AbortController();
  const tooLate = delay(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer in ${ms / 1000} s`);
  });
  tooLate.catch(() => {});
  try {
    return await Promise.race([helper.ask(question), tooLate]);
  } finally {
    late.abort();
  }
};

const askRouter = async (router: Helper, question: RouterQuestion): Promise<unknown> =>
  askWithin(router, question, patience);
const askBystanders = async (bystanders: Helper, question: BystanderQuestion): Promise<unknown> =>
  askWithin(bystanders, question, patience);

/** The same command in a shell that may have no more than so many descriptors. */
const withDescriptors =
  (count: number, pin: Pin | undefined): Pin =>
  (command, args) => {
    const [program, words] = pin?.(command, args) ?? [command, args];
    return ['sh', ['-c', `ulimit -n ${count}; exec "$@"`, 'sh', program, ...words]];
  };

/** What is left that was not there before, in words; nothing when everything is as it was. */
const leftBehind = ({ counts }: RouterFacts, before: RouterFacts): readonly string[] =>
  Object.entries(counts).flatMap(([name, count]) => {
    const had = before.counts[name] ?? 0;
    return count > had ? [`${count - had} ${name}`] : [];
  });

/** Asks the router until everything is as it was before; gives up when it takes too long. */
const settle = async (router: Helper, before: RouterFacts, settling: number): Promise<RouterFacts> => {
  const end = performance.now() + settling;
  for (;;) {
    const facts = (await askRouter(router, 'facts')) as RouterFacts;
    if (leftBehind(facts, before).length === 0 || performance.now() > end) return facts;
    await delay(200);
  }
};

interface Crew {
  readonly router: Helper;
  readonly bystanders: Helper;
  readonly attacker: Helper;
}

/** Attacks, and lets the attackers go; resolves to what went wrong. */
const attackWith = async ({ attacker, router }: Crew, url: string, pace: Pace): Promise<string | undefined> => {
  // What the attack sees of the end of the router may come before the end itself.
  let end: string | undefined;
  const ended = router.ended.catch((error: unknown) => {
    end = `the process of the router ended: ${messageOf(error)}`;
    return end;
  });
  const begin = performance.now();
  const question: AttackerQuestion = { run: url };
  const attacked = askWithin(attacker, question, pace.longest).then(() => undefined, messageOf);
  const broken = await Promise.race([attacked, ended]);
  await Promise.race([delay(Math.max(0, pace.shortest - (performance.now() - begin))), ended]);
  attacker.stop();
  await delay(goingAway);
  return end ?? broken;
};

const measure = async (crew: Crew, url: string, pace: Pace): Promise<Outcome> => {
  const { router, bystanders } = crew;
  const before = (await askRouter(router, 'facts')) as RouterFacts;
  forgetPeak(router.pid);
  await askBystanders(bystanders, 'begin');
  const broken = await attackWith(crew, url, pace);
  const seen = (await askBystanders(bystanders, 'end')) as Seen;
  const common = { growth: peakOf(router.pid) - before.rss, seen, broken };
  try {
    const after = await settle(router, before, pace.settling);
    return { ...common, left: leftBehind(after, before), kept: after.rss - before.rss };
  } catch (error) {
    return { ...common, left: [], kept: Number.NaN, broken: broken ?? `of the router: ${messageOf(error)}` };
  }
};

/** Runs one attack of the table in a module, the router on a core of its own when there is a pin. */
export const runAttack = async (attack: Attack, table: string, pin?: Pin, pace = fullPace): Promise<Outcome> => {
  const reference: AttackReference = { table, id: attack.id };
  const routerPin = attack.descriptors === undefined ? pin : withDescriptors(attack.descriptors, pin);
  const router = startHelper(script('router.ts'), ['--expose-gc'], routerPin);
  const bystanders = startHelper(script('bystanders.ts'));
  const attacker = startHelper(script('attacker.ts'));
  try {
    const url = (await askRouter(router, { start: reference })) as string;
    await askBystanders(bystanders, { connect: url });
    await askWithin(attacker, { load: reference } satisfies AttackerQuestion, patience);
    await askBystanders(bystanders, { warmUp: url, rounds: pace.rounds });
    await askBystanders(bystanders, 'begin');
    await delay(pace.warmUp);
    await askBystanders(bystanders, 'end');
    return await measure({ router, bystanders, attacker }, url, pace);
  } catch (error) {
    return notMeasured(messageOf(error));
  } finally {
    for (const helper of [attacker, bystanders, router]) helper.stop();
  }
};
