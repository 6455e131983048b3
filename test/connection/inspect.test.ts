import { afterEach, describe, expect, test, vi } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { DialectV2 } from '../../src/connection/v2/dialect.ts';
import type { PostmasterOptions } from '../../src/index.ts';
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
const startInspected = async (options: Partial<PostmasterOptions> = {}) => {
  const events: InspectionEvent[] = [];
  const router = await startRouter({
    machines: 'xstate',
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

describe('inspect', () => {
  test('shows a whole WAMP v2 session over a socket: actors, events, transitions, states', async () => {
    const { url, of, events } = await startInspected(ticket);
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
    const { url, of } = await startInspected();
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
    const { postmaster, of } = await startInspected();
    await postmaster.close();
    const end = ['router.close', 'connections.gone', 'interceptors.completed', 'connections.gone'];
    expect(said(of('server'))).toEqual(['xstate.init', 'transport.listening', ...end]);
    expect(states(of('server')).at(-1)).toBe('stopped');
  });

  test('tells connections apart', async () => {
    const { url, of } = await startInspected(ticket);
    const peers = [await connectV2(url), await connectV2(url)];
    for (const peer of peers) await peer.close();
    expect(new Set(of('connection').map(({ rootId }) => rootId)).size).toBe(2);
  });

  test('may be an observer, as Stately makes one', async () => {
    const seen: InspectionEvent[] = [];
    const { url } = await startRouter({
      machines: 'xstate',
      inspect: { next: (event: InspectionEvent) => seen.push(event) },
    });
    const client = await connectV1(url);
    await client.close();
    expect(said(seen)).toContain('link.closed');
  });

  test('that throws is reported and hurts nobody', async () => {
    const inspect = (): never => {
      throw new Error('the inspector is broken');
    };
    const { url, postmaster } = await startRouter({ machines: 'xstate', inspect });
    const client = await connectV1(url);
    await client.authenticate(alice.authKey, alice.secret);
    await client.barrier();
    await client.close();
    expect(postmaster.stats().counters.callback_failed).toBeGreaterThan(0);
  });

  test('is given events that can be written as JSON, without what the connection holds', async () => {
    const { url, events } = await startInspected();
    const client = await connectV1(url, { headers: { cookie: 'session=hidden' } });
    await client.close();
    expect(JSON.stringify(events)).not.toContain('hidden');
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
