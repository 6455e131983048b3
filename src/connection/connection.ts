/**
 * One connection: a run of the connection machine between a link and a realm's session.
 *
 * Messages that the chart would merely route go straight to the session; all others are events of the run. What must live
 * here: the effects of the chart. What must not: bytes of a protocol (its dialect), rules (the realm).
 */

import type { ConnectionEvent, ConnectionState } from '../../machines/connection-event.ts';
import type { Admission } from '../chart/admission.ts';
import type { ChartObserver, ChartState } from '../chart/run.ts';
import type { RunningChart } from '../chart/running-chart.ts';
import type { Realm } from '../realm/realm.ts';
import { weightOf } from '../session/held.ts';
import type { PeerInfo, SessionIdentity, SessionPeer } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import type { Handshake, Link } from '../transport/link.ts';
import type { PeerMessage, SessionReply, SessionRequest } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';
import type { ConnectionEffects } from './chart.ts';
import { admissionOf } from './chart.ts';
import { logEnding, logStep, logViolation } from './connection-log.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { ConnectionView, printable } from './connection-view.ts';
import type { Closing, Dialect, Grant, Identity } from './dialect.ts';
import type { EventFrames } from './encode-once.ts';
import type { IntakeOwner } from './intake.ts';
import { Intake } from './intake.ts';
import type { OutboxOwner } from './outbox.ts';
import { Outbox } from './outbox.ts';
import { giveUpOn } from './undeliverable.ts';

/** What a connection needs from the router around it; the same for all of one protocol. */
export interface ConnectionOptions extends ConnectionSettings {
  readonly createDialect: (connection: Connection, link: Link, handshake: Handshake) => Dialect;
  /** Called once per connection, in WAMP v1 only: the peer has sent its first valid message. */
  readonly onSpoken: (connection: Connection) => void;
  /** Called when the link is gone. */
  readonly onClosed: (connection: Connection) => void;
}

const normalClosing: Closing = { code: 1000, reason: '' };

/** A connection, from the open link to the closed one. */
export class Connection implements PeerInfo, SessionPeer, IntakeOwner, OutboxOwner, ConnectionEffects, ChartObserver {
  // The fields that every event needs come first: with many subscribers a delivery costs what it fetches from memory.
  #isOver = false;
  readonly #writeEvent: EventFrames;
  readonly #maxFrame: number;
  readonly #outbox: Outbox;
  readonly id: number;
  readonly protocol: string;
  readonly remoteAddress: string | undefined;
  readonly headers: Handshake['headers'];
  droppedEvents = 0;
  readonly #link: Link;
  /** Receives what arrives on the link. */
  readonly intake: Intake;
  readonly #options: ConnectionOptions;
  readonly dialect: Dialect;
  readonly #chart: RunningChart<ConnectionEvent>;
  #state: ConnectionState = 'welcome';
  #admission: Admission = admissionOf('welcome');
  /** The present session, or the last one: a link may carry several sessions, one after the other. */
  #session: Session | undefined;
  #realm: Realm | undefined;
  #identity: Identity | undefined;
  #view: ConnectionView | undefined;
  /** Whether the application has been told that the session began, and not yet that it ended. */
  #isAnnounced = false;
  #closing: Closing = normalClosing;
  /** Whether no further session may begin on this connection. */
  #isDraining = false;
  /** Whether the connection is to be closed as soon as it is idle. */
  #isLeaving = false;
  #isLinkGone = false;
  /** Octets of the message that the chart is handling, or handled last. */
  #arrived = 0;

  /** `id` is unique in this process. */
  constructor(id: number, link: Link, handshake: Handshake, options: ConnectionOptions) {
    const { outbox, turns, deadlines, clock } = options;
    this.id = id;
    this.protocol = handshake.protocol;
    this.remoteAddress = handshake.remoteAddress;
    this.headers = handshake.headers;
    this.#link = link;
    this.intake = new Intake(this, link, turns);
    this.#options = options;
    this.#maxFrame = link.maxFrame ?? Number.POSITIVE_INFINITY;
    this.#outbox = new Outbox(link, outbox, this);
    this.dialect = options.createDialect(this, link, handshake);
    const { family, openProcedures, writeEvent } = this.dialect;
    this.#writeEvent = writeEvent;
    this.#chart = options.runChart({ family, deadlines, openProcedures, owner: this }, clock, this);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether the connection has ended: what its peer still sends is ignored. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get authid(): string | null {
    return this.#session?.authid ?? null;
  }

  get authrole(): string | null {
    return this.#session?.authrole ?? null;
  }

  get permissions(): unknown {
    return this.#identity?.permissionsInput;
  }

  /** For an inspector of the chart. */
  toJSON(): object {
    return printable(this);
  }

  get maxMessage(): number {
    return this.#maxFrame;
  }

  /** Counts `value`, of the message at hand, as held by the session until it ends; false when the limit is reached. */
  keeps(value: unknown): boolean {
    return this.#session?.held.keep(weightOf(value, this.#arrived)) !== false;
  }

  /** Octets that wait to be written to the peer. */
  get pendingBytes(): number {
    return this.#outbox.pending;
  }

  /** Its session, for the dialect. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Opens a session in `realm`. Called by the dialect, which knows when, and the peer's features. */
  openSession(realm: Realm, identity: SessionIdentity): void {
    this.#realm = realm;
    this.#identity = undefined;
    this.#session = realm.open(this, identity);
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

  onViolation(message: string): void {
    this.violate(message);
  }

  onKill(reason: string, message: string | undefined): void {
    if (!this.#isOver) this.#chart.send({ type: 'router.killed', reason, message });
  }

  /** Starts the chart, and sends what the router sends first. */
  start(): void {
    this.#chart.start();
    this.#log('connected');
    this.dialect.open();
  }

  /** Handles one message from the link. An exception in here ends this connection and no other. */
  received(data: Uint8Array, isBinary: boolean): void {
    if (this.#isOver) return;
    try {
      const message = this.dialect.read(data, isBinary);
      if (message) this.admit(message, data.length);
    } catch (error) {
      this.#options.report.error('internal_error', { err: error, connection: this.id }, 'a message broke the router');
      this.fail(reasons.internalError);
    }
  }

  /** Does what the chart says about a message of `octets` octets. */
  admit(message: PeerMessage, octets: number): void {
    if (this.#admission[message.type] === 'route') {
      this.#session?.handle(message as SessionRequest, octets);
    } else {
      this.#arrived = octets;
      this.#chart.send({ type: `wamp.${message.type}`, message });
    }
  }

  /** The peer has sent its first valid message. For WAMP v1, which needs no HELLO. */
  spoke(): void {
    this.#link.liftHelloLimit?.();
    this.#options.onSpoken(this);
  }

  /** Whether a frame is not larger than the peer accepts. */
  takes(frame: Uint8Array): boolean {
    return frame.length <= this.#maxFrame;
  }

  /** Writes a frame of a reply. It must not be larger than the peer accepts. */
  send(frame: Uint8Array): void {
    this.#outbox.reply(frame);
  }

  /** Ends the connection because of its peer or its link. */
  fail(reason: string): void {
    if (!this.#isOver) this.#chart.send({ type: 'link.failed', reason });
  }

  /** Ends the connection because the peer broke the protocol; `message` tells it how. */
  violate(message: string): void {
    logViolation(this.#options.report, this, message);
    this.dialect.explain(message);
    this.fail(reasons.protocolViolation);
  }

  /** Ends the connection because the router wants it to end. */
  close(reason: string): void {
    if (!this.#isOver) this.#chart.send({ type: 'router.leaving', reason });
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
    if (this.#session?.isIdle !== false) this.close(reasons.systemShutdown);
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

  drained(): void {
    this.#outbox.drained();
  }

  flush(): void {
    this.#outbox.flush();
  }

  finish(): void {
    this.#outbox.finish();
  }

  dropped(events: number): void {
    for (let count = 0; count < events; count += 1) this.#goWithout('event_dropped');
  }

  #goWithout(counter: 'event_dropped' | 'encode_failed'): void {
    this.droppedEvents += 1;
    this.#options.report.count(counter);
  }

  overflowed(): void {
    this.fail(reasons.outboxOverflow);
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
    if (!this.#isOver) this.#chart.send({ type: 'link.closed' });
    this.#log('disconnected');
    this.#options.onClosed(this);
  }

  #log(step: string): void {
    logStep(this.#options.report, this, this.#closing.reason, step);
  }

  entered({ key, outer }: ChartState): void {
    this.#state = outer as ConnectionState;
    this.#admission = admissionOf(key);
    if (this.#isDraining) this.drain();
  }

  // An effect of the chart threw: its run is over, so the connection must end without it.
  broke(error: unknown): void {
    this.#options.report.error('internal_error', { err: error, connection: this.id }, 'a connection broke');
    this.#state = 'closed';
    try {
      this.#closing = this.dialect.abort(reasons.internalError);
      this.closeLink();
    } catch {
      // If the link cannot even be closed, it is cut.
      this.#isOver = true;
      this.#leave({ discard: true });
      this.#link.terminate();
    }
  }

  deliver(reply: SessionReply): void {
    if (this.#isOver) return;
    if (reply.type === 'EVENT') {
      const frame = this.#writeEvent(reply);
      if (!frame) this.#goWithout('encode_failed');
      else if (frame.length <= this.#maxFrame) this.#outbox.event(frame);
      else this.#goWithout('event_dropped');
      return;
    }
    try {
      const frame = this.dialect.write(reply);
      if (!frame) return;
      if (frame.length <= this.#maxFrame && !this.#outbox.isTooLarge(frame)) this.#outbox.reply(frame);
      else this.#undeliverable(reply, reasons.payloadSizeExceeded, 'the message is larger than its receiver takes');
    } catch (error) {
      const facts = { err: error, connection: this.id, message: reply.type };
      this.#options.report.error('encode_failed', facts, 'a message cannot be sent to its peer');
      this.#undeliverable(reply, reasons.invalidArgument, `the payload cannot be sent as ${this.protocol}`);
    }
  }

  #undeliverable(reply: SessionReply, error: string, description: string): void {
    const substitute = this.#session && giveUpOn(reply, this.#session.calls, error, description);
    if (substitute) this.deliver(substitute);
  }

  routeMessage(message: PeerMessage): void {
    this.#session?.handle(message as SessionRequest, this.#arrived);
  }

  reportViolation(message: PeerMessage): void {
    this.dialect.violate(message, this.#state);
  }

  establish(grant: Grant): void {
    this.#link.liftHelloLimit?.();
    const { authKey, authExtra, permissionsInput } = grant;
    this.#identity = { authKey, authExtra, permissionsInput };
    const { session } = this;
    if (session) this.#realm?.join(session, grant.principal, () => this.dialect.sendWelcome(grant));
    this.#log('authenticated');
    this.#isAnnounced = true;
    this.#options.onAuthenticated(grant);
  }

  leaveRealm(event: ConnectionEvent): void {
    const isOrderly = event.type === 'link.closed' || event.type === 'router.leaving' || event.type === 'wamp.GOODBYE';
    this.#leave({ discard: !isOrderly });
  }

  // Called again when the link is closed, because an effect of the chart may have thrown before the first call.
  #leave(options: { readonly discard: boolean }): void {
    this.#session?.leave(options);
    if (!this.#isAnnounced || !this.#identity) return;
    this.#isAnnounced = false;
    this.#options.onDisconnect(this.#identity);
  }

  abort(reason: string, message: string | undefined): void {
    if (message !== undefined) this.dialect.explain(message);
    this.#closing = this.dialect.abort(reason);
    logEnding(this.#options.report, this, reason, message);
  }

  closeLink(): void {
    this.#isOver = true;
    this.#leave({ discard: true });
    if (this.#isLinkGone) return this.#outbox.close();
    this.#outbox.finish();
    this.#outbox.close();
    this.#link.close(this.#closing.code, this.#closing.reason);
  }
}
