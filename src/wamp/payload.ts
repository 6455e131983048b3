/**
 * The payload of one message on its way through the router: values of this process, or the octets that a peer sent. Octets
 * are decoded once, when somebody asks, and go on as they came unless a program has looked at them before.
 *
 * What must live here: which of the two counts. What must not: how octets are read (a serializer) and where they go.
 */

import type { Dict } from '../base/dict.ts';
import { hasEntries } from '../base/dict.ts';
import { sizeOfValue } from '../base/value-size.ts';

/** Positional payload. */
export type Args = readonly unknown[];

/** Keyword payload. */
export type Kwargs = Dict;

/** The payload of an event, a call, a result or an error, as values. Empty keyword arguments are represented as undefined. */
export interface Payload {
  /** Positional payload; may be empty. */
  readonly args: Args;
  /** Keyword payload; undefined when there is none. */
  readonly kwargs: Kwargs | undefined;
}

/** A serializer, as the payloads know it that came in it. */
export interface PayloadReader {
  /** The name in the subprotocol `wamp.2.<name>`. */
  readonly name: string;
  /** Decodes what `octets` holds: args, and kwargs if there is a second element. Throws what cannot become values. */
  readPayload(octets: Uint8Array): Payload;
}

/** A payload as a peer sent it: its one or two elements, args and kwargs, without the list around them. */
export interface EncodedPayload {
  readonly octets: Uint8Array;
  /** How many elements these are: 1 without kwargs, 2 with them. */
  readonly count: 1 | 2;
  readonly reader: PayloadReader;
}

/** What octets take in memory besides themselves, in octets. */
const overhead = 64;

/** The payload of one message. */
export class MessagePayload implements Payload {
  #encoded: EncodedPayload | undefined;
  /** The values. Of a payload with octets they are known if decoding has built them anyway, or somebody has asked. */
  #args: Args | undefined;
  #kwargs: Kwargs | undefined;
  #isSeen: boolean;
  #isOwn = false;

  private constructor(encoded: EncodedPayload | undefined, args: Args | undefined, kwargs: Kwargs | undefined) {
    this.#encoded = encoded;
    this.#args = args;
    this.#kwargs = kwargs;
    this.#isSeen = encoded === undefined;
  }

  /** A payload of values of this process. They must not be changed afterwards. */
  static of(args: Args, kwargs?: Kwargs): MessagePayload {
    return new MessagePayload(undefined, args, kwargs);
  }

  /** A payload that a peer sent, which is not empty. `args` and `kwargs` are what it holds, if that is known. */
  static encoded(encoded: EncodedPayload, args?: Args, kwargs?: Kwargs): MessagePayload {
    return new MessagePayload(encoded, args, kwargs);
  }

  /** Positional payload. What a program asks for before the payload is sent is what will be sent. Throws what the reader throws. */
  get args(): Args {
    this.#look();
    return this.#args as Args;
  }

  /** Keyword payload, as `args`. */
  get kwargs(): Kwargs | undefined {
    this.#look();
    return this.#kwargs;
  }

  /** The octets as they go on; undefined where the values do. */
  get encoded(): EncodedPayload | undefined {
    return this.#encoded;
  }

  /** Whether there are neither args nor kwargs. */
  get isEmpty(): boolean {
    return this.#encoded === undefined && this.#args?.length === 0 && !hasEntries(this.#kwargs);
  }

  /** What it takes in memory, in octets, roughly. Throws where values of a program cannot be measured. */
  get size(): number {
    return this.#encoded ? this.#encoded.octets.length + overhead : sizeOfValue(this.#args) + sizeOfValue(this.#kwargs);
  }

  /** Decides, when it is about to be sent, whether its octets go on or the values that a program has seen. */
  settle(): void {
    if (this.#isSeen) this.#encoded = undefined;
  }

  /** Called when it may outlive the message that it came in: it copies its octets. */
  own(): void {
    if (!this.#encoded || this.#isOwn) return;
    this.#isOwn = true;
    this.#encoded = { ...this.#encoded, octets: Buffer.from(this.#encoded.octets) };
  }

  /** Called when it is kept for some time: it copies its octets, and holds no values beside them that nobody has asked for. */
  keep(): void {
    this.own();
    if (!this.#encoded || this.#isSeen) return;
    this.#args = undefined;
    this.#kwargs = undefined;
  }

  /** The same payload for somebody who counts what it takes: what others decode of this one is not held there. */
  kept(): MessagePayload {
    this.own();
    if (!this.#encoded) return this;
    const copy = MessagePayload.encoded(this.#encoded);
    copy.#isOwn = true;
    return copy;
  }

  #look(): void {
    this.#isSeen = true;
    if (this.#args !== undefined || !this.#encoded) return;
    const { reader, octets } = this.#encoded;
    const { args, kwargs } = reader.readPayload(octets);
    this.#args = args;
    this.#kwargs = kwargs;
  }
}

/** The payload of a message that has none. */
export const emptyPayload = MessagePayload.of([]);
