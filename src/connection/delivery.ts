/**
 * What the router sends to one peer: replies and events become frames of its protocol, and go to the outbox. What cannot be
 * sent, because the peer does not take as much or its serializer cannot encode it, is replaced or left out here.
 */

import { causeOf } from '../codec/write-payload.ts';
import type { PeerInfo, SessionPeer } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import type { Link } from '../transport/link.ts';
import type { SessionReply } from '../wamp/message.ts';
import { reasons } from '../wamp/reasons.ts';
import { tellSent } from './connection-facts.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import type { Dialect } from './dialect.ts';
import type { EventFrames } from './encode-once.ts';
import type { OutboxOwner } from './outbox.ts';
import { Outbox } from './outbox.ts';
import { giveUpOn } from './undeliverable.ts';

/** The largest frame, in octets, for a link that names none. Infinity would take an object for each connection. */
const unlimited = 2 ** 31 - 1;

/** The connection that sends. */
export interface DeliveryOwner extends Pick<PeerInfo, 'id' | 'protocol'> {
  readonly dialect: Dialect;
  readonly info: PeerInfo;
  /** The innermost state of its chart. */
  readonly place: string;
  /** Its present session, or the last one. */
  readonly session: Session | undefined;
  /** Ends the connection. */
  fail(reason: string): void;
}

type DeliverySettings = Pick<ConnectionSettings, 'outbox' | 'report' | 'feed' | 'clock'>;

/** The sending side of one connection, which is all that a realm knows of the peer. */
export class Delivery implements SessionPeer, OutboxOwner {
  // The fields that every event needs come first: with many subscribers a delivery costs what it fetches from memory.
  #isStopped = false;
  readonly outbox: Outbox;
  readonly #writeEvent: EventFrames;
  readonly #maxFrame: number;
  readonly #owner: DeliveryOwner;
  readonly #settings: DeliverySettings;
  /** How many events the peer has missed. */
  droppedEvents = 0;

  constructor(owner: DeliveryOwner, link: Link, settings: DeliverySettings) {
    this.outbox = new Outbox(link, settings.outbox, this);
    this.#writeEvent = owner.dialect.writeEvent;
    this.#maxFrame = link.maxFrame ?? unlimited;
    this.#owner = owner;
    this.#settings = settings;
  }

  get info(): PeerInfo {
    return this.#owner.info;
  }

  get maxMessage(): number {
    return this.#maxFrame;
  }

  /** Whether a frame is not larger than the peer accepts. */
  takes(frame: Uint8Array): boolean {
    return frame.length <= this.#maxFrame;
  }

  /** Writes a frame of a reply. It must not be larger than the peer accepts. */
  send(frame: Uint8Array): void {
    this.outbox.reply(frame);
  }

  deliver(reply: SessionReply): void {
    if (this.#isStopped) return;
    if (reply.type === 'EVENT') {
      const frame = this.#writeEvent(reply);
      if (!frame) this.#goWithout('encode_failed');
      else if (frame.length <= this.#maxFrame) {
        if (this.#settings.feed.isOn) tellSent(this.#settings, this.#owner, reply, frame.length);
        this.outbox.event(frame);
      } else this.#goWithout('event_dropped');
      return;
    }
    try {
      const frame = this.#owner.dialect.write(reply);
      if (!frame) return;
      if (this.takes(frame) && !this.outbox.isTooLarge(frame)) {
        if (this.#settings.feed.isOn) tellSent(this.#settings, this.#owner, reply, frame.length);
        this.outbox.reply(frame);
      } else this.#giveUpOn(reply, reasons.payloadSizeExceeded, 'the message is larger than the receiver accepts');
    } catch (error) {
      const { id, protocol } = this.#owner;
      const cause = causeOf(error);
      const facts = { ...cause, connection: id, message: reply.type };
      this.#settings.report.warn('encode_failed', facts, 'a message cannot be sent to its peer');
      this.#giveUpOn(reply, reasons.invalidArgument, cause.reason ?? `the payload cannot be sent as ${protocol}`);
    }
  }

  /** Delivers nothing any more. What waits in the outbox is still written. */
  stop(): void {
    this.#isStopped = true;
  }

  dropped(events: number): void {
    for (let count = 0; count < events; count += 1) this.#goWithout('event_dropped');
  }

  overflowed(): void {
    this.#owner.fail(reasons.outboxOverflow);
  }

  #giveUpOn(reply: SessionReply, error: string, description: string): void {
    const { session } = this.#owner;
    const substitute = session && giveUpOn(reply, session.calls, error, description);
    if (substitute) this.deliver(substitute);
  }

  #goWithout(counter: 'event_dropped' | 'encode_failed'): void {
    this.droppedEvents += 1;
    this.#settings.report.count(counter);
  }
}
