/**
 * The topics that a session is known to be allowed to publish to, so that the rules need not be asked for every
 * publication. Most publishers have a single topic, for which no map is created.
 */

import { RecentMap } from '../base/recent-map.ts';

/** How many topics are remembered besides the first one. A topic that is forgotten is only checked again. */
const mostTopics = 256;

/** The topics that one session may publish to, as far as they are known. */
export class PublishableTopics {
  #first: string | undefined;
  #others: RecentMap<string, true> | undefined;

  /** Whether a topic is known to be allowed. False means that this must be checked. */
  has(topic: string): boolean {
    return topic === this.#first || this.#others?.has(topic) === true;
  }

  /** Remembers an allowed topic. */
  add(topic: string): void {
    if (this.#first === undefined) {
      this.#first = topic;
      return;
    }
    this.#others ??= new RecentMap(mostTopics);
    this.#others.set(topic, true);
  }
}
