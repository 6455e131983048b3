import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspector } from '@statelyai/inspect';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { connectionMachine } from '../../machines/connection.ts';
import { engineNames } from '../../src/chart/running-chart.ts';
import { DialectV2 } from '../../src/connection/v2/dialect.ts';
import type { EngineName, Inspect, PostmasterOptions } from '../../src/index.ts';
import { Session } from '../../src/session/session.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import { alice, everything, expectNothingLeft, startOpenRouter, startRouter } from '../support/router.ts';
import { connectV1 } from '../support/v1-client.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

afterEach(() => vi.restoreAllMocks());

/** The actor behind a reference, as far as tests look at it. */
interface Inspected {
  readonly sessionId: string;
  readonly logic: { readonly id?: string };
}
const actorOf = ({ actorRef }: InspectionEvent): Inspected => actorRef as unknown as Inspected;
const ticket = {
  realms: [
    {
      name: 'realm1',
      authenticators: { ticket: { alice: { ticket: 'secret', role: 'all' } } },
      roles: { all: everything },
    },
  ],
};

/** A router whose inspection events are kept, and those of its charts by the chart's id. */
const startInspected = async (options: Partial<PostmasterOptions>) => {
  const events: InspectionEvent[] = [];
  const router = await startRouter({
    inspect: (event: InspectionEvent) => events.push(event),
    ...options,
  });
  const of = (id: string): readonly InspectionEvent[] => events.filter((event) => actorOf(event).logic.id === id);
  return { ...router, events, of };
};

const said = (events: readonly InspectionEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === '@xstate.event' ? [event.event.type] : []));
const states = (events: readonly InspectionEvent[]): readonly unknown[] =>
  events.flatMap((event) => (event.type === '@xstate.snapshot' ? [(event.snapshot as { value?: unknown }).value] : []));
const transitions = (events: readonly InspectionEvent[]): readonly string[] =>
  events.flatMap((event) =>
    event.type === '@xstate.microstep' ? event._transitions.map(({ eventType }) => eventType) : [],
  );

describe.each(engineNames)('inspect, with the engine %s,', (machines) => {
  test('shows a whole WAMP v2 session over a socket: actors, events, transitions, states', async () => {
    const { url, of, events } = await startInspected({ ...ticket, machines });
    const peer = await connectV2(url);
    await peer.hello('realm1', { authmethods: ['ticket'], authid: 'alice' });
    peer.send(5, 'secret', {});
    await peer.take(2);
    peer.send(6, {}, 'wamp.close.close_realm');
    await peer.take(6);
    await peer.close();

    const connection = of('connection');
    expect(connection[0]?.type).toBe('@xstate.actor');
    expect(new Set(connection.map(({ rootId }) => rootId)).size).toBe(1);
    expect(said(connection)).toEqual([
      'xstate.init',
      'wamp.HELLO',
      'auth.challenged',
      'wamp.AUTHENTICATE',
      'auth.accepted',
      'wamp.GOODBYE',
      'link.closed',
    ]);
    expect(transitions(connection)).toEqual([
      'wamp.HELLO',
      'auth.challenged',
      'wamp.AUTHENTICATE',
      'auth.accepted',
      'wamp.GOODBYE',
      'wamp.GOODBYE',
      'link.closed',
    ]);
    expect(states(connection)).toEqual([
      'welcome',
      'authreq',
      { challenged: 'waiting' },
      { challenged: 'verifying' },
      'authenticated',
      'welcome',
      'closed',
    ]);
    // The actors that were asked belong to the same tree.
    const asked = events.filter(
      ({ type, rootId, actorRef }) =>
        type === '@xstate.actor' &&
        rootId === connection[0]?.rootId &&
        (actorRef as unknown as Inspected).sessionId !== rootId,
    );
    expect(asked).toHaveLength(2);
  });

  test('shows a whole WAMP v1 session over a socket, a wrong signature included', async () => {
    const { url, of } = await startInspected({ machines });
    const client = await connectV1(url);
    await expect(client.authenticate(alice.authKey, 'wrong')).rejects.toThrow();
    await client.authenticate(alice.authKey, alice.secret);
    await client.close();

    const handshake = ['wamp.HELLO', 'auth.challenged', 'wamp.AUTHENTICATE'];
    expect(transitions(of('connection'))).toEqual([
      ...handshake,
      'auth.denied',
      ...handshake,
      'auth.accepted',
      'link.closed',
    ]);
    expect(states(of('connection')).at(-1)).toBe('closed');
  });

  test('shows the life of the router itself', async () => {
    const { postmaster, of } = await startInspected({ machines });
    await postmaster.close();
    const end = ['router.close', 'connections.gone', 'interceptors.completed', 'connections.gone'];
    expect(said(of('server'))).toEqual(['xstate.init', 'transport.listening', ...end]);
    expect(states(of('server')).at(-1)).toBe('stopped');
  });

  test('tells connections apart', async () => {
    const { url, of } = await startInspected({ ...ticket, machines });
    const peers = [await connectV2(url), await connectV2(url)];
    for (const peer of peers) await peer.close();
    expect(new Set(of('connection').map(({ rootId }) => rootId)).size).toBe(2);
  });

  test('may be an observer, as Stately makes one', async () => {
    const seen: InspectionEvent[] = [];
    const inspect = { next: (event: InspectionEvent) => seen.push(event) };
    const { url } = await startRouter({ machines, inspect });
    const client = await connectV1(url);
    await client.close();
    expect(said(seen)).toContain('link.closed');
  });

  test('that throws is reported and hurts nobody', async () => {
    const inspect = (): never => {
      throw new Error('the inspector is broken');
    };
    const { url, postmaster } = await startRouter({ machines, inspect });
    const client = await connectV1(url);
    await client.authenticate(alice.authKey, alice.secret);
    await client.barrier();
    await client.close();
    expect(postmaster.stats().counters.callback_failed).toBeGreaterThan(0);
  });

  test('is given events that can be written as JSON, without what the connection holds', async () => {
    const { url, events } = await startInspected({ machines });
    const client = await connectV1(url, { headers: { cookie: 'session=hidden' } });
    await client.close();
    expect(JSON.stringify(events)).not.toContain('hidden');
  });
});

/** Ids, octets with an id in them, and the connection itself, which the inspector looks at when it is too late. */
const varying = new Set(['id', 'data', 'owner']);

/** What Stately's inspector sends to its page about the connection of one handshake, but for times and ids of actors. */
const handshakeOf = async (machines: EngineName): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const sent: StatelyInspectionEvent[] = [];
  // The page of Stately is hosted elsewhere, so nothing is opened here: the adapter keeps what it is to send.
  const { inspect } = createInspector({ send: (event) => sent.push(event) });
  const { url } = await startRouter({ ...ticket, machines, inspect: inspect as { next: Inspect } });
  const peer = await connectV2(url);
  await peer.hello('realm1', { authmethods: ['ticket'], authid: 'alice' });
  peer.send(5, 'secret', {});
  await peer.take(2);
  await peer.close();
  const isEnd = (event: StatelyInspectionEvent): boolean => JSON.stringify(event).includes('"value":"closed"');
  await vi.waitFor(() => expect(sent.some(isEnd)).toBe(true));
  const connection = sent.find(
    ({ type, ...event }) => type === '@xstate.actor' && 'name' in event && event.name === 'connection',
  );
  const names = new Map<string, string>();
  // The ids of actors, connections and sessions in the order in which they appear.
  const name = (id: string): string => names.get(id) ?? (names.set(id, `actor ${names.size}`).get(id) as string);
  return sent
    .filter(({ rootId }) => rootId === connection?.sessionId)
    .map(({ createdAt, _version, ...event }) => {
      const { sessionId, rootId, sourceId, parentId, ...rest } = event as unknown as Record<string, unknown>;
      // So is the snapshot of a new actor.
      if (rest.type === '@xstate.actor') rest.snapshot = undefined;
      const ids = [sessionId, rootId, sourceId, parentId];
      const actors = ids.map((id) => (typeof id === 'string' ? name(id) : undefined));
      return JSON.parse(JSON.stringify({ actors, ...rest }, (key, value) => (varying.has(key) ? undefined : value)));
    })
    .filter(({ actors: [sessionId] }) => sessionId === 'actor 0');
};

describe("Stately's inspector", () => {
  test('is sent the definition of the chart, then each event and snapshot of a handshake', async () => {
    const [created, ...steps] = await handshakeOf('compiled');
    expect(created).toMatchObject({ type: '@xstate.actor', name: 'connection' });
    const { states } = JSON.parse(created?.definition as string);
    expect(Object.keys(states).sort()).toEqual(Object.keys(connectionMachine.config.states ?? {}).sort());
    const of = (type: string) => steps.filter((step) => step.type === type);
    expect(of('@xstate.event').map(({ event }) => (event as { readonly type: string }).type)).toEqual([
      'xstate.init',
      'wamp.HELLO',
      'auth.challenged',
      'wamp.AUTHENTICATE',
      'auth.accepted',
      'link.closed',
    ]);
    expect(of('@xstate.snapshot').map(({ snapshot }) => (snapshot as { readonly value: unknown }).value)).toEqual([
      'welcome',
      'authreq',
      { challenged: 'waiting' },
      { challenged: 'verifying' },
      'authenticated',
      'closed',
    ]);
  });

  test('is sent the same by both engines', async () => {
    expect(await handshakeOf('compiled')).toEqual(await handshakeOf('xstate'));
  });
});

describe('a connection whose effect throws', () => {
  test.each(['compiled', 'xstate'] as const)(
    'ends alone, run by %s: no timer and no session is left',
    async (machines) => {
      const link = {
        framing: payloadFraming,
        write: () => true,
        terminate: () => {},
        pause: () => {},
        resume: () => {},
      };
      const { postmaster, url } = await startOpenRouter({ machines });
      const other = await connectV1(url);
      const { listener, start } = postmaster.connect(
        {
          ...link,
          close: () => {
            throw new Error('the link cannot be closed');
          },
          terminate: () => listener.closed(),
        },
        { protocol: 'wamp.2.json', remoteAddress: undefined, headers: {} },
      );
      start();
      listener.received(Buffer.from('[6,{},"wamp.close.close_realm"]'), false);
      expect([...postmaster.connections()]).toHaveLength(1);
      expect(postmaster.stats()).toMatchObject({ connections: 1, sessions: 1 });
      expect(postmaster.stats().counters.internal_error).toBeGreaterThan(0);
      await other.barrier();
      await other.close();
      await expectNothingLeft(postmaster);
    },
  );

  test.each(['compiled', 'xstate'] as const)(
    'tells the application once that its session is over, run by %s',
    async (machines) => {
      const [onAuthenticated, onDisconnect] = [vi.fn(), vi.fn()];
      const router = createV2Router({}, { machines, onAuthenticated, onDisconnect });
      const peer = await joinV2(router);
      vi.spyOn(Session.prototype, 'leave').mockImplementationOnce(() => {
        throw new Error('broken');
      });
      peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
      await peer.closed;
      expect(onAuthenticated).toHaveBeenCalledOnce();
      expect(onDisconnect).toHaveBeenCalledOnce();
      expect(router.stats().counters.internal_error).toBe(1);
      await expectNothingLeft(router);
    },
  );

  test('tells the application of no end where it was told of no session', async () => {
    const [onAuthenticated, onDisconnect] = [vi.fn(), vi.fn()];
    const router = createV2Router({}, { onAuthenticated, onDisconnect });
    const peer = connectV2InMemory(router);
    vi.spyOn(DialectV2.prototype, 'sendWelcome').mockImplementationOnce(() => {
      throw new Error('broken');
    });
    await peer.hello();
    await peer.closed;
    expect([onAuthenticated.mock.calls, onDisconnect.mock.calls]).toEqual([[], []]);
    await expectNothingLeft(router);
  });
});
