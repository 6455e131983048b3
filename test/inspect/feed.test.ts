import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { engineNames } from '../../src/chart/running-chart.ts';
import type { Fact } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { Feed } from '../../src/inspect/feed.ts';
import { alice, everything, startRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { connectV2InMemory, joinV2, type V2Peer } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const ticket = [
  {
    name: 'realm1',
    authenticators: { ticket: { alice: { ticket: 'secret', role: 'all' } } },
    roles: { all: everything },
    anonymous: everything,
  },
];

/** The facts of a router from now on. */
const watch = (postmaster: Postmaster): Fact[] => {
  const facts: Fact[] = [];
  const subscription = postmaster.inspect$.subscribe((fact) => facts.push(fact));
  onTestFinished(() => subscription.unsubscribe());
  return facts;
};

const told = (facts: readonly Fact[]): readonly string[] =>
  facts.map(({ event, from, to }) => (from === to ? `${event} (${to})` : `${event}: ${from} -> ${to}`));

describe.each(engineNames)('inspect$, with the engine %s,', (machines) => {
  test('tells a session of WAMP v2: each message, each step, and why the end', async () => {
    const router = createV2Router({}, { machines, realms: ticket });
    const facts = watch(router);
    const peer = connectV2InMemory(router);
    await peer.hello('realm1', { authmethods: ['ticket'], authid: 'alice' });
    peer.send(code.AUTHENTICATE, 'secret', {});
    await peer.take(code.WELCOME);
    await peer.subscribe('com.topic');
    await peer.publish('com.topic', ['hidden'], { exclude_me: false });
    peer.send(code.HELLO, 'realm1', {});
    await peer.closed;
    expect(told(facts)).toEqual([
      'xstate.init:  -> welcome',
      'wamp.HELLO: welcome -> authreq',
      'auth.challenged: authreq -> challenged.waiting',
      'wamp.AUTHENTICATE: challenged.waiting -> challenged.verifying',
      'auth.accepted: challenged.verifying -> authenticated',
      'wamp.SUBSCRIBE (authenticated)',
      'sent.SUBSCRIBED (authenticated)',
      'wamp.PUBLISH (authenticated)',
      'sent.PUBLISHED (authenticated)',
      'sent.EVENT (authenticated)',
      'wamp.HELLO: authenticated -> closed',
    ]);
    expect(facts[5]).toMatchObject({ connection: 1, uri: 'com.topic', octets: expect.any(Number) });
    expect(facts.find(({ event }) => event === 'wamp.PUBLISH')?.octets).toBeGreaterThan(20);
    const octetsOf = (event: string) => facts.find((fact) => fact.event === event)?.octets;
    expect(octetsOf('wamp.HELLO')).toBeGreaterThan(20);
    expect(octetsOf('auth.challenged')).toBe(0);
    expect(facts.at(-1)?.reason).toBe('wamp.error.protocol_violation');
    for (const secret of ['hidden', 'secret']) expect(JSON.stringify(facts)).not.toContain(secret);
  });

  test('tells a wrong signature of WAMP v1: the way back from challenged to welcome', async () => {
    const { postmaster, url } = await startRouter({ machines });
    const facts = watch(postmaster);
    const client = await connectV1(url);
    await expect(client.authenticate(alice.authKey, 'wrong')).rejects.toThrow();
    await client.close();
    const steps = told(facts.filter(({ from, to }) => from !== to));
    expect(steps).toEqual([
      'xstate.init:  -> welcome',
      'wamp.HELLO: welcome -> authreq',
      'auth.challenged: authreq -> challenged.waiting',
      'wamp.AUTHENTICATE: challenged.waiting -> challenged.verifying',
      'auth.denied: challenged.verifying -> welcome',
      'link.closed: welcome -> closed',
    ]);
  });

  test('tells the state of a connection as the connection has it, whatever its peer says', async () => {
    const says: Readonly<Record<string, (peer: V2Peer) => void>> = {
      hello: (peer) =>
        peer.send(code.HELLO, 'realm1', { roles: { caller: {} }, authmethods: ['ticket'], authid: 'alice' }),
      anonymous: (peer) => peer.send(code.HELLO, 'realm1', { roles: { caller: {} } }),
      right: (peer) => peer.send(code.AUTHENTICATE, 'secret', {}),
      wrong: (peer) => peer.send(code.AUTHENTICATE, 'else', {}),
      subscribe: (peer) => peer.send(code.SUBSCRIBE, peer.next(), {}, 'com.topic'),
      goodbye: (peer) => peer.send(code.GOODBYE, {}, 'wamp.close.close_realm'),
      abort: (peer) => peer.send(code.ABORT, {}, 'wamp.error.test'),
      garbage: (peer) => peer.wire.send('['),
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(says)), { maxLength: 12 }), async (words) => {
        const router = createV2Router({}, { machines, realms: ticket });
        let last = '';
        const wrong: string[] = [];
        router.inspect$.subscribe(({ event, from, to }) => {
          const [connection] = [...router.connections()];
          if (from !== last) wrong.push(`${event} begins in ${from}, not in ${last}`);
          last = to;
          const state = connection?.state ?? 'closed';
          if (to !== '' && to.split('.')[0] !== state) wrong.push(`${event} leads to ${to}, and the state is ${state}`);
        });
        const peer = connectV2InMemory(router);
        for (const word of words) {
          says[word]?.(peer);
          await new Promise(setImmediate);
        }
        await peer.close();
        await router.close({ drain: 0 });
        expect(wrong).toEqual([]);
        expect(last).toBe('closed');
      }),
      { numRuns: 100 },
    );
  });
});

describe('inspect$', () => {
  test('makes nothing while nobody watches, and begins with what happens then', async () => {
    const router = createV2Router();
    const peer = await joinV2(router);
    const facts: Fact[] = [];
    const subscription = router.inspect$.subscribe((fact) => facts.push(fact));
    await peer.subscribe('com.topic');
    subscription.unsubscribe();
    const tell = vi.spyOn(Feed.prototype, 'tell');
    onTestFinished(() => tell.mockRestore());
    await peer.subscribe('com.other');
    expect(tell).not.toHaveBeenCalled();
    expect(told(facts)).toEqual(['wamp.SUBSCRIBE (authenticated)', 'sent.SUBSCRIBED (authenticated)']);
  });

  test('goes on for others when one of its observers throws, which is reported', async () => {
    const router = createV2Router();
    router.inspect$.subscribe(() => {
      throw new Error('the observer is broken');
    });
    const facts = watch(router);
    const peer = await joinV2(router);
    await peer.subscribe('com.topic');
    expect(facts.length).toBeGreaterThan(3);
    expect(router.stats().counters.callback_failed).toBe(facts.length);
  });

  test('completes when the router has stopped, for those who come later as well', async () => {
    const router = new Postmaster({ realms: ['realm1'] });
    let completed = 0;
    const complete = (): void => {
      completed += 1;
    };
    router.inspect$.subscribe({ complete });
    await router.close({ drain: 0 });
    expect(completed).toBe(1);
    router.inspect$.subscribe({ complete });
    expect(completed).toBe(2);
  });
});
