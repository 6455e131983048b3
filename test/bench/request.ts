/** Calls, and publications that nobody hears: what a message costs on its way in. */

import type { Client } from './client.ts';
import { createCrew } from './crew.ts';
import { clientFrame, createRing, payload, type Ring } from './frame.ts';
import { measure, type Sample } from './measure.ts';
import type { Wire } from './wire.ts';
import { type Load, patience, type RowOf, type Size } from './workload.ts';

const callers = 8;
const inFlight = 16;
const batch = 1000;
const procedure = 'com.example.sum';

// Longer than what is ever in flight.
const ringSize = 256;

const createCalls = (wire: Wire, inbox?: string): Ring =>
  createRing(wire, ringSize, (id, index) => wire.call(id, procedure, 1000 + index, 2000 + index, inbox));

/** The n-th call of a caller has the n-th place in the ring. */
const checkSum = (wire: Wire, firstId: number, message: unknown): void => {
  const [id, sum] = wire.resultOf(message) ?? [];
  if (id !== undefined && sum === 3000 + 2 * ((id - firstId) % ringSize)) return;
  throw new Error(`a call was answered with ${JSON.stringify(message)}`);
};

/** What is called, how it is answered, and how an answer is checked. */
interface Subject {
  /** Those of a caller whose answers come to `inbox`, or of all callers. */
  calls(wire: Wire, inbox?: string): Ring;
  answer(wire: Wire, invocation: unknown): unknown;
  check(wire: Wire, firstId: number, message: unknown): void;
}

const sums: Subject = {
  calls: createCalls,
  answer: (wire, invocation) => wire.yield(invocation),
  check: checkSum,
};

/** Few enough that texts of 16 KiB fit, with the ids in each of their widths, into the memory of a generator. */
const echoRing = 64;

/** Calls with a text of so many octets, which is the result as well. */
const echoes = (octets: number): Subject => ({
  calls: (wire, inbox) =>
    createRing(wire, echoRing, (id, index) => wire.say(id, procedure, payload(index, octets), inbox)),
  answer: (wire, invocation) => wire.echo(invocation),
  check: (wire, firstId, message) => {
    const [id, text] = wire.resultOf(message) ?? [];
    if (id !== undefined && text === payload((id - firstId) % echoRing, octets)) return;
    throw new Error('a call was answered with another text');
  },
});

/** Keeps `depth` calls open per caller for a time; resolves with the calls answered when none is open. */
const callFor = (
  clients: readonly Client[],
  calls: readonly Ring[],
  depth: number,
  milliseconds: number,
  round: (us: number) => void,
) =>
  new Promise<number>((resolve) => {
    const first = clients.reduce((sum, { received }) => sum + received, 0);
    const end = performance.now() + milliseconds;
    let open = 0;
    let last = performance.now();
    const send = (client: Client, count: number): void => {
      open += count;
      const id = client.nextId(count);
      const ring = calls[clients.indexOf(client) % calls.length];
      if (ring) client.send(ring.take(id - 1, count, id));
    };
    const received = (client: Client, count: number): void => {
      const now = performance.now();
      round((now - last) * 1000);
      last = now;
      open -= count;
      if (now < end) send(client, count);
      else if (open === 0) resolve(clients.reduce((sum, each) => sum + each.received, 0) - first);
    };
    for (const client of clients) {
      client.listener = { ...client.listener, received };
      send(client, depth);
    }
  });

/** Each callee must have had at least half of its share. */
const checkShares = (callees: readonly Client[]): void => {
  const shares = callees.map(({ received }) => received);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (shares.every((share) => share * shares.length * 2 >= total)) return;
  throw new Error(`the calls were not divided among the callees: ${shares.join(', ')}`);
};

/** What the callers send: all the same, unless the answers come to an inbox of each. */
const callsOf = async (subject: Subject, wire: Wire, clients: readonly Client[]): Promise<readonly Ring[]> => {
  const { inboxOf } = wire;
  if (!inboxOf) return [subject.calls(wire)];
  await Promise.all(clients.map((client, at) => client.subscribe(`${inboxOf(at)}.*`)));
  return clients.map((_, at) => subject.calls(wire, inboxOf(at)));
};

type ToSamples = (sample: Sample, times: readonly number[]) => readonly Sample[];

interface Calls {
  readonly callers: number;
  readonly callees: number;
  readonly depth: number;
  readonly subject?: Subject;
  readonly rows: readonly RowOf[];
  readonly toSamples: ToSamples;
}

const measureCalls = ({ callers: count, callees, depth, subject = sums, rows, toSamples }: Calls): Load => ({
  rows,
  // Others have their own ways to divide calls among callees.
  isCommon: callees === 1,
  run: async (router, pace, wire) => {
    const crew = createCrew(router.url, wire);
    try {
      const answering: Client[] = [];
      if (wire.hasCallees) {
        const answered = (message: unknown): Buffer => clientFrame(wire, subject.answer(wire, message));
        answering.push(...(await crew.watch(crew.open(callees, { answered }), patience)));
        const invoke = callees === 1 ? 'single' : 'roundrobin';
        await crew.watch(Promise.all(answering.map((client) => client.register(procedure, invoke))), patience);
      }
      const sampled = (message: unknown): void => subject.check(wire, 1, message);
      const clients = await crew.watch(crew.open(count, { sampled, expected: wire.result }), patience);
      const calls = await crew.watch(callsOf(subject, wire, clients), patience);
      await crew.watch(
        callFor(clients, calls, depth, pace.warmUp, () => {}),
        pace.warmUp + patience,
      );
      const before = clients.map(({ received }) => received);
      const times: number[] = [];
      const sample = await measure(router, () =>
        crew.watch(
          callFor(clients, calls, depth, pace.interval, (us) => times.push(us)),
          pace.interval + patience,
        ),
      );
      for (const [index, client] of clients.entries()) {
        const answered = client.received;
        await crew.watch(crew.settle([client], answered), patience);
        if (answered === before[index]) throw new Error('a caller got no answer at all');
      }
      checkShares(answering);
      return toSamples(sample, times);
    } finally {
      crew.close();
    }
  },
});

/** Calls from 8 callers with 16 open calls each. In v1 the router answers itself. */
export const pipelinedCalls = (callees: number): Load =>
  measureCalls({
    callers,
    callees,
    depth: inFlight,
    rows: [
      {
        id: callees === 1 ? 'call' : `call-${callees}-callees`,
        title: `call, ${callers} callers × ${inFlight} open, ${callees === 1 ? 'one callee' : `${callees} callees`}`,
        unit: 'µs CPU per call',
        bound: 1.5,
      },
    ],
    toSamples: (sample) => [sample],
  });

/** Calls with a text of a size and the same text as result, from 8 callers with 4 open calls each. */
export const sizedCalls = ({ octets, name, title }: Size, bound?: number): Load => ({
  ...measureCalls({
    callers,
    callees: 1,
    depth: 4,
    subject: echoes(octets),
    rows: [
      {
        id: `call-${name}`,
        title: `call, ${callers} callers × 4 open, ${title}`,
        unit: 'µs CPU per call',
        ...(bound !== undefined && { bound }),
      },
    ],
    toSamples: (sample) => [sample],
  }),
  isSized: true,
});

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** One call at a time: how long it takes, not what it costs. */
export const callLatency: Load = measureCalls({
  callers: 1,
  callees: 1,
  depth: 1,
  rows: [
    { id: 'call-latency-p50', title: 'one call at a time, p50', unit: 'µs until answered', bound: 1.2 },
    { id: 'call-latency-p99', title: 'one call at a time, p99', unit: 'µs until answered' },
  ],
  toSamples: (sample, times) => {
    const sorted = times.toSorted((a, b) => a - b);
    return [0.5, 0.99].map((share) => ({ ...sample, value: percentile(sorted, share) }));
  },
});

/** Publications to a topic without subscribers, in batches that end with something that is answered. */
const publications = (row: RowOf, acknowledge: boolean): Load => ({
  rows: [row],
  run: async (router, pace, wire) => {
    const crew = createCrew(router.url, wire);
    try {
      const [publisher] = await crew.watch(crew.open(1, acknowledge ? { expected: wire.published } : {}), patience);
      if (!publisher) return [];
      const ring = createRing(wire, batch, (id, index) =>
        wire.publish(id, 'com.example.unheard', payload(index), acknowledge),
      );
      let count = 0;
      const publishFor = async (milliseconds: number): Promise<number> => {
        const end = performance.now() + milliseconds;
        const before = count;
        for (; performance.now() < end; count += batch) {
          publisher.send(ring.take(0, batch, publisher.nextId(batch)));
          await crew.watch(publisher.ask(), patience);
        }
        return count - before;
      };
      await publishFor(pace.warmUp);
      const sample = await measure(router, () => publishFor(pace.interval));
      await crew.watch(crew.settle([publisher], acknowledge ? count : 0), patience);
      return [sample];
    } finally {
      crew.close();
    }
  },
});

export const unheardPublications = publications(
  { id: 'publish', title: 'publish, no subscriber', unit: 'µs CPU per publication', bound: 1.5 },
  false,
);

export const acknowledgedPublications = publications(
  { id: 'publish-acknowledged', title: 'publish with acknowledge', unit: 'µs CPU per publication', bound: 1.5 },
  true,
);
