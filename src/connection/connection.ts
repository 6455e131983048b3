/**
 * One connection: a run of the connection machine between a link and a realm's session.
 *
 * Messages that the chart would merely route go straight to the session; all others are events of the run. What must live
 * here: what starts and ends a connection, and the effects of its chart. What must not: the order of what arrives (intake.ts),
 * what is sent (delivery.ts), bytes of a protocol (its dialect), rules (the realm).
 */

import type { ConnectionEvent, ConnectionState } from '../../machines/connection-event.ts';
import type { Admission } from '../chart/admission.ts';
import type { ChartEvent } from '../chart/compile.ts';
import type { ChartObserver, ChartState } from '../chart/run.ts';
import type { RunningChart } from '../chart/running-chart.ts';
import type { Realm } from '../realm/realm.ts';
import { weightOf } from '../session/held.ts';
import type { PeerInfo, SessionIdentity, SessionOwner } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import type { Handshake, Link } from '../transport/link.ts';
import type { PeerMessage, SessionRequest } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';
import type { ConnectionEffects } from './chart.ts';
import { admissionOf } from './chart.ts';
import { tellArrival, tellStep } from './connection-facts.ts';
import { logEnding, logStep, logViolation } from './connection-log.ts';
import { ConnectionSession } from './connection-session.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { ConnectionView, printable } from './connection-view.ts';
import type { DeliveryOwner } from './delivery.ts';
import { Delivery } from './delivery.ts';
import type { Closing, Dialect, Grant } from './dialect.ts';
import { normalClosing } from './dialect.ts';
import type { IntakeOwner } from './intake.ts';
import { Intake } from './intake.ts';

/** What a connection needs from the router around it; the same for all of one protocol. */
export interface ConnectionOptions extends ConnectionSettings {
  readonly createDialect: (connection: Connection, link: Link, handshake: Handshake) => Dialect;
  /** Called once per connection, in WAMP v1 only: the peer has sent its first valid message. */
  readonly onFirstMessage: (connection: Connection) => void;
  /** Called when the link is gone. */
  readonly onClosed: (connection: Connection) => void;
}

/** A connection, from the open link to the closed one. */
export class Connection implements SessionOwner, IntakeOwner, DeliveryOwner, ConnectionEffects, ChartObserver {
  readonly id: number;
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly headers: Handshake['headers'];
  readonly #link: Link;
  /** Receives what arrives on the link. */
  readonly intake: Intake;
  readonly dialect: Dialect;
  /** Sends to the peer. */
  readonly delivery: Delivery;
  readonly #options: ConnectionOptions;
  readonly #chart: RunningChart<ConnectionEvent>;
  #state: ConnectionState = 'welcome';
  /** The innermost state of the chart. Empty before the start. */
  place = '';
  #admission: Admission = admissionOf('welcome');
  #current: ConnectionSession | undefined;
  #view: ConnectionView | undefined;
  #closing: Closing = normalClosing;
  /** Whether the chart has closed the link, or given up. */
  #isOver = false;
  /** Whether no further session may begin on this connection. */
  #isDraining = false;
  /** Whether the connection is to be closed as soon as it is idle. */
  #isLeaving = false;
  #isLinkGone = false;
  /** Octets of the message that the chart is handling, or handled last. */
  #arrived = 0;

  /** `id` is unique in this process. */
  constructor(id: number, link: Link, handshake: Handshake, options: ConnectionOptions) {
    this.id = id;
    this.protocol = handshake.protocol;
    this.remoteAddress = handshake.remoteAddress;
    this.headers = handshake.headers;
    this.#link = link;
    this.intake = new Intake(this, link, options.turns);
    this.dialect = options.createDialect(this, link, handshake);
    this.delivery = new Delivery(this, link, options);
    this.#options = options;
    const { family, openProcedures } = this.dialect;
    const context = { family, deadlines: options.deadlines, openProcedures, owner: this };
    this.#chart = options.runChart(context, options.clock, this);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether the connection has ended: what its peer still sends is ignored. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Permissions of the session as the application returned them. */
  get permissions(): unknown {
    return this.#current?.permissionsInput;
  }

  /** For an inspector of the chart. */
  toJSON(): object {
    return printable(this.info);
  }

  /** Counts `value`, of the message at hand, as held by the session until it ends; false when the limit is reached. */
  keeps(value: unknown): boolean {
    return this.session?.held.keep(weightOf(value, this.#arrived)) !== false;
  }

  /** The present session, or the last one: a link may carry several, one after the other. */
  get session(): Session | undefined {
    return this.#current?.session;
  }

  /** Opens a session in `realm`. Called by the dialect, which knows when, and the peer's features. */
  openSession(realm: Realm, identity: SessionIdentity): void {
    this.#current = new ConnectionSession(realm.open(this.delivery, this, identity), realm);
  }

  /** What the embedding program may see of the connection, created on first use. */
  get info(): PeerInfo {
    this.#view ??= new ConnectionView(this);
    return this.#view;
  }

  onBacklog(full: boolean): void {
    this.intake.hold(full);
  }

  onIdle(): void {
    if (this.#isLeaving) this.close(reasons.systemShutdown);
  }

  onKill(reason: string, message: string | undefined): void {
    this.#dispatch({ type: 'router.killed', reason, message });
  }

  /** Starts the chart, and sends what the router sends first. */
  start(): void {
    this.#chart.start();
    logStep(this.#options.report, this, 'connected');
    this.dialect.open();
  }

  /** Handles one message from the link. An exception in here ends this connection and no other. */
  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#isOver) return;
    try {
      const message = this.dialect.read(data, isBinary);
      if (message) this.admit(message, data.length);
    } catch (error) {
      this.#options.report.error('internal_error', { err: error, connection: this.id }, 'handling a message failed');
      this.fail(reasons.internalError);
    }
  }

  /** Does what the chart says about a message of `octets` octets. */
  admit(message: PeerMessage, octets: number): void {
    if (this.#admission[message.type] === 'route') {
      if (this.#options.feed.isOn) tellArrival(this.#options, this, message, octets);
      this.session?.handle(message as SessionRequest, octets);
    } else {
      this.#arrived = octets;
      this.#chart.send({ type: `wamp.${message.type}`, message });
    }
  }

  /** The peer has sent its first valid message. For WAMP v1, which needs no HELLO. */
  onFirstMessage(): void {
    this.#link.liftHelloLimit?.();
    this.#options.onFirstMessage(this);
  }

  /** Ends the connection because of its peer or its link. */
  fail(reason: string): void {
    this.#dispatch({ type: 'link.failed', reason });
  }

  /** Ends the connection because the peer broke the protocol; `message` tells it how. */
  violate(message: string): void {
    logViolation(this.#options.report, this, message);
    this.dialect.explain(message);
    this.fail(reasons.protocolViolation);
  }

  /** Ends the connection because the router wants it to end. */
  close(reason: string): void {
    this.#dispatch({ type: 'router.leaving', reason });
  }

  /** Lets no further session begin, and closes a connection without one. A v1 connection always has one. */
  drain(): void {
    this.#isDraining = true;
    const isBetweenSessions = this.#state !== 'authenticated' && this.#state !== 'closing';
    if (this.dialect.family === 'v2' && isBetweenSessions) this.close(reasons.systemShutdown);
  }

  /** Closes as soon as no call is pending that the peer has made or is to answer. */
  leaveWhenIdle(): void {
    this.#isLeaving = true;
    if (this.session?.isIdle !== false) this.close(reasons.systemShutdown);
  }

  /** Closes a silent peer whose place is needed at once. It does not wait for the peer to close its side. */
  makeRoom(): void {
    this.fail(reasons.silent);
    this.#link.terminate();
  }

  /** Ends the connection and cuts the link. */
  terminate(): void {
    this.close(reasons.systemShutdown);
    this.#link.terminate();
  }

  unreadable(reason: string): void {
    if (this.#isOver) return;
    this.#options.report.count('bad_message');
    this.violate(reason);
  }

  unresponsive(): void {
    this.fail(reasons.pingTimeout);
  }

  closed(): void {
    if (this.#isLinkGone) return;
    this.#isLinkGone = true;
    this.#dispatch({ type: 'link.closed' });
    logStep(this.#options.report, this, 'disconnected', this.#closing.reason);
    this.#options.onClosed(this);
  }

  #dispatch(event: ConnectionEvent): void {
    if (!this.#isOver) this.#chart.send(event);
  }

  entered({ key, outer }: ChartState, event: ChartEvent): void {
    const from = this.place;
    this.place = key;
    this.#state = outer as ConnectionState;
    this.#admission = admissionOf(key);
    if (this.#options.feed.isOn) tellStep(this.#options, this, event, from, this.#arrived, this.#closing.reason);
    if (this.#isDraining) this.drain();
  }

  // An effect of the chart threw: its run is over, so the connection must end without it.
  broke(error: unknown): void {
    this.#options.report.error('internal_error', { err: error, connection: this.id }, 'handling a connection failed');
    this.#state = 'closed';
    try {
      this.#closing = this.dialect.abort(reasons.internalError);
      this.closeLink();
    } catch {
      // If the link cannot even be closed, it is cut.
      this.#end();
      this.#link.terminate();
    }
  }

  routeMessage(message: PeerMessage): void {
    this.session?.handle(message as SessionRequest, this.#arrived);
  }

  establish(grant: Grant): void {
    this.#link.liftHelloLimit?.();
    this.#current?.join(grant, () => this.dialect.sendWelcome(grant));
    logStep(this.#options.report, this, 'authenticated');
    this.#options.onAuthenticated(grant);
  }

  // Called again when the link is closed, because an effect of the chart may have thrown before the first call.
  leave(options: { readonly discard: boolean }): void {
    if (this.#current?.leave(options)) this.#options.onDisconnect(this.#current);
  }

  #end(): void {
    this.#isOver = true;
    this.delivery.stop();
    this.leave({ discard: true });
  }

  abort(reason: string, message: string | undefined): void {
    if (message !== undefined) this.dialect.explain(message);
    this.#closing = this.dialect.abort(reason);
    logEnding(this.#options.report, this, reason, message);
  }

  closeLink(): void {
    this.#end();
    if (this.#isLinkGone) return this.delivery.outbox.close();
    this.delivery.outbox.finish();
    this.#link.close(this.#closing.code, this.#closing.reason);
  }
}
