/** A session's hold on a topic, as both of them see it; the broker makes it, the session keeps it. */

import type { Id } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';

/** A topic with subscribers. A prefix or wildcard topic hears every URI that its pattern covers. */
export interface Topic {
  /** Its subscription id: the same for everyone subscribed to it (Basic Profile, "IDs", router scope). */
  readonly id: Id;
  readonly uri: string;
  readonly match: Match;
  /** ms since 1970. */
  readonly created: number;
  /** Sessions that are subscribed; the embedding program's own observers are not among them. */
  readonly subscribers: { readonly size: number; keys(): readonly Id[] };
}

/** One subscriber's hold on a topic. */
export interface Attachment {
  readonly topic: Topic;
  /** Whether it is the first of a session: as far as sessions can see, it made the topic. */
  readonly isFirst: boolean;
  /** Ends it; the topic goes with its last attachment. Whether it was the last of a session. */
  detach(): boolean;
}
