import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { initialTransition, transition } from 'xstate';
import type { ConnectionContext, ConnectionEvent, Family } from '../../machines/index.ts';
import { connectionMachine } from '../../machines/index.ts';
import type { MessageType, PeerMessage } from '../../src/wamp/message.ts';

const contextOf = (family: Family): ConnectionContext => ({
  family,
  deadlines: { helloTimeout: 5000, authTimeout: 60_000, closeTimeout: 3000 },
  openProcedures: new Set(family === 'v1' ? ['com.example.open'] : []),
  owner: undefined,
});

const say = (type: MessageType, message: object = {}): ConnectionEvent =>
  ({ type: `wamp.${type}`, message: { type, ...message } as unknown as PeerMessage }) as ConnectionEvent;
const call = (procedure: string): ConnectionEvent => say('CALL', { procedure });
const auth = (
  type: 'challenged' | 'accepted' | 'denied' | 'misunderstood',
  value: unknown = null,
): ConnectionEvent => ({
  type: `auth.${type}`,
  value,
});

/** One step of the machine: its types are narrower than a test that feeds it anything needs. */
const step = (snapshot: AnyMachineSnapshot, event: ConnectionEvent): [AnyMachineSnapshot, readonly unknown[]] =>
  transition(connectionMachine, snapshot as never, event) as unknown as [AnyMachineSnapshot, readonly unknown[]];

/** Runs events from the start; returns the state and the effects of the last event, built-in ones left out. */
const run = (family: Family, ...events: readonly ConnectionEvent[]) => {
  let [snapshot, actions] = initialTransition(connectionMachine, contextOf(family)) as [
    AnyMachineSnapshot,
    readonly unknown[],
  ];
  for (const event of events) [snapshot, actions] = step(snapshot, event);
  const effects = (actions as { type: string; params?: unknown }[])
    .filter(({ type }) => !type.startsWith('xstate.'))
    .map(({ type, params }) => (params === undefined || type === 'violate' ? type : { type, params }));
  const timers = (actions as { type: string; params?: { delay?: unknown } }[])
    .filter(({ type }) => type === 'xstate.raise')
    .map(({ params }) => params?.delay);
  return { state: snapshot.value, status: snapshot.status, effects, timers };
};

const established: readonly ConnectionEvent[] = [
  say('HELLO'),
  auth('challenged'),
  say('AUTHENTICATE'),
  auth('accepted'),
];

describe('the connection chart', () => {
  test('has exactly the states of a connection', () => {
    expect(Object.keys(connectionMachine.states)).toEqual([
      'welcome',
      'authreq',
      'challenged',
      'authenticated',
      'closing',
      'closed',
    ]);
  });

  test('goes welcome, authreq, challenged, authenticated', () => {
    expect(run('v1').state).toBe('welcome');
    expect(run('v1', say('HELLO')).state).toBe('authreq');
    expect(run('v1', say('HELLO'), auth('challenged', 'c'))).toMatchObject({
      state: { challenged: 'waiting' },
      effects: [{ type: 'sendChallenge', params: { challenge: 'c' } }],
    });
    expect(run('v1', say('HELLO'), auth('challenged'), say('AUTHENTICATE')).state).toEqual({ challenged: 'verifying' });
    expect(run('v1', ...established)).toMatchObject({ state: 'authenticated' });
  });

  test('establishes a session without a challenge when the authenticator accepts at once', () => {
    expect(run('v2', say('HELLO'), auth('accepted', 'grant'))).toMatchObject({
      state: 'authenticated',
      effects: [{ type: 'sendWelcome', params: { grant: 'grant' } }],
    });
  });

  test('returns to welcome after a denied v1 authentication, so that it may be tried again', () => {
    const wrong = [say('HELLO'), auth('challenged'), say('AUTHENTICATE'), auth('denied', 'why')];
    expect(run('v1', ...wrong)).toMatchObject({
      state: 'welcome',
      effects: [{ type: 'sendDenial', params: { denial: 'why' } }],
    });
    expect(run('v1', ...wrong, ...established).state).toBe('authenticated');
    expect(run('v1', say('HELLO'), auth('denied')).state).toBe('welcome');
  });

  test('closes after a denied v2 authentication', () => {
    expect(run('v2', say('HELLO'), auth('denied'))).toMatchObject({ state: 'closed', status: 'done' });
    expect(run('v2', say('HELLO'), auth('challenged'), say('AUTHENTICATE'), auth('denied')).state).toBe('closed');
  });

  test('keeps the challenge open when the answer to it cannot be understood', () => {
    const result = run('v1', say('HELLO'), auth('challenged'), say('AUTHENTICATE'), auth('misunderstood', 'why'));
    expect(result).toMatchObject({
      state: { challenged: 'waiting' },
      effects: [{ type: 'sendDenial', params: { denial: 'why' } }],
    });
  });

  test.each(['welcome', 'authreq', 'challenged'])('routes calls of open procedures and no others in %s', (state) => {
    const path = { welcome: [], authreq: [say('HELLO')], challenged: [say('HELLO'), auth('challenged')] }[state]!;
    expect(run('v1', ...path, call('com.example.open')).effects).toEqual(['route']);
    expect(run('v1', ...path, call('com.example.other')).effects).toEqual(['violate']);
  });

  test.each(['SUBSCRIBE', 'UNSUBSCRIBE', 'PUBLISH', 'CALL'] as const)('routes %s once authenticated', (type) => {
    expect(run('v1', ...established, say(type))).toMatchObject({ state: 'authenticated', effects: ['route'] });
  });

  test.each(['SUBSCRIBE', 'UNSUBSCRIBE', 'PUBLISH'] as const)('violates on %s before authentication', (type) => {
    expect(run('v1', say(type))).toMatchObject({ state: 'welcome', effects: ['violate'] });
    expect(run('v2', say(type))).toMatchObject({
      state: 'closed',
      effects: ['violate', { type: 'sendAbort', params: { reason: 'wamp.error.protocol_violation' } }, 'closeLink'],
    });
  });

  test('violates on a second HELLO and on an AUTHENTICATE nobody asked for', () => {
    expect(run('v1', ...established, say('HELLO'))).toMatchObject({
      state: 'authenticated',
      effects: ['violate'],
    });
    expect(run('v2', ...established, say('HELLO')).state).toBe('closed');
    expect(run('v1', say('AUTHENTICATE')).effects).toEqual(['violate']);
    expect(run('v1', say('HELLO'), say('HELLO')).effects).toEqual(['violate']);
    const verifying = [say('HELLO'), auth('challenged'), say('AUTHENTICATE')];
    expect(run('v1', ...verifying, say('AUTHENTICATE'))).toMatchObject({
      state: { challenged: 'verifying' },
      effects: ['violate'],
    });
  });

  test('leaves the session before the link closes, once', () => {
    expect(run('v1', ...established, { type: 'link.closed' }).effects).toEqual(['leave', 'closeLink']);
    expect(run('v1', { type: 'link.closed' }).effects).toEqual(['closeLink']);
  });

  test('answers GOODBYE and returns to welcome, where the link may be used again', () => {
    expect(run('v2', ...established, say('GOODBYE'))).toMatchObject({
      state: 'welcome',
      effects: ['leave', { type: 'sendGoodbye', params: { reason: 'wamp.close.goodbye_and_out' } }],
    });
  });

  test('takes leave of a v2 peer with GOODBYE and ignores everything but its answer', () => {
    const leaving: ConnectionEvent = { type: 'router.leaving', reason: 'wamp.close.system_shutdown' };
    const closing = [...established, leaving];
    expect(run('v2', ...closing)).toMatchObject({ state: { closing: 'link' }, timers: [3000] });
    expect(run('v2', ...closing, say('PUBLISH'))).toMatchObject({ state: { closing: 'link' }, effects: [] });
    expect(run('v2', ...closing, say('GOODBYE')).state).toBe('closed');
    expect(run('v1', ...established, leaving).state).toBe('closed');
  });

  test('keeps the link of a v2 peer whose session is killed, for another HELLO, and says nothing more in this one', () => {
    const killed: ConnectionEvent = { type: 'router.killed', reason: 'wamp.close.killed' };
    const closing = [...established, killed];
    expect(run('v2', ...closing)).toMatchObject({ state: { closing: 'session' }, timers: [3000] });
    expect(run('v2', ...closing, say('GOODBYE')).state).toBe('welcome');
    expect(run('v2', ...closing, { type: 'link.failed', reason: 'x' })).toMatchObject({
      state: 'closed',
      effects: ['closeLink'],
    });
    expect(run('v1', ...established, killed).state).toBe('closed');
  });

  test('ends without an answer on ABORT', () => {
    for (const before of [[], [say('HELLO')], established]) {
      const { state, effects } = run('v2', ...before, say('ABORT'));
      expect(state).toBe('closed');
      expect(effects.filter((effect) => effect !== 'leave')).toEqual(['closeLink']);
    }
  });

  test('gives authentication a deadline in both of its states', () => {
    const expired = (state: string): ConnectionEvent =>
      ({ type: `xstate.after.authTimeout.connection.${state}` }) as unknown as ConnectionEvent;
    expect(run('v1', say('HELLO')).timers).toContain(60_000);
    expect(run('v1', say('HELLO'), expired('authreq')).state).toBe('closed');
    expect(run('v1', say('HELLO'), auth('challenged'), expired('challenged')).state).toBe('closed');
  });

  test('gives a v2 peer a deadline for HELLO and a v1 peer none', () => {
    const expired = { type: 'xstate.after.helloTimeout.connection.welcome' } as unknown as ConnectionEvent;
    expect(run('v2', expired).state).toBe('closed');
    expect(run('v1', expired).state).toBe('welcome');
  });

  test.each<[string, readonly ConnectionEvent[], string, string]>([
    ['welcome', [], 'postmaster.close.hello_timeout', 'no HELLO was received within 5000 ms'],
    [
      'authreq',
      [say('HELLO')],
      'wamp.error.authentication_failed',
      'the authenticator has not answered within 60000 ms',
    ],
    [
      'challenged',
      [say('HELLO'), auth('challenged')],
      'wamp.error.authentication_failed',
      'no answer to CHALLENGE has been verified within 60000 ms',
    ],
  ])('tells a peer that is late in %s what was missing, and for how long', (state, before, reason, message) => {
    const delay = state === 'welcome' ? 'helloTimeout' : 'authTimeout';
    const expired = { type: `xstate.after.${delay}.connection.${state}` } as unknown as ConnectionEvent;
    expect(run('v2', ...before, expired).effects).toContainEqual({ type: 'sendAbort', params: { reason, message } });
  });

  test('throws when an effect is carried out that nobody provided', async () => {
    const { createActor } = await import('xstate');
    const actor = createActor(connectionMachine, { input: contextOf('v1') });
    const failed = new Promise<unknown>((resolve) => {
      actor.subscribe({ error: resolve });
    });
    actor.start().send(call('com.example.open'));
    expect(await failed).toMatchObject({ message: 'action "route" was not provided' });
  });
});
