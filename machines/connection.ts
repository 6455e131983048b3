/**
 * The chart of one connection, for WAMP v1 and v2 alike: which messages are allowed now, and what follows from each.
 *
 * What must live here: states, the messages each of them allows, deadlines. What must not: bytes, subscriptions, rules of a
 * realm. Messages arrive as `wamp.<TYPE>` in both protocols. The dialect of a v1 connection translates a call of
 * `procedure#authreq` into HELLO and a call of `procedure#auth` into AUTHENTICATE. The prefix of every other event names
 * its source: `auth.` the authenticator, `link.` the wire, `router.` the router itself.
 *
 * Sources: WAMP Basic Profile, "Sessions" (establishment, closing, abort); for v1 the CRA exchange of its reference server.
 */

import { raise, setup } from 'xstate';
import type { ArrivedMessage, ConnectionContext, ConnectionDeadlines, ConnectionEvent } from './connection-event.ts';
import { notProvided, notProvidedActor } from './not-provided.ts';

const messageOf = (event: ConnectionEvent): ArrivedMessage => (event as { readonly message: ArrivedMessage }).message;
const answerOf = (event: ConnectionEvent): unknown => (event as { readonly value?: unknown }).value;
const reasonOf = (event: ConnectionEvent): string => (event as { readonly reason: string }).reason;
const late =
  (reason: string, missing: string, deadline: keyof ConnectionDeadlines) =>
  ({ context }: { readonly context: ConnectionContext }) => ({
    reason,
    message: `${missing} within ${context.deadlines[deadline]} ms`,
  });
const authFailed = 'wamp.error.authentication_failed';
const lateHello = late('postmaster.close.hello_timeout', 'no HELLO was received', 'helloTimeout');
const lateAuthenticator = late(authFailed, 'the authenticator has not answered', 'authTimeout');
const lateAnswer = late(authFailed, 'no answer to CHALLENGE has been verified', 'authTimeout');
const goodbyeOf = ({ event }: { readonly event: ConnectionEvent }) => ({
  reason: reasonOf(event),
  message: (event as { readonly message?: string }).message,
});

/** The chart of a connection, as a machine of XState. `src/connection` provides its effects; those given here throw. */
export const connectionMachine = setup({
  types: { context: {} as ConnectionContext, events: {} as ConnectionEvent, input: {} as ConnectionContext },
  actions: {
    route: notProvided('route'),
    violate: notProvided('violate'),
    sendChallenge: notProvided<{ challenge: unknown }>('sendChallenge'),
    sendWelcome: notProvided<{ grant: unknown }>('sendWelcome'),
    sendDenial: notProvided<{ denial: unknown }>('sendDenial'),
    sendAbort: notProvided<{ reason: string; message?: string | undefined }>('sendAbort'),
    sendGoodbye: notProvided<{ reason: string; message?: string | undefined }>('sendGoodbye'),
    leave: notProvided('leave'),
    closeLink: notProvided('closeLink'),
  },
  actors: {
    authenticate: notProvidedActor<{ readonly hello: ArrivedMessage; readonly owner: unknown }>('authenticate'),
    verifyAnswer: notProvidedActor<{ readonly answer: ArrivedMessage; readonly owner: unknown }>('verifyAnswer'),
  },
  guards: {
    speaksV1: ({ context }) => context.family === 'v1',
    speaksV2: ({ context }) => context.family === 'v2',
    isOpenCall: ({ context, event }) => {
      const message = messageOf(event);
      return message.procedure !== undefined && context.openProcedures.has(message.procedure);
    },
  },
  delays: {
    helloTimeout: ({ context }) => context.deadlines.helloTimeout,
    authTimeout: ({ context }) => context.deadlines.authTimeout,
    closeTimeout: ({ context }) => context.deadlines.closeTimeout,
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => input,
  initial: 'welcome',
  on: {
    'wamp.*': [
      { guard: 'speaksV1', actions: 'violate' },
      {
        target: '.closed',
        actions: ['violate', { type: 'sendAbort', params: { reason: 'wamp.error.protocol_violation' } }],
      },
    ],
    'wamp.ABORT': { target: '.closed' },
    'link.closed': { target: '.closed' },
    'link.failed': {
      target: '.closed',
      actions: { type: 'sendAbort', params: ({ event }) => ({ reason: reasonOf(event) }) },
    },
    'router.leaving': {
      target: '.closed',
      actions: { type: 'sendAbort', params: ({ event }) => ({ reason: reasonOf(event) }) },
    },
    'router.killed': {
      target: '.closed',
      actions: { type: 'sendAbort', params: ({ event }) => ({ reason: reasonOf(event) }) },
    },
  },
  states: {
    welcome: {
      after: {
        helloTimeout: {
          guard: 'speaksV2',
          target: 'closed',
          actions: { type: 'sendAbort', params: lateHello },
        },
      },
      on: {
        'wamp.HELLO': { target: 'authreq' },
        'wamp.CALL': { guard: 'isOpenCall', actions: 'route' },
      },
    },
    authreq: {
      invoke: {
        src: 'authenticate',
        input: ({ context, event }) => ({ hello: messageOf(event), owner: context.owner }),
      },
      after: {
        authTimeout: {
          target: 'closed',
          actions: { type: 'sendAbort', params: lateAuthenticator },
        },
      },
      on: {
        'auth.challenged': {
          target: 'challenged',
          actions: { type: 'sendChallenge', params: ({ event }) => ({ challenge: answerOf(event) }) },
        },
        'auth.accepted': {
          target: 'authenticated',
          actions: { type: 'sendWelcome', params: ({ event }) => ({ grant: answerOf(event) }) },
        },
        'auth.denied': [
          {
            guard: 'speaksV1',
            target: 'welcome',
            actions: { type: 'sendDenial', params: ({ event }) => ({ denial: answerOf(event) }) },
          },
          { target: 'closed', actions: { type: 'sendDenial', params: ({ event }) => ({ denial: answerOf(event) }) } },
        ],
        'wamp.CALL': { guard: 'isOpenCall', actions: 'route' },
      },
    },
    challenged: {
      initial: 'waiting',
      after: {
        authTimeout: {
          target: 'closed',
          actions: { type: 'sendAbort', params: lateAnswer },
        },
      },
      on: {
        'auth.accepted': {
          target: 'authenticated',
          actions: { type: 'sendWelcome', params: ({ event }) => ({ grant: answerOf(event) }) },
        },
        'auth.denied': [
          {
            guard: 'speaksV1',
            target: 'welcome',
            actions: { type: 'sendDenial', params: ({ event }) => ({ denial: answerOf(event) }) },
          },
          { target: 'closed', actions: { type: 'sendDenial', params: ({ event }) => ({ denial: answerOf(event) }) } },
        ],
        'wamp.CALL': { guard: 'isOpenCall', actions: 'route' },
      },
      states: {
        waiting: { on: { 'wamp.AUTHENTICATE': { target: 'verifying' } } },
        verifying: {
          invoke: {
            src: 'verifyAnswer',
            input: ({ context, event }) => ({ answer: messageOf(event), owner: context.owner }),
          },
          on: {
            'auth.misunderstood': {
              target: 'waiting',
              actions: { type: 'sendDenial', params: ({ event }) => ({ denial: answerOf(event) }) },
            },
          },
        },
      },
    },
    authenticated: {
      exit: 'leave',
      on: {
        'wamp.SUBSCRIBE': { actions: 'route' },
        'wamp.UNSUBSCRIBE': { actions: 'route' },
        'wamp.PUBLISH': { actions: 'route' },
        'wamp.CALL': { actions: 'route' },
        'wamp.CANCEL': { actions: 'route' },
        'wamp.REGISTER': { actions: 'route' },
        'wamp.UNREGISTER': { actions: 'route' },
        'wamp.YIELD': { actions: 'route' },
        'wamp.ERROR': { actions: 'route' },
        'wamp.GOODBYE': {
          target: 'closing',
          actions: [
            { type: 'sendGoodbye', params: { reason: 'wamp.close.goodbye_and_out' } },
            raise({ type: 'wamp.GOODBYE', message: { type: 'GOODBYE' } }),
          ],
        },
        'router.leaving': [
          {
            guard: 'speaksV1',
            target: 'closed',
            actions: { type: 'sendAbort', params: ({ event }) => ({ reason: reasonOf(event) }) },
          },
          { target: 'closing.link', actions: { type: 'sendGoodbye', params: goodbyeOf } },
        ],
        'router.killed': [
          {
            guard: 'speaksV1',
            target: 'closed',
            actions: { type: 'sendAbort', params: ({ event }) => ({ reason: reasonOf(event) }) },
          },
          { target: 'closing', actions: { type: 'sendGoodbye', params: goodbyeOf } },
        ],
      },
    },
    closing: {
      initial: 'session',
      after: { closeTimeout: { target: 'closed' } },
      on: {
        'wamp.*': {},
        'link.failed': { target: 'closed' },
        'router.leaving': { target: '.link' },
        'router.killed': {},
      },
      states: {
        session: { on: { 'wamp.GOODBYE': { target: '#connection.welcome' } } },
        link: { on: { 'wamp.GOODBYE': { target: '#connection.closed' } } },
      },
    },
    closed: { type: 'final', entry: 'closeLink' },
  },
});
