/**
 * The memory that holds what peers have sent: limited in octets for each session and for all together, and released to the
 * last octet.
 */

import { describe, expect, test, vi } from 'vitest';
import type { Postmaster, Publication } from '../../src/index.ts';
import { beginCall, calleeWith, errorOf, leave, nextInvocation, settle } from '../support/calls.ts';
import { createPatient } from '../support/patient.ts';
import { eventsOf } from '../support/principals.ts';
import { expectNothingLeft, startOpenRouter, startRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';
import { collectGarbage } from '../transport/memory.ts';

const limits = { maxHeldSizePerSession: 100_000, maxHeldSize: 250_000 };
const unavailable = 'wamp.error.unavailable';
const busy = 'wamp.error.no_available_callee';
const topic = 'com.topic';
const procedure = 'com.procedure';
/** An argument that makes its message a little larger. */
const text = (octets: number): string => 'x'.repeat(octets);

/** Octets of the heap that are in use. */
const heapAfterGc = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

const held = (postmaster: Postmaster): number => postmaster.stats().heldOctets;
const end = async (postmaster: Postmaster, ...peers: readonly V2Peer[]): Promise<void> => {
  for (const peer of peers) await peer.close();
  await expectNothingLeft(postmaster);
};

describe('testaments', () => {
  const add = (peer: V2Peer, octets: number): Promise<unknown> =>
    peer.call('wamp.session.add_testament', [topic, [text(octets)]]).then(errorOf);

  test('beyond what a session may hold are refused with unavailable, and those before are published', async () => {
    const postmaster = createV2Router({}, { limits });
    const [mortal, heir] = [await joinV2(postmaster), await joinV2(postmaster)];
    await heir.subscribe(topic);
    expect(await add(mortal, 60_000)).toBeUndefined();
    expect(await add(mortal, 60_000)).toBe(unavailable);
    expect(await add(mortal, 30_000)).toBeUndefined();
    expect(held(postmaster)).toBeGreaterThan(90_000);
    expect(postmaster.stats().counters.limit_reached).toBe(1);
    await leave(mortal);
    await settle(heir);
    expect(eventsOf(heir).map(([, , , , args]) => (args as string[])[0]?.length)).toEqual([60_000, 30_000]);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, mortal, heir);
  });

  test('that are flushed make room for others, however full it is', async () => {
    const postmaster = createV2Router({}, { limits });
    const mortal = await joinV2(postmaster);
    for (let round = 0; round < 3; round += 1) {
      expect(await add(mortal, 99_500)).toBeUndefined();
      expect(await add(mortal, 500)).toBe(unavailable);
      expect(errorOf(await mortal.call('wamp.session.flush_testaments'))).toBeUndefined();
      expect(held(postmaster)).toBe(0);
    }
    await add(mortal, 50_000);
    const other = await joinV2(postmaster);
    // Silent: nobody publishes them.
    await other.call('wamp.session.kill_all');
    await mortal.take(code.GOODBYE);
    await settle(other);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, mortal, other);
  });

  test('are held until they are decided on, and one whose session has left meanwhile is none', async () => {
    const { authorizer, questions, asked } = createPatient(({ uri }) => uri === topic);
    let decide: () => void = () => {};
    const deciding = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const postmaster = createV2Router({ authorizer }, { limits, messageToPublish: () => deciding });
    const [mortal, late] = [await joinV2(postmaster), await joinV2(postmaster)];
    const added = add(mortal, 40_000);
    await asked(1);
    questions[0]?.answer(true);
    expect(await added).toBeUndefined();
    add(late, 40_000).catch(() => {});
    await asked(2);
    await mortal.close();
    await late.close();
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
    expect(held(postmaster)).toBeGreaterThan(40_000);
    decide();
    questions[1]?.answer(true);
    await vi.waitFor(() => expect(held(postmaster)).toBe(0));
    await expectNothingLeft(postmaster);
  });
});

describe('small values', () => {
  // An octet each in MessagePack, and more than fifty in memory.
  const maps = (count: number): unknown[] => Array(count).fill({});

  const args = [maps(1_000)];
  const add = 'wamp.session.add_testament';

  const setUp = async (look: (publication: Publication) => unknown) => {
    let decide: () => void = () => {};
    const deciding = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const { authorizer, asked, questions } = createPatient(({ uri }) => uri === 'com.asked');
    const messageToPublish = (_: unknown, publication: Publication): Promise<void> => {
      look(publication);
      return deciding;
    };
    const postmaster = createV2Router({ authorizer }, { messageToPublish, limits: { maxHeldSize: 1_000_000 } });
    postmaster.registerUnauthRPC('com.slow', () => deciding);
    const added = async (hold: (peer: V2Peer) => unknown): Promise<number> => {
      const peer = await joinV2(postmaster, {}, 'msgpack');
      const before = held(postmaster);
      hold(peer);
      await vi.waitFor(() => expect(held(postmaster)).toBeGreaterThan(before));
      return held(postmaster) - before;
    };
    const release = async (): Promise<void> => {
      await asked(1);
      questions[0]?.answer(false);
      decide();
    };
    return { postmaster, added, release };
  };

  test('that this process has looked at are held for what they take in memory', async () => {
    const { added, release } = await setUp((publication) => publication.args);
    const least = 56_000;
    expect(await added((peer) => peer.send(code.PUBLISH, peer.next(), {}, topic, args))).toBeGreaterThan(least);
    expect(await added((peer) => beginCall(peer, 'com.slow', {}, args))).toBeGreaterThan(least);
    expect(await added((peer) => beginCall(peer, add, {}, ['com.asked', args]))).toBeGreaterThan(least);
    await release();
  });

  test('that nobody here has looked at are held as the octets that came', async () => {
    const { postmaster, added, release } = await setUp(() => {});
    const [callee, other] = [await joinV2(postmaster), await joinV2(postmaster)];
    await callee.register(procedure, { concurrency: 1, invoke: 'roundrobin' });
    await other.register(procedure, { concurrency: 1, invoke: 'roundrobin' });
    const amounts = [
      await added((peer) => peer.send(code.PUBLISH, peer.next(), {}, topic, args)),
      // Its callee may send it back.
      await added((peer) => beginCall(peer, procedure, {}, args)),
      await added((peer) => beginCall(peer, procedure, {}, args)),
      // No callee is free any more.
      await added((peer) => beginCall(peer, procedure, {}, args)),
      await added((peer) => beginCall(peer, add, {}, [topic, args])),
    ];
    for (const amount of amounts) {
      expect(amount).toBeGreaterThan(1_000);
      expect(amount).toBeLessThan(2_000);
    }
    await added((peer) => beginCall(peer, add, {}, ['com.asked', args]));
    await release();
  });

  test('in authextra count for what they take in memory', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster, { authextra: { maps: maps(1_000) } }, 'cbor');
    expect(held(postmaster)).toBeGreaterThan(56_000);
    await end(postmaster, peer);
  });
});

describe('a call that waits for a callee', () => {
  const setUp = async () => {
    const postmaster = createV2Router({}, { limits });
    const [caller, callee] = [
      await joinV2(postmaster),
      await joinV2(postmaster, calleeWith('progressive_call_invocations')),
    ];
    await callee.register(procedure, { concurrency: 1 });
    const first = beginCall(caller, procedure);
    const invocation = await nextInvocation(callee);
    return { postmaster, caller, callee, first, invocation };
  };

  test('is refused with no_available_callee beyond what its session may hold; those before it are served', async () => {
    const { postmaster, caller, callee, first, invocation } = await setUp();
    const waiting = beginCall(caller, procedure, {}, [text(60_000)]);
    const refused = beginCall(caller, procedure, {}, [text(60_000)]);
    expect(errorOf(await caller.answerTo(code.CALL, refused))).toBe(busy);
    expect(held(postmaster)).toBeGreaterThan(60_000);
    callee.send(code.YIELD, invocation, {});
    expect((await caller.answerTo(code.CALL, first))[0]).toBe(code.RESULT);
    callee.send(code.YIELD, await nextInvocation(callee), {}, ['served']);
    expect((await caller.answerTo(code.CALL, waiting))[3]).toEqual(['served']);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller, callee);
  });

  test('gives back what it holds when it is served, before it is answered', async () => {
    const { postmaster, caller, callee, invocation } = await setUp();
    beginCall(caller, procedure, {}, [text(60_000)]);
    callee.send(code.YIELD, invocation, {});
    await nextInvocation(callee);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller, callee);
  });

  test('gives back what it holds when it is canceled, or its caller or callee leaves', async () => {
    const { postmaster, caller, callee } = await setUp();
    const canceled = beginCall(caller, procedure, {}, [text(60_000)]);
    caller.send(code.CANCEL, canceled, {});
    await settle(caller);
    expect(held(postmaster)).toBe(0);
    const other = await joinV2(postmaster);
    beginCall(other, procedure, {}, [text(60_000)]);
    await settle(other);
    await other.close();
    await vi.waitFor(() => expect(held(postmaster)).toBe(0));
    beginCall(caller, procedure, {}, [text(60_000)]);
    await callee.close();
    await settle(caller);
    await end(postmaster, caller);
  });

  test('in parts is refused when its parts are more than its session may hold', async () => {
    const { postmaster, caller, callee } = await setUp();
    const id = caller.next();
    for (let part = 0; part < 2; part += 1) {
      caller.send(code.CALL, id, { progress: true }, procedure, [text(45_000)]);
    }
    await settle(caller);
    expect(held(postmaster)).toBeGreaterThan(90_000);
    caller.send(code.CALL, id, { progress: true }, procedure, [text(45_000)]);
    expect(errorOf(await caller.answerTo(code.CALL, id))).toBe(busy);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller, callee);
  });
});

describe('a call under way', () => {
  test('holds nothing, however large, when its callee cannot send it back', async () => {
    const postmaster = createV2Router({}, { limits });
    const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster, calleeWith())];
    await callee.register(procedure);
    const calls = Array.from({ length: 5 }, () => beginCall(caller, procedure, {}, [text(90_000)]));
    for (const _ of calls) callee.send(code.YIELD, await nextInvocation(callee), {});
    for (const id of calls) expect((await caller.answerTo(code.CALL, id))[0]).toBe(code.RESULT);
    beginCall(caller, procedure, {}, [text(90_000)]);
    await nextInvocation(callee);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller, callee);
  });

  test('keeps neither its arguments nor a part of its result', { timeout: 30_000 }, async () => {
    const postmaster = createV2Router();
    const features = ['progressive_call_results', 'call_canceling'];
    const [caller, callee] = [await joinV2(postmaster), await joinV2(postmaster, calleeWith(...features))];
    await callee.register(procedure);
    const calls = 40;
    const before = heapAfterGc();
    for (let at = 0; at < calls; at += 1) {
      beginCall(caller, procedure, { receive_progress: true }, [text(500_000)]);
      callee.send(code.YIELD, await nextInvocation(callee), { progress: true }, [text(500_000)]);
      await caller.take(code.RESULT);
      for (const peer of [caller, callee]) peer.received.splice(0);
    }
    expect(postmaster.stats().pendingCalls).toBe(calls);
    // Kept, either would take 20 MB.
    expect(heapAfterGc() - before).toBeLessThan(5_000_000);
    await end(postmaster, caller, callee);
  });

  test('is held while another callee may have to take it, and refused with unavailable beyond that', async () => {
    const postmaster = createV2Router({}, { limits });
    const caller = await joinV2(postmaster);
    const callees = [await joinV2(postmaster), await joinV2(postmaster)] as const;
    for (const callee of callees) await callee.register(procedure, { invoke: 'first' });
    const call = beginCall(caller, procedure, {}, [text(60_000)]);
    const invocation = await nextInvocation(callees[0]);
    expect(held(postmaster)).toBeGreaterThan(60_000);
    expect(errorOf(await caller.call(procedure, [text(60_000)]))).toBe(unavailable);
    callees[0].send(code.ERROR, code.INVOCATION, invocation, {}, unavailable);
    const [, again, , , args] = await callees[1].take(code.INVOCATION);
    expect((args as string[])[0]).toHaveLength(60_000);
    callees[1].send(code.YIELD, again, {});
    expect((await caller.answerTo(code.CALL, call))[0]).toBe(code.RESULT);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller, ...callees);
  });

  test('of a procedure of this process that takes its time is held until it is answered', async () => {
    const postmaster = createV2Router({}, { limits });
    const answers: ((value: unknown) => void)[] = [];
    postmaster.registerUnauthRPC(procedure, () => new Promise((resolve) => answers.push(resolve)));
    const caller = await joinV2(postmaster);
    const call = beginCall(caller, procedure, {}, [text(60_000)]);
    expect(errorOf(await caller.call(procedure, [text(60_000)]))).toBe(unavailable);
    expect(answers).toHaveLength(1);
    answers[0]?.('done');
    expect((await caller.answerTo(code.CALL, call))[3]).toEqual(['done']);
    expect(held(postmaster)).toBe(0);
    beginCall(caller, procedure, {}, [text(60_000)]);
    await settle(caller);
    await end(postmaster, caller);
  });
});

describe('a call of the router itself that waits for the authorizer', () => {
  const setUp = async () => {
    const { authorizer, questions, asked } = createPatient(({ uri }) => uri === topic);
    const postmaster = createV2Router({ authorizer }, { limits });
    const caller = await joinV2(postmaster);
    const add = (octets: number): number =>
      beginCall(caller, 'wamp.session.add_testament', {}, [topic, [text(octets)]]);
    const answer = async (): Promise<void> => {
      await asked(1);
      questions[0]?.answer(true);
      await settle(caller);
    };
    return { postmaster, caller, add, asked, answer };
  };

  test('is held, and refused with unavailable beyond what its session may hold: then it has no effect', async () => {
    const { postmaster, caller, add, asked, answer } = await setUp();
    const first = add(20_000);
    await asked(1);
    expect(held(postmaster)).toBeGreaterThan(20_000);
    const second = add(30_000);
    expect(errorOf(await caller.answerTo(code.CALL, add(55_000)))).toBe(unavailable);
    await answer();
    for (const id of [first, second]) expect((await caller.answerTo(code.CALL, id))[0]).toBe(code.RESULT);
    expect(held(postmaster)).toBeLessThan(51_000);
    await end(postmaster, caller);
  });

  test('has no effect when it has been canceled', async () => {
    const { postmaster, caller, add, asked, answer } = await setUp();
    const id = add(30_000);
    await asked(1);
    caller.send(code.CANCEL, id, { mode: 'killnowait' });
    expect(errorOf(await caller.answerTo(code.CALL, id))).toBe('wamp.error.canceled');
    expect(held(postmaster)).toBe(0);
    await answer();
    expect(held(postmaster)).toBe(0);
    await end(postmaster, caller);
  });
});

describe('requests that wait for a decision', () => {
  /** A router where publications to one topic wait until the test decides. */
  const setUp = async () => {
    let decide: (isAllowed: boolean) => void = () => {};
    const deciding = new Promise<boolean>((resolve) => {
      decide = resolve;
    });
    const messageToPublish = (_: unknown, publication: { readonly topic: string }) =>
      publication.topic === topic ? deciding : true;
    const postmaster = createV2Router(
      {},
      { messageToPublish, limits: { ...limits, maxHeldSizePerSession: 2_000_000, maxHeldSize: 3_000_000 } },
    );
    return { postmaster, decide };
  };

  test('stop the reading of their session at 256 KiB, and all of them are done in the end', async () => {
    const { postmaster, decide } = await setUp();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    for (let at = 0; at < 30; at += 1) publisher.send(code.PUBLISH, publisher.next(), {}, topic, [text(100_000)]);
    // The one that is decided on, and as many as make 256 KiB.
    await vi.waitFor(() => expect(held(postmaster)).toBeGreaterThan(400_000));
    await settle(subscriber);
    expect(held(postmaster)).toBeLessThan(500_000);
    decide(true);
    await settle(publisher, subscriber);
    expect(eventsOf(subscriber)).toHaveLength(30);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, publisher, subscriber);
  });

  test('are held until they are decided on when their session has left, published or dropped', async () => {
    const { postmaster, decide } = await setUp();
    const [leaver, lost, subscriber] = [await joinV2(postmaster), await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    for (const peer of [leaver, lost]) {
      for (let at = 0; at < 2; at += 1) peer.send(code.PUBLISH, peer.next(), {}, topic, [text(100_000)]);
      beginCall(peer, procedure, {}, [text(10_000)]);
    }
    await vi.waitFor(() => expect(held(postmaster)).toBeGreaterThan(420_000));
    await leave(leaver);
    lost.send(99);
    await lost.closed;
    expect(held(postmaster)).toBeGreaterThan(300_000);
    expect(held(postmaster)).toBeLessThan(310_000);
    decide(true);
    await vi.waitFor(() => expect(held(postmaster)).toBe(0));
    await settle(subscriber);
    expect(eventsOf(subscriber)).toHaveLength(2);
    await end(postmaster, leaver, subscriber);
  });

  test('find no room when others fill the realm: large ones are refused, small ones wait as ever', async () => {
    const { postmaster, decide } = await setUp();
    const flood = await Promise.all(Array.from({ length: 3 }, () => joinV2(postmaster)));
    for (const peer of flood) {
      for (let at = 0; at < 2; at += 1) peer.send(code.PUBLISH, peer.next(), {}, topic, [text(499_000)]);
    }
    const peer = await joinV2(postmaster);
    await vi.waitFor(() => expect(held(postmaster)).toBeGreaterThan(2_990_000));
    expect(errorOf(await peer.publish(topic, [text(20_000)]))).toBe(unavailable);
    const small = peer.publish(topic, [text(10_000)]);
    // What goes on at once needs no room.
    const other = await joinV2(postmaster);
    expect(errorOf(await other.publish('com.other', [text(400_000)]))).toBeUndefined();
    expect(held(postmaster)).toBeGreaterThan(2_990_000);
    decide(true);
    expect((await small)[0]).toBe(code.PUBLISHED);
    await settle(...flood);
    expect(held(postmaster)).toBe(0);
    await end(postmaster, ...flood, peer, other);
  });

  test('of a rule that says no are given back', async () => {
    const { authorizer, questions, asked } = createPatient(({ uri }) => uri.startsWith('com.'));
    const postmaster = createV2Router({ authorizer, anonymous: everythingAndMeta }, { limits });
    const peer = await joinV2(postmaster);
    const published = peer.publish(topic, [text(50_000)]);
    await asked(1);
    expect(held(postmaster)).toBeGreaterThan(50_000);
    questions[0]?.answer(false);
    expect(errorOf(await published)).toBe('wamp.error.not_authorized');
    expect(held(postmaster)).toBe(0);
    await end(postmaster, peer);
  });
});

describe('what a peer says of itself', () => {
  test('is held as long as its session: authextra of HELLO, and who finds no room is not let in', async () => {
    const postmaster = createV2Router({}, { limits });
    const peers = [];
    for (let at = 0; at < 2; at += 1) peers.push(await joinV2(postmaster, { authextra: { text: text(90_000) } }));
    expect(held(postmaster)).toBeGreaterThan(180_000);
    const late = connectV2InMemory(postmaster);
    const [type, { message }, why] = (await late.hello('realm1', { authextra: { text: text(90_000) } })) as [
      number,
      { message: string },
      string,
    ];
    expect([type, why, message]).toEqual([
      code.ABORT,
      unavailable,
      'the limit of octets held for the session or the realm is reached',
    ]);
    // Who says little of itself comes in all the same.
    peers.push(await joinV2(postmaster, { authextra: { text: 'small' } }), await joinV2(postmaster));
    await leave(peers[0] as V2Peer);
    await vi.waitFor(() => expect(held(postmaster)).toBeLessThan(95_000));
    await (peers[0] as V2Peer).hello('realm1');
    expect(held(postmaster)).toBeLessThan(95_000);
    await end(postmaster, ...peers);
  });

  test('in WAMP v1 is held as well: extra of authreq, and prefixes', async () => {
    const { postmaster, url } = await startRouter({ limits });
    const client = await connectV1(url);
    // Who has said nothing yet may say little.
    await client.barrier();
    await client.authreq('alice', { text: text(50_000) });
    expect(held(postmaster)).toBeGreaterThan(50_000);
    const uri = text(500);
    for (let at = 0; at < 190; at += 1) client.send([1, `p${at}`, uri]);
    await client.barrier();
    // 50,000 octets are 99 of them.
    expect(postmaster.stats().counters).toMatchObject({ bad_message: 91, limit_reached: 91 });
    for (let round = 0; round < 300; round += 1) client.send([1, 'p1', round % 2 === 0 ? 'urn:short' : uri]);
    await client.barrier();
    expect(postmaster.stats().counters.bad_message).toBe(91);
    const other = await connectV1(url);
    await other.barrier();
    await expect(other.authreq('alice', { text: text(99_990) })).rejects.toMatchObject({ uri: unavailable });
    expect(postmaster.stats().counters.auth_failed).toBe(0);
    await client.close();
    await other.close();
    await expectNothingLeft(postmaster);
  });
});

describe('names that a call is known by', () => {
  test('are bounded in WAMP v1: a callID longer than a URI may be is a bad message', async () => {
    const { postmaster, url } = await startOpenRouter({ limits: { maxUriLength: 100 } });
    postmaster.registerRPC('urn:p', () => 'done');
    const client = await connectV1(url);
    client.send([2, 'x'.repeat(100), 'urn:p']);
    client.send([2, 'x'.repeat(101), 'urn:p']);
    client.send([2, 'ä'.repeat(51), 'urn:p']);
    await client.barrier();
    expect(client.received.filter(([type]) => type === 3)).toEqual([[3, 'x'.repeat(100), 'done']]);
    expect(postmaster.stats().counters.bad_message).toBe(2);
  });
});
