/**
 * Attacks on the memory that holds what peers have sent: testaments, calls, requests that wait. A realm may hold 128 MiB of
 * that. The memory of the process may grow by twice as much, because a value takes more memory decoded than encoded.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { clientFrame, createRing } from '../../bench/frame.ts';
import { jsonWire, wires } from '../../bench/wire.ts';
import { type Attack, everything, type Target } from './attack.ts';
import { exchange, flood, isEnded, join, megabyte, open, times, topic, write } from './peer.ts';

const procedure = 'com.attack.never';
const v1Wire = wires.find(({ name }) => name === 'v1') ?? jsonWire;

const testaments = async (target: Target): Promise<void> => {
  for (const peer of await times(6, () => join(target))) {
    for (let id = 1; id <= 90 && !isEnded(peer); id += 1) {
      await exchange(peer, clientFrame(jsonWire, [48, id, {}, 'wamp.session.add_testament', [topic, [megabyte], {}]]));
    }
  }
};

/** A callee that answers nothing. */
const registerSilent = async (target: Target, options: object): Promise<void> => {
  await exchange(await join(target), clientFrame(jsonWire, [64, 1, options, procedure]));
};

const queuedCalls = async (target: Target): Promise<void> => {
  await registerSilent(target, { concurrency: 1 });
  const caller = await join(target);
  for (let id = 1; id <= 900; id += 1) await write(caller, clientFrame(jsonWire, [48, id, {}, procedure, [megabyte]]));
  await delay(1_000);
};

const slowDecision = async (target: Target): Promise<void> => {
  const publication = clientFrame(jsonWire, [16, 1, {}, topic, [megabyte]]);
  const peers = await times(20, () => join(target));
  await Promise.all(peers.map((peer) => flood(peer, publication, 8_000)));
};

/** WAMP v1: any text may be the id of a call. */
const callIds = async (target: Target): Promise<void> => {
  await registerSilent(target, {});
  const caller = await open(target, v1Wire);
  for (let id = 1; id <= 900; id += 1) await write(caller, clientFrame(v1Wire, [2, `${id}${megabyte}`, procedure]));
  await delay(1_000);
};

const prefixes = async (target: Target): Promise<void> => {
  const padding = 'x'.repeat(490);
  const messages = Buffer.concat(
    Array.from({ length: 999 }, (_, at) => clientFrame(v1Wire, [1, `${at}${padding}`, `urn:${at}${padding}`])),
  );
  // One after the other: what is attacked is the memory.
  for (const peer of await times(600, () => open(target, v1Wire))) {
    await write(peer, messages);
    await exchange(peer, clientFrame(v1Wire, v1Wire.ask(1)));
  }
};

const unanswered = async (target: Target): Promise<void> => {
  await registerSilent(target, {});
  const calls = createRing(jsonWire, 1, (id) => jsonWire.call(id, procedure, 1, 2)).take(0, 1_000, 1);
  for (const caller of await times(100, () => join(target))) {
    await write(caller, calls);
    await exchange(caller, clientFrame(jsonWire, jsonWire.ask(1_001)));
  }
  await delay(2_000);
};

/** Every publication to the topic of the attack waits. */
const slowly = <Value>(value: Value, uri: string): Value | Promise<Value> =>
  uri === topic ? delay(1_000, value) : value;

/** Attacks by what is held. */
export const held: readonly Attack[] = [
  {
    id: 'held/testaments',
    does: 'leaves 540 testaments of 1 MB with six sessions',
    before: 'ended the process at the 517th',
    bound: { growth: 256 },
    run: testaments,
  },
  {
    id: 'held/queued-calls',
    does: 'calls a procedure 900 times with 1 MB whose callee takes one call at a time and answers none',
    before: 'ended the process',
    bound: { growth: 256 },
    run: queuedCalls,
  },
  {
    id: 'held/slow-authorizer',
    does: 'publishes messages of 1 MB from 20 sessions while the authorizer takes a second for each',
    before: 'took 1.3 GB',
    bound: { growth: 256 },
    options: {
      realms: [
        {
          name: 'realm1',
          anonymous: everything,
          authorizer: ({ uri }) => slowly({ allow: true, cache: false }, uri),
        },
        { name: 'realm2', anonymous: everything },
      ],
    },
    run: slowDecision,
  },
  {
    id: 'held/slow-guard',
    does: 'publishes messages of 1 MB from 20 sessions while `messageToPublish` takes a second for each',
    before: 'ended the process',
    bound: { growth: 256 },
    options: { messageToPublish: (_, { topic: uri }) => slowly(true, uri) },
    run: slowDecision,
  },
  {
    id: 'held/call-ids-v1',
    does: 'calls a procedure that does not answer 900 times over WAMP v1, with ids of 1 MB',
    before: 'ended the process',
    bound: { growth: 256 },
    options: { v1: { open: true } },
    run: callIds,
  },
  {
    id: 'held/prefixes-v1',
    does: 'defines 999 prefixes of 1 KB on each of 600 connections of WAMP v1',
    before: 'took 310 MB with 300',
    bound: {
      growth: 512,
      because:
        'maxHeldSize is 256 MiB, a map of prefixes takes more than their octets, and what is refused has been read',
    },
    options: { v1: { open: true } },
    run: prefixes,
  },
  {
    id: 'held/unanswered-calls',
    does: 'has 100,000 calls open, of 100 sessions, that their callee does not answer',
    before: 'not tried',
    bound: { growth: 256 },
    run: unanswered,
  },
];
