/**
 * One session of a client over one wire. It opens and closes the session, finds the request that an answer is for, and passes
 * events and invocations to its listener. It ends when the wire is closed; what follows is decided by the client.
 */

import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { ProtocolViolation, WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Message, MessageType } from '../wamp/message.ts';
import type { PayloadParts } from '../wamp/payload.ts';
import { emptyPayload } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { errorOf } from '../wamp/received.ts';
import type { Attempt } from './authenticator.ts';
import type { SessionFacts } from './options.ts';
import type { Wire } from './wire.ts';

/** The features of this client, as HELLO announces them. */
const roles = {
  publisher: {
    features: { publisher_identification: true, subscriber_blackwhite_listing: true, publisher_exclusion: true },
  },
  subscriber: {
    features: { pattern_based_subscription: true, publisher_identification: true, subscription_revocation: true },
  },
  caller: {
    features: {
      caller_identification: true,
      call_canceling: true,
      call_timeout: true,
      progressive_call_results: true,
    },
  },
  callee: {
    features: {
      caller_identification: true,
      call_canceling: true,
      call_reroute: true,
      pattern_based_registration: true,
      progressive_call_results: true,
      registration_revocation: true,
      shared_registration: true,
    },
  },
};

/** Requests that the router answers. */
export type ClientRequest = Message<'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'CALL' | 'REGISTER' | 'UNREGISTER'>;
type Without<Kind, Key extends string> = Kind extends unknown ? Omit<Kind, Key> : never;

/** A final answer. */
export type Answer = Message<'PUBLISHED' | 'SUBSCRIBED' | 'UNSUBSCRIBED' | 'RESULT' | 'REGISTERED' | 'UNREGISTERED'>;

/** Is called with what happens in a session. */
export interface SessionListener {
  event(message: Message<'EVENT'>): void;
  invocation(message: Message<'INVOCATION'>): void;
  interrupt(message: Message<'INTERRUPT'>): void;
  /** The router has revoked a subscription or registration. */
  revoked(message: Message<'UNSUBSCRIBED' | 'UNREGISTERED'>): void;
  /** The session is over: `uri` is the reason, `description` says it in words. */
  ended(uri: string, description: string): void;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WampError) => void;
  readonly onProgress: ((result: Message<'RESULT'>) => void) | undefined;
}

const answerTypes = new Set<MessageType>([
  'PUBLISHED',
  'SUBSCRIBED',
  'UNSUBSCRIBED',
  'RESULT',
  'REGISTERED',
  'UNREGISTERED',
]);

const textOf = ({ message }: Dict): string => (typeof message === 'string' ? message : '');

/** A session, from HELLO to its end. */
export class ClientSession {
  readonly #wire: Wire;
  readonly #listener: SessionListener;
  readonly #pending = new Map<number, Pending>();
  #lastRequest = 0;
  #isOver = false;
  #hasSentGoodbye = false;
  #onGoodbye: () => void = () => {};
  /** Set while the session opens. */
  #opening:
    | { readonly attempt: Attempt; readonly resolve: () => void; readonly reject: (error: WampError) => void }
    | undefined;
  id: Id = 0;
  /** WELCOME.Details. */
  details: Dict = {};

  constructor(wire: Wire, listener: SessionListener) {
    this.#wire = wire;
    this.#listener = listener;
  }

  /** What WELCOME has said. */
  get facts(): SessionFacts {
    const { id, details } = this;
    const { authid, authrole } = details;
    return { id, authid: String(authid ?? ''), authrole: String(authrole ?? ''), details };
  }

  /** Payloads in the octets of the serializer of the session. */
  get payloadParts(): PayloadParts {
    return this.#wire.payloadParts;
  }

  /**
   * Sends HELLO, answers a CHALLENGE, and resolves on WELCOME. Rejects with the WampError by which the router refused, or by
   * which the attempt to authenticate ended.
   */
  open(realm: string, attempt: Attempt, agent: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { attempt, resolve, reject };
      this.#wire.listen({
        received: (message) => this.#receive(message),
        closed: (reason) => this.#end(reasons.networkFailure, reason),
      });
      try {
        this.#wire.send({ type: 'HELLO', realm, details: { agent, roles, ...attempt.hello } });
      } catch (error) {
        this.#end(reasons.invalidArgument, (error as Error).message);
      }
    });
  }

  /**
   * Sends a request and resolves to its answer. Rejects with the WampError that answers it, or when the session is over.
   * `onSent` is given the request id, for CANCEL.
   */
  request(
    message: Without<ClientRequest, 'request'>,
    hooks: {
      readonly onProgress?: ((result: Message<'RESULT'>) => void) | undefined;
      readonly onSent?: (request: number) => void;
      /**
       * Called with the answer before the promise resolves: the next message, which may come in the same turn, may depend on
       * it.
       */
      readonly onAnswer?: (answer: Answer) => void;
    } = {},
  ): Promise<Answer> {
    if (this.#isOver || this.#hasSentGoodbye) return Promise.reject(new WampError(reasons.canceled, notOpen));
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => {
        hooks.onAnswer?.(answer);
        resolve(answer);
      };
      this.#pending.set(request, { resolve: settle, reject, onProgress: hooks.onProgress });
      try {
        this.#wire.send({ ...message, request } as ClientRequest);
        hooks.onSent?.(request);
      } catch (error) {
        this.#pending.delete(request);
        // The request was not sent, so the next one has its id.
        this.#lastRequest -= 1;
        reject(new WampError(reasons.invalidArgument, { description: (error as Error).message, cause: error }));
      }
    });
  }

  /**
   * Sends a message that is not answered: YIELD, ERROR, CANCEL, a PUBLISH without acknowledgement. Does nothing when the
   * session is over.
   */
  send(message: Message): void {
    if (!this.#isOver && !this.#hasSentGoodbye) this.#wire.send(message);
  }

  /** Publishes without an acknowledgement. */
  publish(message: Without<Message<'PUBLISH'>, 'request'>): void {
    const request = this.#lastRequest + 1;
    this.send({ ...message, request });
    // Only now, because a request that could not be sent leaves its id to the next.
    this.#lastRequest = request;
  }

  /** Sends GOODBYE and closes the wire. Resolves when the router has answered, or after `timeout` ms. */
  async close(timeout: number): Promise<void> {
    if (this.#isOver) return;
    const answered = new Promise<void>((resolve) => {
      this.#onGoodbye = resolve;
    });
    this.#wire.send({ type: 'GOODBYE', details: {}, reason: 'wamp.close.close_realm' });
    this.#hasSentGoodbye = true;
    const timer = setTimeout(this.#onGoodbye, timeout);
    await answered;
    clearTimeout(timer);
    this.#end('wamp.close.close_realm', 'the session was closed');
  }

  #receive(message: Message | ProtocolViolation): void {
    if (this.#isOver) return;
    if (message instanceof ProtocolViolation) return this.#violate(message.message);
    if (message.type === 'ABORT') return this.#end(message.reason, textOf(message.details));
    if (message.type === 'GOODBYE') return this.#goodbye(message);
    if (this.#opening) return this.#receiveOpening(message);
    if (answerTypes.has(message.type)) return this.#answer(message as Answer);
    switch (message.type) {
      case 'EVENT':
        return this.#listener.event(message);
      case 'INVOCATION':
        return this.#listener.invocation(message);
      case 'INTERRUPT':
        return this.#listener.interrupt(message);
      case 'ERROR':
        return this.#settle(message.request, (pending) =>
          pending.reject(errorOf(message.error, message.payload, message)),
        );
      default:
        return this.#violate(`${message.type} is not expected`);
    }
  }

  #receiveOpening(message: Message): void {
    if (message.type === 'WELCOME') {
      const distrust = this.#opening?.attempt.distrust(message.details);
      if (distrust) return this.#abort(reasons.authenticationFailed, distrust);
      this.id = message.session;
      this.details = isDict(message.details) ? message.details : {};
      this.#opening?.resolve();
      this.#opening = undefined;
    } else if (message.type === 'CHALLENGE') {
      this.#opening?.attempt
        .answer(message.method, message.extra)
        .then(({ signature, extra }) => this.#isOver || this.#wire.send({ type: 'AUTHENTICATE', signature, extra }))
        .catch(({ description, message }: Partial<WampError> & Error) =>
          this.#abort(reasons.authenticationFailed, description ?? message),
        );
    } else this.#violate(`${message.type} is not expected before WELCOME`);
  }

  #answer(message: Answer): void {
    if ((message.type === 'UNSUBSCRIBED' || message.type === 'UNREGISTERED') && message.request === 0) {
      return this.#listener.revoked(message);
    }
    if (message.type === 'RESULT' && message.details.progress === true) {
      this.#pending.get(message.request as number)?.onProgress?.(message);
      return;
    }
    // It is read after this turn, when its memory may be used for something else.
    if (message.type === 'RESULT') message.payload.own();
    this.#settle(message.request, (pending) => pending.resolve(message));
  }

  #settle(request: unknown, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(request as number);
    if (!pending) return;
    this.#pending.delete(request as number);
    settle(pending);
  }

  #goodbye(message: Message<'GOODBYE'>): void {
    if (this.#hasSentGoodbye) return this.#onGoodbye();
    this.#wire.send({ type: 'GOODBYE', details: {}, reason: reasons.goodbyeAndOut });
    this.#end(message.reason, textOf(message.details));
  }

  #violate(description: string): void {
    this.#abort(reasons.protocolViolation, description);
  }

  #abort(uri: string, description: string): void {
    if (this.#isOver) return;
    const farewell = { type: 'ABORT', reason: uri, payload: emptyPayload } as const;
    try {
      this.#wire.send({ ...farewell, details: { message: description } });
    } catch {
      // With the description the message may be larger than the router accepts.
      this.#wire.send({ ...farewell, details: {} });
    }
    this.#end(uri, description);
  }

  #end(uri: string, description: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire.close();
    this.#opening?.reject(new WampError(uri, { description }));
    this.#opening = undefined;
    const error = new WampError(uri, { description: description || 'the session is over' });
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#onGoodbye();
    this.#listener.ended(uri, description);
  }
}

const notOpen = { description: 'the session is not open' };
