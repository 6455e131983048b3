/**
 * Retained events: the last publications to a topic that their publisher asked to keep for later subscribers. For each
 * topic there is one that every session may receive, and some with a restricted audience (Advanced Profile, "Event
 * Retention").
 */

import type { Match } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { RoutedPublication } from '../wamp/publication.ts';
import { keptOf } from '../wamp/publication.ts';
import type { Receiver } from './audience.ts';
import { isRestricted, mayReceive, preparedAudience } from './audience.ts';
import { sizeOf } from './publication-size.ts';

/** Limits of retention. When they are exceeded, the topic that was retained least recently is dropped. */
export interface RetentionLimits {
  readonly maxRetainedTopics: number;
  /** Octets over all topics, approximately. */
  readonly maxRetainedSize: number;
}

/** How many restricted publications of a topic are kept besides the unrestricted one. */
const mostRestricted = 8;

interface Kept {
  readonly publication: RoutedPublication;
  readonly size: number;
}

/** Retained events by topic. */
export class Retention {
  readonly #topics = new Map<string, readonly Kept[]>();
  readonly #limits: RetentionLimits;
  #size = 0;

  constructor(limits: RetentionLimits) {
    this.#limits = limits;
  }

  /** How many topics have a retained event. */
  get topics(): number {
    return this.#topics.size;
  }

  /**
   * Keeps a publication. An unrestricted one replaces all earlier ones of its topic, even if it is too large to be kept
   * itself, because the earlier ones are no longer the newest.
   */
  keep(publication: RoutedPublication): void {
    const { topic } = publication;
    const kept: Kept = { publication: keptOf(publication), size: sizeOf(publication) };
    const before = this.#remove(topic);
    const earlier = isRestricted(publication) ? before : [];
    // A publication that is too large by itself does not displace other topics.
    const all = kept.size > this.#limits.maxRetainedSize ? earlier : [...earlier, kept];
    if (all.length > 0) this.#put(topic, this.#trim(all));
    for (const oldest of this.#topics.keys()) {
      if (this.#size <= this.#limits.maxRetainedSize && this.#topics.size <= this.#limits.maxRetainedTopics) return;
      this.#remove(oldest);
    }
  }

  /** For each topic under a pattern the newest publication that `receiver` may receive; the oldest of these first. */
  find(uri: string, match: Match, receiver: Receiver): readonly RoutedPublication[] {
    const topics = match === 'exact' ? [this.#topics.get(uri)] : this.#under(uri, match);
    const found = topics.flatMap(
      (kept) =>
        kept?.findLast(({ publication }) => mayReceive(preparedAudience(publication), receiver))?.publication ?? [],
    );
    return found.sort((a, b) => a.time - b.time);
  }

  #under(uri: string, match: Match): readonly (readonly Kept[])[] {
    return [...this.#topics].filter(([topic]) => covers(uri, match, topic)).map(([, kept]) => kept);
  }

  // The unrestricted publication stays, however many restricted ones follow it.
  #trim(all: readonly Kept[]): readonly Kept[] {
    if (all.length <= mostRestricted + 1) return all;
    const [first, ...others] = all;
    return first && !isRestricted(first.publication) ? [first, ...others.slice(1)] : others;
  }

  #put(topic: string, kept: readonly Kept[]): void {
    this.#topics.set(topic, kept);
    for (const { size } of kept) this.#size += size;
  }

  #remove(topic: string): readonly Kept[] {
    const kept = this.#topics.get(topic) ?? [];
    for (const { size } of kept) this.#size -= size;
    this.#topics.delete(topic);
    return kept;
  }
}
