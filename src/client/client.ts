/** The client of `postmaster/client`: it opens one session after the other, and keeps what outlives them. */

import { openWire } from '#platform/wire';
import type { Dict } from '../base/dict.ts';
import { version } from '../base/version.ts';
import { ConfigError, WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Message } from '../wamp/message.ts';
import type { PublishOptions, RegisterOptions } from '../wamp/options.ts';
import type { GivenArgs, GivenKwargs, Payload, PayloadForm } from '../wamp/payload.ts';
import { emptyPayload, payloadFrom } from '../wamp/payload.ts';
import { wantsOctets } from '../wamp/payload-form.ts';
import { reasons } from '../wamp/reasons.ts';
import { inForm } from '../wamp/received.ts';
import { createAttempt } from './authenticator.ts';
import { createBackoff, isFinal } from './backoff.ts';
import { createFaults } from './faults.ts';
import type { InvocationHandler, Registrant } from './invocations.ts';
import { createInvocations } from './invocations.ts';
import type {
  ClientCallOptions,
  ClientOptions,
  ClientRegistration,
  ClientSubscribeOptions,
  ClientSubscription,
  EndFacts,
  ReceivedEvent,
  SessionFacts,
} from './options.ts';
import { callOptions } from './options.ts';
import type { Answer } from './session.ts';
import { ClientSession } from './session.ts';

interface Subscribed {
  readonly topic: string;
  readonly options: Dict;
  readonly handler: (event: ReceivedEvent) => void;
  readonly form: PayloadForm | undefined;
  id: Id;
}

interface Registered extends Registrant {
  readonly options: Dict;
  id: Id;
}

const closeTimeout = 3_000;

/**
 * A client that is connected, or about to connect again. Create it with `connect`. After a lost connection it connects again,
 * with growing pauses, and restores its subscriptions and registrations. Requests that were pending reject with the reason.
 * While there is no session, `publish`, `subscribe`, `call` and `register` reject with the WampError
 * `wamp.error.network_failure`.
 */
export class WampClient {
  readonly #options: ClientOptions;
  readonly #subscriptions = new Set<Subscribed>();
  readonly #registrations = new Set<Registered>();
  readonly #faults;
  readonly #invocations;
  #session: ClientSession | undefined;
  #isClosed = false;
  readonly #backoff;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Does not connect yet: `open`, or `connect` in its stead, does. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#backoff = createBackoff(options.reconnect || {});
    this.#faults = createFaults(options.onError);
    this.#invocations = createInvocations((error, uri) => this.#faults.report(error, uri, 'a procedure failed'));
  }

  /** What WELCOME said in the present session; undefined while there is none. */
  get session(): SessionFacts | undefined {
    return this.#session?.facts;
  }

  /**
   * Opens a session. Rejects with a LinkError when it cannot connect, with the WampError by which the router refused, or with
   * a ConfigError for an invalid URL.
   */
  async open(): Promise<void> {
    const { auth = [{ method: 'anonymous' }], authid, realm, onOpen } = this.#options;
    const wire = await openWire(this.#options);
    const attempt = await createAttempt(auth, { authid, channelId: wire.channelId }).catch((error: unknown) => {
      wire.close();
      throw error;
    });
    const session = new ClientSession(wire, {
      event: (message) => this.#onEvent(session, message),
      invocation: (message) => this.#invoked(session, message),
      interrupt: ({ request }) => this.#invocations.interrupt(request),
      revoked: (message) => this.#revoked(message),
      ended: (uri, description) => this.#ended(session, uri, description),
    });
    await session.open(realm, attempt, `Postmaster-client/${version}`);
    if (this.#isClosed) return session.close(closeTimeout);
    this.#session = session;
    this.#backoff.reset();
    await this.#restore(session);
    this.#faults.guard(() => onOpen?.(session.facts), 'onOpen', 'a callback failed');
  }

  /**
   * Publishes an event. With `acknowledge: true` it resolves to the id of the publication, and rejects with the WampError by
   * which the router refused. Otherwise it resolves to undefined as soon as the event is sent. The publisher receives its own
   * event only with `exclude_me: false`. Rejects with a WampError when there is no session, and with a ConfigError for octets
   * that are no payload.
   */
  async publish(
    topic: string,
    args: GivenArgs = [],
    kwargs?: GivenKwargs,
    options: PublishOptions = {},
  ): Promise<Id | undefined> {
    const session = this.#open();
    const payload = payloadFrom(args, kwargs, session.payloadParts);
    const message = { type: 'PUBLISH', options: { ...options }, topic, payload } as const;
    if (!options.acknowledge) {
      session.publish(message);
      return undefined;
    }
    const answer = await session.request(message);
    return answer.type === 'PUBLISHED' ? answer.publication : undefined;
  }

  /**
   * Subscribes `handler` to a topic, or to a pattern of topics if `match` says so (default: exact). With `get_retained: true`
   * the router sends the retained event as well, and with `payload: 'octets'` payloads are not decoded. Resolves when the router
   * has confirmed. Rejects with a WampError when the router refuses, or when there is no session, and with a ConfigError for an
   * unknown form. What the handler throws is passed to `onError`.
   */
  async subscribe<Form extends PayloadForm = 'values'>(
    topic: string,
    handle: (event: ReceivedEvent<Form>) => void,
    { payload: form, ...options }: ClientSubscribeOptions<Form> = {},
  ): Promise<ClientSubscription> {
    wantsOctets(form);
    const handler = handle as Subscribed['handler'];
    const subscribed: Subscribed = { topic, options, handler, form, id: 0 };
    await this.#subscribe(this.#open(), subscribed);
    return {
      topic,
      unsubscribe: async () => {
        if (!this.#subscriptions.delete(subscribed)) return;
        const isShared = [...this.#subscriptions].some(({ id }) => id === subscribed.id);
        if (!isShared) await this.#session?.request({ type: 'UNSUBSCRIBE', subscription: subscribed.id });
      },
    };
  }

  /**
   * Calls a procedure. Resolves to its result. Rejects with the WampError that answers the call, with one when there is no
   * session, and with the reason of `signal` if that has aborted before. With `payload: 'octets'` results are not decoded. Rejects
   * with a ConfigError for octets that are no payload, and for an unknown form.
   */
  async call<Form extends PayloadForm = 'values'>(
    procedure: string,
    args: GivenArgs = [],
    kwargs?: GivenKwargs,
    options: ClientCallOptions<Form> = {},
  ): Promise<Payload<Form>> {
    const { signal, cancelMode, onProgress: handler } = options;
    signal?.throwIfAborted();
    const session = this.#open();
    const read = inForm(options.payload, session.payloadParts);
    const onProgress =
      handler && ((part: Message<'RESULT'>) => this.#guard(() => handler(read(part.payload)), procedure));
    let cancel = (): void => {};
    const onSent = (request: number): void => {
      const mode = cancelMode === undefined ? {} : { mode: cancelMode };
      cancel = () => session.send({ type: 'CANCEL', request, options: mode });
      signal?.addEventListener('abort', cancel, { once: true });
    };
    const payload = payloadFrom(args, kwargs, session.payloadParts);
    const message = { type: 'CALL', options: callOptions(options), procedure, payload } as const;
    try {
      const answer = await session.request(message, { onProgress, onSent });
      return read(answer.type === 'RESULT' ? answer.payload : emptyPayload);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Registers a procedure; with `payload: 'octets'` arguments are not decoded. Resolves when the router has confirmed. Rejects with a
   * WampError when it refuses, or without a session, and with a ConfigError for an unknown form.
   */
  async register<Form extends PayloadForm = 'values'>(
    procedure: string,
    handler: InvocationHandler<Form>,
    { payload: form, ...options }: RegisterOptions & { readonly payload?: Form } = {},
  ): Promise<ClientRegistration> {
    wantsOctets(form);
    const registered: Registered = { procedure, options, handler: handler as InvocationHandler, form, id: 0 };
    await this.#register(this.#open(), registered);
    return {
      procedure,
      unregister: async () => {
        if (!this.#registrations.delete(registered)) return;
        await this.#session?.request({ type: 'UNREGISTER', registration: registered.id });
      },
    };
  }

  /** Sends GOODBYE, closes the connection, and does not connect again. Resolves when the router has answered, or after 3 s. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#session?.close(closeTimeout);
  }

  #open(): ClientSession {
    if (this.#session) return this.#session;
    const description = this.#isClosed ? 'the client is closed' : 'the connection is lost; it is being opened again';
    throw new WampError(reasons.networkFailure, { description });
  }

  async #subscribe(session: ClientSession, subscribed: Subscribed): Promise<void> {
    const { topic, options } = subscribed;
    const onAnswer = (message: Answer): void => {
      if (message.type !== 'SUBSCRIBED') return;
      subscribed.id = message.subscription;
      this.#subscriptions.add(subscribed);
    };
    await session.request({ type: 'SUBSCRIBE', options, topic }, { onAnswer });
  }

  async #register(session: ClientSession, registered: Registered): Promise<void> {
    const { procedure, options } = registered;
    const onAnswer = (message: Answer): void => {
      if (message.type !== 'REGISTERED') return;
      registered.id = message.registration;
      this.#registrations.add(registered);
    };
    await session.request({ type: 'REGISTER', options, procedure }, { onAnswer });
  }

  async #restore(session: ClientSession): Promise<void> {
    const fail = (uri: string) => (error: unknown) =>
      this.#faults.report(error, uri, 'a subscription or registration could not be restored');
    await Promise.all([
      ...[...this.#subscriptions].map((one) => this.#subscribe(session, one).catch(fail(one.topic))),
      ...[...this.#registrations].map((one) => this.#register(session, one).catch(fail(one.procedure))),
    ]);
  }

  #onEvent({ payloadParts }: ClientSession, { subscription, publication, details, payload }: Message<'EVENT'>): void {
    for (const { id, topic, handler, form } of this.#subscriptions) {
      if (id !== subscription) continue;
      const uri = typeof details.topic === 'string' ? details.topic : topic;
      // The type of the handler says in which form it gets the payload; here it is of one.
      const read = inForm(form as 'values', payloadParts);
      this.#guard(() => handler({ topic: uri, publication, details, ...read(payload) }), uri);
    }
  }

  #guard(handle: () => unknown, uri: string): void {
    this.#faults.guard(handle, uri, 'a handler failed');
  }

  #invoked(session: ClientSession, message: Message<'INVOCATION'>): void {
    const registered = [...this.#registrations].find(({ id }) => id === message.registration);
    this.#invocations.start(message, registered, session);
  }

  #revoked({ type, details }: Message<'UNSUBSCRIBED' | 'UNREGISTERED'>): void {
    const all: Set<{ readonly id: Id }> = type === 'UNSUBSCRIBED' ? this.#subscriptions : this.#registrations;
    const id = type === 'UNSUBSCRIBED' ? details?.subscription : details?.registration;
    for (const one of all) if (one.id === id) all.delete(one);
  }

  #ended(session: ClientSession, uri: string, description: string): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#invocations.clear();
    const willReconnect = !this.#isClosed && this.#options.reconnect !== false && !isFinal(uri);
    this.#notifyEnd({ reason: uri, description, willReconnect });
    if (willReconnect) this.#reconnectLater();
  }

  #notifyEnd(facts: EndFacts): void {
    this.#faults.guard(() => this.#options.onEnd?.(facts), 'onEnd', 'a callback failed');
  }

  #reconnectLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.open().catch((error: unknown) => {
        const isOver = error instanceof ConfigError || (error instanceof WampError && isFinal(error.uri));
        if (!isOver) return this.#reconnectLater();
        const { message } = error;
        const reason = error instanceof WampError ? error.uri : reasons.networkFailure;
        this.#notifyEnd({ reason, description: message, willReconnect: false });
      });
    }, this.#backoff.next());
  }
}
