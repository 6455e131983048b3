/**
 * What the embedding program sees of a connection: a frozen object whose properties show the present state. Nothing can be
 * done to the connection through it.
 */

import type { PeerInfo } from '../session/peer.ts';
import type { Session } from '../session/session.ts';
import type { Delivery } from './delivery.ts';
import type { Intake } from './intake.ts';

/** What a view shows of its connection. */
interface Viewed extends Pick<PeerInfo, 'id' | 'protocol' | 'state' | 'remoteAddress' | 'headers' | 'permissions'> {
  readonly session: Session | undefined;
  readonly delivery: Delivery;
  readonly intake: Intake;
}

/** What may be printed of a connection: neither its headers nor the state of its dialect. */
export const printable = ({ id, protocol, remoteAddress, state, authid, authrole }: PeerInfo): object => ({
  id,
  protocol,
  remoteAddress,
  state,
  authid,
  authrole,
});

/** The view of one connection, to be made once. It keeps a reference to the connection. */
export class ConnectionView implements PeerInfo {
  readonly #connection: Viewed;
  #headers: PeerInfo['headers'] | undefined;

  constructor(connection: Viewed) {
    this.#connection = connection;
    Object.freeze(this);
  }

  get id(): number {
    return this.#connection.id;
  }

  get protocol(): string {
    return this.#connection.protocol;
  }

  get state(): string {
    return this.#connection.state;
  }

  get authid(): string | null {
    return this.#connection.session?.authid ?? null;
  }

  get authrole(): string | null {
    return this.#connection.session?.authrole ?? null;
  }

  get permissions(): unknown {
    return this.#connection.permissions;
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress;
  }

  /**
   * A copy. An application that routes upgrades itself may change the headers of the request, and a cookie in them is a
   * login.
   */
  get headers(): PeerInfo['headers'] {
    this.#headers ??= Object.freeze({ ...this.#connection.headers });
    return this.#headers;
  }

  get droppedEvents(): number {
    return this.#connection.delivery.droppedEvents;
  }

  get pendingBytes(): number {
    return this.#connection.delivery.outbox.pending;
  }

  get mostPendingBytes(): number {
    return this.#connection.delivery.outbox.mostPending;
  }

  get messagesReceived(): number {
    return this.#connection.intake.messages;
  }

  get bytesReceived(): number {
    return this.#connection.intake.octets;
  }

  get messagesSent(): number {
    return this.#connection.delivery.outbox.frames;
  }

  get bytesSent(): number {
    return this.#connection.delivery.outbox.octets;
  }

  toJSON(): object {
    return printable(this);
  }

  /** For `console.log`, which would show nothing of an object that has only getters. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.toJSON();
  }
}
