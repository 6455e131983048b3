/**
 * WAMP v1 peers that have said nothing yet, in the order in which they came. WAMP v1 knows no HELLO, and so no deadline for one: without
 * them as the first to go, whoever opens connections and is silent keeps everybody else out. Every operation is O(1).
 */

/** A place in a line. */
interface Place<Peer> {
  readonly peer: Peer;
  ahead: Place<Peer> | undefined;
  behind: Place<Peer> | undefined;
}

/** Whoever stands in it may leave from any place. A Set would be searched from its start for whoever is first. */
class Line<Peer> {
  first: Place<Peer> | undefined;
  #last: Place<Peer> | undefined;

  join(peer: Peer): Place<Peer> {
    const place: Place<Peer> = { peer, ahead: this.#last, behind: undefined };
    if (this.#last) this.#last.behind = place;
    else this.first = place;
    this.#last = place;
    return place;
  }

  leave({ ahead, behind }: Place<Peer>): void {
    if (ahead) ahead.behind = behind;
    else this.first = behind;
    if (behind) behind.ahead = ahead;
    else this.#last = ahead;
  }
}

/** Who has an address, where it is known. */
interface Addressed {
  readonly remoteAddress: string | undefined;
}

/** Those that have said nothing. */
export class SilentPeers<Peer extends Addressed> {
  readonly #all = new Line<Peer>();
  readonly #byAddress = new Map<string | undefined, Line<Peer>>();
  readonly #places = new Map<Peer, readonly [Place<Peer>, Place<Peer>]>();

  /** Takes one in, who is the newest. */
  add(peer: Peer): void {
    const { remoteAddress } = peer;
    const neighbours = this.#byAddress.get(remoteAddress) ?? new Line();
    this.#byAddress.set(remoteAddress, neighbours);
    this.#places.set(peer, [this.#all.join(peer), neighbours.join(peer)]);
  }

  /** Lets go of one that has spoken, or is gone. Of any other it knows nothing. */
  delete(peer: Peer): void {
    const places = this.#places.get(peer);
    if (!places) return;
    const { remoteAddress } = peer;
    const neighbours = this.#byAddress.get(remoteAddress);
    this.#places.delete(peer);
    this.#all.leave(places[0]);
    neighbours?.leave(places[1]);
    if (!neighbours?.first) this.#byAddress.delete(remoteAddress);
  }

  /** Who has been silent for longest. */
  oldest(): Peer | undefined {
    return this.#all.first?.peer;
  }

  /** Who of an address has been silent for longest. */
  oldestOf(remoteAddress: string | undefined): Peer | undefined {
    return this.#byAddress.get(remoteAddress)?.first?.peer;
  }
}
