/**
 * `class Postmaster`: what an application uses. What must live here: the public methods. What must not: how the parts are put
 * together (composition.ts), rules of the protocol.
 */

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { ServerState } from '../../machines/server-event.ts';
import { longestTimer } from '../base/clock.ts';
import type { Accepted } from '../connection/acceptor.ts';
import type { Procedure } from '../dealer/procedure.ts';
import type { Fact } from '../inspect/fact.ts';
import type { InterceptorScope } from '../interceptor/scope.ts';
import { everyRealm, installAll, readInterception } from '../interceptor/scope.ts';
import type { Interceptor } from '../interceptor/stage.ts';
import type { PostmasterOptions, Settings } from '../options/router.ts';
import { checkOptions, defaultDrain } from '../options/router.ts';
import type { LocalPeer } from '../realm/local-peer.ts';
import type { Realm } from '../realm/realm.ts';
import type { PeerInfo } from '../session/peer.ts';
import type { Handshake, Link } from '../transport/link.ts';
import type { Listening, ListenOptions } from '../transport/listen.ts';
import type { RawSocketListening, RawSocketListenOptions } from '../transport/rawsocket/listener.ts';
import { ConfigError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import { audienceFault, noPublishOptions } from '../wamp/options.ts';
import type { Payload, PayloadForm } from '../wamp/payload.ts';
import { wantsOctets } from '../wamp/payload-form.ts';
import type { Audience, Publication } from '../wamp/publication.ts';
import type { Parts } from './composition.ts';
import { compose, realmOf } from './composition.ts';
import { openSession } from './local-sessions.ts';
import { registerOwn, unregisterOwn } from './own-procedures.ts';
import type { AuthorizationChoice, FormChoice, PublishEventOptions, RealmChoice, SessionOptions } from './requests.ts';
import type { Stats } from './stats.ts';
import { statsOf } from './stats.ts';

/**
 * A WAMP router to embed.
 *
 * @example
 * const postmaster = new Postmaster({ realms: ['realm1'], getAuthSecret: async (authKey) => secrets.get(authKey) });
 * postmaster.registerUnauthRPC('http://example.com/hello', (call) => `hello ${call.args[0]}`);
 * const { url } = await postmaster.listen({ port: 8080 });
 */
export class Postmaster {
  readonly #settings: Settings;
  readonly #parts: Parts;
  #ending: Promise<void> | undefined;

  /**
   * What every connection does, as plain records: messages, steps of its chart, why it is closed. Nothing of it is made while nobody is
   * subscribed. It has neither payloads nor secrets, and completes when the router has stopped.
   */
  readonly inspect$: Observable<Fact>;

  /** Throws a ConfigError with a line for each invalid option: its path, and what it must be. */
  constructor(options: PostmasterOptions) {
    this.#settings = checkOptions(options);
    this.#parts = compose(this.#settings);
    this.inspect$ = this.#parts.facts$;
  }

  /** The state of the router: `starting`, `listening`, `draining` or `stopped`. */
  get state(): ServerState {
    return this.#parts.lifecycle.state;
  }

  /**
   * Registers a procedure for sessions that have the permission to call it. Throws a WampError for a URI that is empty or
   * reserved (`wamp.error.invalid_uri`) or taken (`wamp.error.procedure_already_exists`), and a ConfigError for a procedure
   * that is no function, for an unknown realm, for an unknown form, and when the router drains or has stopped. With
   * `payload: 'octets'` arguments are not decoded.
   */
  registerRPC<Form extends PayloadForm = 'values'>(
    uri: string,
    procedure: Procedure<Form>,
    options: RealmChoice & FormChoice<Form> = {},
  ): void {
    this.#register(uri, procedure as Procedure, false, options);
  }

  /**
   * Registers a procedure for every session, whatever its permissions, and for WAMP v1 peers that have not authenticated.
   * Throws like `registerRPC`.
   */
  registerUnauthRPC<Form extends PayloadForm = 'values'>(
    uri: string,
    procedure: Procedure<Form>,
    options: RealmChoice & FormChoice<Form> = {},
  ): void {
    this.#register(uri, procedure as Procedure, true, options);
  }

  /**
   * Removes a procedure of `registerRPC`; pending calls are still answered. Returns false when it is not registered. Throws a
   * ConfigError for an unknown realm.
   */
  unregisterRPC(uri: string, options: RealmChoice = {}): boolean {
    return unregisterOwn(this.#realm(options), uri, false);
  }

  /** Removes a procedure of `registerUnauthRPC`; otherwise like `unregisterRPC`. */
  unregisterUnauthRPC(uri: string, options: RealmChoice = {}): boolean {
    return unregisterOwn(this.#realm(options), uri, true);
  }

  /**
   * Publishes in the router's own name: without permission check, veto or publisher exclusion. Interceptors apply. `event` is
   * the only positional argument, null by default. Returns the id of the publication. Throws a WampError for a topic that is
   * empty or reserved (`wamp.error.invalid_uri`) and for an audience that is no list of session ids
   * (`wamp.error.invalid_argument`), and a ConfigError for an unknown realm, for octets that are no payload, and after the router
   * has stopped. While the router drains, sessions still receive the event.
   */
  publishEvent(topic: string, event?: unknown, options: PublishEventOptions = {}): Id {
    // While the router drains, its sessions still receive events.
    if (this.state === 'stopped') this.#checkOpen();
    const { args, kwargs, exclude, eligible } = options;
    const payload = { args: args ?? (kwargs ? [] : [event ?? null]), kwargs };
    const isForAll = exclude === undefined && eligible === undefined;
    const audience = isForAll
      ? noPublishOptions
      : { ...(exclude !== undefined && { exclude }), ...(eligible !== undefined && { eligible }) };
    return this.#realm(options).publish(topic, payload, audience);
  }

  /**
   * Passes publications through an RxJS operator. Without a scope these are all publications of the default realm (see
   * `RealmChoice`). A scope names a topic, a realm, or with `realm: '*'` every realm. Operators run in the order of these calls,
   * as one long-lived stream in each realm. The returned function removes the operator. Throws a ConfigError for an invalid
   * scope or operator, and what the operator throws.
   *
   * @example
   * postmaster.intercept({ topic: 'com.ticker.', match: 'prefix' }, throttleTime(100));
   */
  intercept(interceptor: Interceptor): () => void;
  intercept(scope: InterceptorScope, interceptor: Interceptor): () => void;
  intercept(...given: readonly unknown[]): () => void {
    this.#checkOpen();
    const { v1Realm, limits } = this.#settings;
    const { interceptor, scope, realm = v1Realm } = readInterception(given, limits.maxUriLength);
    const { realms } = this.#parts;
    const chosen = realm === everyRealm ? [...realms.values()] : [realmOf(realms, realm)];
    return installAll(chosen.map((each) => () => each.intercept(interceptor, scope)));
  }

  /**
   * Creates a publication in the router's own name, for an interceptor to emit. `audience` says which sessions may receive it;
   * `{}` means all. Throws a WampError for a topic that is empty or reserved, and a ConfigError for an invalid audience.
   *
   * @example
   * map(({ args }) => postmaster.publication('com.alarm', { args }, { eligible_authrole: ['operator'] }));
   */
  publication(topic: string, payload: Partial<Payload>, audience: Audience, options: RealmChoice = {}): Publication {
    const fault = audienceFault(audience);
    if (fault !== undefined) throw new ConfigError(fault);
    const { args = [], kwargs } = payload;
    return {
      ...this.#realm(options).publication(topic, { args, kwargs }),
      audience,
    };
  }

  /**
   * Observes the publications of a topic as subscribers get them: subscribed while observed, complete when the router has
   * stopped. `match` is `exact` by default. What an observer throws is logged, and it still receives the next event. With
   * `payload: 'octets'` payloads are not decoded. Throws a ConfigError for an unknown realm, for an unknown form, and when the router
   * drains or has stopped.
   */
  topic<Form extends PayloadForm = 'values'>(
    uri: string,
    options: { readonly match?: Match } & RealmChoice & FormChoice<Form> = {},
  ): Observable<Publication<Form>> {
    this.#checkOpen();
    const { match = 'exact', payload } = options;
    return this.#realm(options).observe(uri, match, wantsOctets(payload));
  }

  /**
   * Opens a session in this process, which is treated like that of a peer on the network: `messageToPublish` and interceptors
   * apply to what it publishes. Throws a ConfigError for an unknown realm, and when the router drains or has stopped.
   */
  session(options: SessionOptions = {}): LocalPeer {
    this.#checkOpen();
    return openSession(this.#parts, this.#realm(options), options);
  }

  /**
   * Opens an HTTP server for WebSocket, and for RawSocket on the same port if `rawSocket` is true. Resolves to its URL and
   * port. Rejects with a LinkError that says why it cannot listen, or a ConfigError about path or certificate, or when the
   * router drains or has stopped.
   */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    this.#checkOpen();
    return this.#parts.listeners.listen(options);
  }

  /** Opens a server for RawSocket: a port, plain or TLS, or the path of a Unix socket. Rejects as `listen` does. */
  async listenRawSocket(options: RawSocketListenOptions): Promise<Pick<RawSocketListening, 'url' | 'port'>> {
    this.#checkOpen();
    return this.#parts.listeners.listenRawSocket(options);
  }

  /**
   * Handles the upgrades of `path` (default: `/ws`), and of no other path, on a server of the application. The returned
   * function ends that, and so does the end of the router, which leaves the server open. Throws a ConfigError for a path that
   * no request can have, or that has a WebSocket already, and when the router drains or has stopped.
   */
  attach(server: Server, options: { readonly path?: string } = {}): () => void {
    this.#checkOpen();
    return this.#parts.listeners.attach(server, options.path);
  }

  /**
   * Handles one upgrade request, whatever its path: for applications that route upgrades themselves. The arguments are those
   * of the event `upgrade` of `node:http`. A request that is refused is answered with an HTTP status: 503 when the router
   * drains or has stopped.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#parts.lifecycle.listening();
    this.#parts.upgradeHandler.handleUpgrade(request, socket, head);
  }

  /**
   * Accepts a link of any other kind. This is how a transport outside this package attaches: it passes what arrives to the
   * listener that is returned, and calls `start` once that is attached. Throws a ConfigError when the router drains or has stopped.
   */
  connect(link: Link, handshake: Handshake): Accepted {
    this.#checkOpen();
    return this.#parts.acceptor.connect(link, handshake);
  }

  /** Every open connection, as a frozen object whose properties show the present state. */
  *connections(): IterableIterator<PeerInfo> {
    for (const connection of this.#parts.acceptor.connections.values())
      if (connection.state !== 'closed') yield connection.info;
  }

  /**
   * Forgets what the authorizer of a realm has decided, so that the next request of a session is decided anew. Call it when
   * the rights of a peer have changed. Existing subscriptions and registrations stay. If they have a pattern, each topic or
   * procedure under it is decided anew. Throws a ConfigError for an unknown realm.
   */
  forgetAuthorizations({ session, ...choice }: AuthorizationChoice = {}): void {
    this.#realm(choice).forgetAuthorizations(session);
  }

  /** Counts of what the router holds right now, and of what has happened since it was created. */
  stats(): Stats {
    return statsOf(this.#parts);
  }

  /**
   * Ends the router. For `drain` ms (default: 5,000) calls may finish. In this time no connection and no new call is
   * accepted; idle sessions are ended one by one in the first half, the others after their last call. Then pending calls are
   * answered with `wamp.error.canceled` and all sessions are made to leave. A connection that is not closed within
   * `closeTimeout` is cut. Resolves when everything is gone; at once when there is no connection. A second call returns the
   * same promise. Rejects with a ConfigError for a drain that is no whole number of ms, or more than a timer can count.
   */
  async close(options: { readonly drain?: number } = {}): Promise<void> {
    const { drain = defaultDrain } = options;
    if (!Number.isInteger(drain) || drain < 0 || drain > longestTimer) {
      throw new ConfigError(`drain must be a whole number from 0 to ${longestTimer}, not ${drain}`);
    }
    this.#ending ??= this.#end(drain);
    return this.#ending;
  }

  async #end(drain: number): Promise<void> {
    const { lifecycle, listeners, realms, feed, upgradeHandler, rawSocketServer } = this.#parts;
    await lifecycle.close(drain);
    await listeners.close();
    for (const realm of realms.values()) realm.close();
    feed.close();
    upgradeHandler.close();
    rawSocketServer.close();
  }

  #realm({ realm = this.#settings.v1Realm }: RealmChoice): Realm {
    return realmOf(this.#parts.realms, realm);
  }

  #register(uri: string, procedure: Procedure, isOpen: boolean, options: RealmChoice & FormChoice<PayloadForm>): void {
    this.#checkOpen();
    registerOwn(this.#realm(options), uri, procedure, { isOpen, wantsOctets: wantsOctets(options.payload) });
  }

  // Nothing new begins once the router ends.
  #checkOpen(): void {
    const { state } = this;
    if (state === 'draining' || state === 'stopped') throw new ConfigError(`the router is ${state}`);
  }
}
