/** The attachment of a session to a topic. The broker creates it, and the session keeps it. */

import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';

/** A topic with subscribers. A prefix or wildcard topic gets the publications to every URI that its pattern covers. */
export interface Topic {
  /** Its subscription id, which is the same for all its subscribers (Basic Profile, "IDs", router scope). */
  readonly id: Id;
  readonly uri: string;
  readonly match: Match;
  /** ms since 1970. */
  readonly created: number;
  /** The subscribed sessions. The embedding program's own observers are not among them. */
  readonly subscribers: { readonly size: number; keys(): readonly Id[] };
}

/** The attachment of one subscriber to a topic. */
export interface Attachment {
  readonly topic: Topic;
  /** Whether it is the first attachment of a session, which makes the topic visible in the meta API. */
  readonly isFirst: boolean;
  /** Ends the attachment. The topic is removed with its last one. Returns whether it was the last of a session. */
  detach(): boolean;
}
