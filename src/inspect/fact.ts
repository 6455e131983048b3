/** What an inspector is told: plain records, without payloads and without secrets. */

/** One step of a connection: a message of its peer or to its peer, or anything else that its chart reacts to. */
export interface Fact {
  /** When, in ms since 1970. */
  readonly time: number;
  /** The id of the connection, unique in this process. */
  readonly connection: number;
  /**
   * What happened: `wamp.PUBLISH` for a message of the peer, `sent.EVENT` for one to it, otherwise an event of the connection's
   * chart such as `auth.accepted` or `link.closed`. A message that ends a handshake is told by the step that it belongs to.
   */
  readonly event: string;
  /** The state before it, as a path: `challenged.waiting`. Empty for the first step of a connection. */
  readonly from: string;
  /** The state after it. A message that is merely passed on leaves it as it is, and is told before it is handled. */
  readonly to: string;
  /** Octets of the message, with its frame where it was sent; 0 for what is no message. */
  readonly octets: number;
  /** The topic or procedure in a message of the peer. */
  readonly uri?: string;
  /** Why the connection is being closed, as its peer is told. */
  readonly reason?: string;
}
