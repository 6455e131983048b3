/**
 * Retained events: the last publications of a topic whose publisher asked to keep them for later subscribers. For each topic
 * that is one which everybody may hear, and some that only part of them may (Advanced Profile, "Event Retention").
 */

import type { Match, Publication } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { Hearer } from './audience.ts';
import { hearersOf, isRestricted, mayHear } from './audience.ts';
import { sizeOf } from './publication-size.ts';

/** What retention may hold; the topic that was retained first goes first. */
export interface RetentionLimits {
  readonly maxRetainedTopics: number;
  /** Octets over all topics, roughly. */
  readonly maxRetainedSize: number;
}

/** Restricted publications that are kept beside the one for everybody. */
const mostRestricted = 8;

interface Kept {
  readonly publication: Publication;
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

  /** Topics that have a retained event. */
  get topics(): number {
    return this.#topics.size;
  }

  /**
   * Keeps a publication. One for everybody takes the place of all before it in its topic, also where it is too large to be kept
   * itself: what was retained before is not the newest any more.
   */
  keep(publication: Publication): void {
    const { topic } = publication;
    const kept: Kept = { publication, size: sizeOf(publication) };
    const before = this.#remove(topic);
    const earlier = isRestricted(publication) ? before : [];
    // One that finds no room even alone drives out no other topic.
    const all = kept.size > this.#limits.maxRetainedSize ? earlier : [...earlier, kept];
    if (all.length > 0) this.#put(topic, this.#trim(all));
    for (const oldest of this.#topics.keys()) {
      if (this.#size <= this.#limits.maxRetainedSize && this.#topics.size <= this.#limits.maxRetainedTopics) return;
      this.#remove(oldest);
    }
  }

  /** The newest publication of each topic under a pattern that `hearer` would have heard, oldest first. */
  find(uri: string, match: Match, hearer: Hearer): readonly Publication[] {
    const topics = match === 'exact' ? [this.#topics.get(uri)] : this.#under(uri, match);
    const found = topics.flatMap(
      (kept) => kept?.findLast(({ publication }) => mayHear(hearersOf(publication), hearer))?.publication ?? [],
    );
    return found.sort((a, b) => a.time - b.time);
  }

  #under(uri: string, match: Match): readonly (readonly Kept[])[] {
    return [...this.#topics].filter(([topic]) => covers(uri, match, topic)).map(([, kept]) => kept);
  }

  // The publication for everybody stays however many restricted ones follow it.
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
