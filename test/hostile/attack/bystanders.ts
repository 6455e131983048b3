/**
 * Bystanders: one in the attacker's realm and one in another, both in one process of their own. Each calls a procedure of its
 * own and publishes to itself a hundred times a second, whether or not earlier requests are answered, and measures the time.
 */

import { connect } from '../../../src/client.ts';
import { serializerNames } from '../../../src/codec/serializers.ts';
import { answerWith } from '../../bench/helper.ts';
import { realms } from './attack.ts';

/** What the harness asks the bystanders. */
export type BystanderQuestion =
  | { readonly connect: string }
  | { readonly warmUp: string; readonly rounds: number }
  | 'begin'
  | 'end';

/** What the bystanders have seen. */
export interface Seen {
  /** Answers and events, those included that never came. */
  readonly count: number;
  /** Milliseconds from a request to its answer or event, 99 of 100. */
  readonly p99: number;
  readonly max: number;
  /** Requests that were refused or failed. */
  readonly failed: number;
  /** Why sessions have ended, by realm. */
  readonly lost: readonly string[];
}

const every = 10;
/** For what is on its way when the measuring ends. */
const patience = 2_000;

/** Times in ms from when something was asked for. */
class Times {
  readonly #taken: number[] = [];
  readonly #open = new Set<number>();
  failed = 0;

  get isSettled(): boolean {
    return this.#open.size === 0;
  }

  /** Something is asked for now; call what is returned when it has come. */
  begin(): () => void {
    const at = performance.now();
    this.#open.add(at);
    return () => {
      if (this.#open.delete(at)) this.#taken.push(performance.now() - at);
    };
  }

  /** What has not come has taken until now. */
  sorted(): readonly number[] {
    const now = performance.now();
    return [...this.#taken, ...[...this.#open].map((at) => now - at)].sort((a, b) => a - b);
  }
}

interface Bystander {
  tick(times: Times): void;
}

const lost: string[] = [];
let crew: readonly Bystander[] = [];
let times: Times | undefined;
let timer: NodeJS.Timeout | undefined;

const join = async (url: string, realm: string): Promise<Bystander> => {
  const client = await connect({
    url,
    realm,
    reconnect: false,
    headers: { 'X-Forwarded-For': '192.0.2.1' },
    onEnd: ({ reason, description }) => lost.push(`${realm}: ${reason} ${description}`.trim()),
  });
  const open = new Map<unknown, () => void>();
  let last = 0;
  await client.register('bystander.echo', ({ args }) => args[0]);
  await client.subscribe('bystander.news', ({ args: [id] }) => {
    open.get(id)?.();
    open.delete(id);
  });
  return {
    tick: (taken) => {
      last += 1;
      open.set(last, taken.begin());
      const answered = taken.begin();
      const failed = (): void => {
        taken.failed += 1;
        answered();
      };
      client.publish('bystander.news', [last], undefined, { exclude_me: false }).catch(failed);
      client.call('bystander.echo', [last]).then(answered, failed);
    },
  };
};

/** What the router has done often, it does fast: connections, bursts of small messages and some large ones in every serializer. */
const warmUp = async (url: string, rounds: number): Promise<void> => {
  for (let wave = 0; wave < rounds; wave += 1) {
    // Each from elsewhere: how many may join from one address is not what is measured.
    const visit = async (_: unknown, at: number): Promise<void> => {
      const headers = { 'X-Forwarded-For': `198.51.100.${wave * 20 + at}` };
      await (await connect({ url, realm: realms[0], reconnect: false, headers })).close();
    };
    await Promise.all(Array.from({ length: 20 }, visit));
  }
  const large = Array.from({ length: 20_000 }, () => ({}));
  for (const serializer of serializerNames) {
    const client = await connect({
      url,
      realm: realms[0],
      serializers: [serializer],
      reconnect: false,
      headers: { 'X-Forwarded-For': '192.0.2.2' },
    });
    for (let burst = 0; burst < rounds; burst += 1) {
      for (let each = 0; each < 1_000; each += 1) void client.publish('bystander.warm-up', [each]);
      await client.publish('bystander.warm-up', [large], undefined, { acknowledge: true });
      const calls = Array.from({ length: 100 }, (_, each) => client.call('bystander.nobody', [each]).catch(() => {}));
      await Promise.all(calls);
    }
    await client.close();
  }
};

const begin = (): void => {
  const taken = new Times();
  times = taken;
  timer = setInterval(() => {
    for (const bystander of crew) bystander.tick(taken);
  }, every);
};

const end = async (): Promise<Seen> => {
  clearInterval(timer);
  if (times === undefined) throw new Error('nothing has been measured');
  for (let waited = 0; waited < patience && !times.isSettled && lost.length === 0; waited += every) {
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  const sorted = times.sorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p99: at(0.99), max: at(1), failed: times.failed, lost: [...lost] };
};

answerWith(async (question) => {
  const asked = question as BystanderQuestion;
  if (asked === 'begin') return begin();
  if (asked === 'end') return end();
  if ('warmUp' in asked) return warmUp(asked.warmUp, asked.rounds);
  crew = await Promise.all(realms.map((realm) => join(asked.connect, realm)));
});
