/**
 * One session of a connection: opened by HELLO, joined once its peer has authenticated, and left at the latest when the link
 * is closed. A link may carry several sessions, one after the other.
 */

import type { Realm } from '../realm/realm.ts';
import type { Session } from '../session/session.ts';
import type { Grant, Identity } from './dialect.ts';

/** A session with its realm, and who joined, as the application knows them. */
export class ConnectionSession implements Identity {
  readonly session: Session;
  readonly #realm: Realm;
  authKey: string | null = null;
  authExtra: unknown = undefined;
  permissionsInput: unknown = undefined;
  /** Whether it has joined and not left. */
  #isJoined = false;

  constructor(session: Session, realm: Realm) {
    this.session = session;
    this.#realm = realm;
  }

  /** The session joins its realm as the principal of `grant`. Meta events about it are published after `welcome` has run. */
  join({ principal, authKey, authExtra, permissionsInput }: Grant, welcome: () => void): void {
    this.authKey = authKey;
    this.authExtra = authExtra;
    this.permissionsInput = permissionsInput;
    this.#realm.join(this.session, principal, welcome);
    this.#isJoined = true;
  }

  /** The session leaves; see `Session.leave` for the options. Returns whether it had joined, to the first call alone. */
  leave(options: { readonly discard: boolean }): boolean {
    this.session.leave(options);
    const hadJoined = this.#isJoined;
    this.#isJoined = false;
    return hadJoined;
  }
}
