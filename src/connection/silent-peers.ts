/**
 * WAMP v1 peers that have sent nothing yet, in the order in which they connected. WAMP v1 has no HELLO, and so no deadline
 * for one. When a limit on connections is reached these peers are closed first: otherwise a client that opens connections and
 * stays silent would keep all others out. Every operation is O(1).
 */

/** A node of a list. */
interface Place<Peer> {
  readonly peer: Peer;
  ahead: Place<Peer> | undefined;
  behind: Place<Peer> | undefined;
}

/**
 * A doubly linked list, from which any node can be removed. Finding the first element of a Set would take a search from its
 * start.
 */
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

/** A peer with its address, if that is known. */
interface Addressed {
  readonly remoteAddress: string | undefined;
}

/** The peers that have sent nothing yet. */
export class SilentPeers<Peer extends Addressed> {
  readonly #all = new Line<Peer>();
  readonly #byAddress = new Map<string | undefined, Line<Peer>>();
  readonly #places = new Map<Peer, readonly [Place<Peer>, Place<Peer>]>();

  /** Adds a peer as the newest. */
  add(peer: Peer): void {
    const { remoteAddress } = peer;
    const neighbours = this.#byAddress.get(remoteAddress) ?? new Line();
    this.#byAddress.set(remoteAddress, neighbours);
    this.#places.set(peer, [this.#all.join(peer), neighbours.join(peer)]);
  }

  /** Removes a peer that has sent something, or is gone. It does nothing for a peer that is not in it. */
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

  /** The peer that has been silent for longest. */
  oldest(): Peer | undefined {
    return this.#all.first?.peer;
  }

  /** The peer of an address that has been silent for longest. */
  oldestOf(remoteAddress: string | undefined): Peer | undefined {
    return this.#byAddress.get(remoteAddress)?.first?.peer;
  }
}
