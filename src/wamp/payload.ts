/**
 * The payload of one message on its way through the router: values of this process, or the octets that a peer sent. Octets
 * are decoded once, when somebody asks, and go on as they came unless a program has looked at them before.
 *
 * What must live here: which of the two counts. What must not: how octets are read (a serializer) and where they go.
 */

import { copyOf } from '#platform/octets';
import type { Dict } from '../base/dict.ts';
import { hasEntries } from '../base/dict.ts';
import { sizeOfValue } from '../base/value-size.ts';
import { EncodedValue } from './encoded-value.ts';

/** Positional payload. */
export type Args = readonly unknown[];

/** Keyword payload. */
export type Kwargs = Dict;

/** By the form of a payload, what its args are. */
interface ArgsIn {
  readonly values: Args;
  readonly octets: EncodedValue;
}

/** By the form of a payload, what its kwargs are. */
interface KwargsIn {
  readonly values: Kwargs;
  readonly octets: EncodedValue;
}

/**
 * In which form a program is given payloads: as values of JavaScript, or undecoded, in the octets of the serializer that their
 * sender uses. What the embedding program itself has sent is in CBOR then.
 */
export type PayloadForm = keyof ArgsIn;

/** The payload of an event, a call, a result or an error. Empty keyword arguments are represented as undefined. */
export interface Payload<Form extends PayloadForm = 'values'> {
  /** Positional payload; may be empty. */
  readonly args: ArgsIn[Form];
  /** Keyword payload; undefined when there is none. */
  readonly kwargs: KwargsIn[Form] | undefined;
}

/** Args as a program gives them: a list, or the octets of one. */
export type GivenArgs = Args | EncodedValue;

/** Kwargs as a program gives them: a dictionary, or the octets of one. */
export type GivenKwargs = Kwargs | EncodedValue;

/** Payloads as the octets of their two parts, for programs that ask for them. */
export interface PayloadParts {
  /** Both parts of a payload. Its octets are not decoded. Throws what values cannot be encoded. */
  split(payload: MessagePayload): Payload<'octets'>;
  /**
   * The payload of two parts, at least one of which is octets: in the serializer of these, of the args if both are. Throws a
   * ConfigError unless they are a list and a dictionary, well-formed, of which the serializer can hold the other.
   */
  join(args: GivenArgs, kwargs: GivenKwargs | undefined): MessagePayload;
}

/** A serializer, as the payloads know it that came in it. */
export interface PayloadReader {
  /** The name in the subprotocol `wamp.2.<name>`. */
  readonly name: string;
  /** Decodes a payload of this serializer. `known` is what a quick parser made of it. Throws what cannot become values. */
  readPayload(encoded: EncodedPayload, known?: Payload): Payload;
  /** The payload whose args are element `at` of the args, and whose kwargs are the one behind it. Undefined if it is none. */
  nested(encoded: EncodedPayload, at: number): MessagePayload | undefined;
}

/** A payload as a peer sent it: its one or two elements, args and kwargs, without the list around them. */
export interface EncodedPayload {
  readonly octets: Uint8Array;
  /** How many elements these are: 1 without kwargs, 2 with them. */
  readonly count: 1 | 2;
  readonly reader: PayloadReader;
  /** Whether it is a binary value in the place of args, which the router passes on as it is. A program sees it as the only one. */
  readonly isTransparent?: boolean;
}

/** A dictionary that ends with a payload: `facts`, and then the entries `args` and `kwargs`, where there are any. */
export interface PayloadRecord {
  readonly facts: Dict;
  readonly payload: MessagePayload;
}

/** What octets take in memory besides themselves, in octets. */
const overhead = 64;

/** The payload of one message. */
export class MessagePayload implements Payload {
  #encoded: EncodedPayload | undefined;
  /** The values. Of a payload with octets they are known if decoding has built them anyway, or somebody has asked. */
  #args: Args | undefined;
  #kwargs: Kwargs | undefined;
  #records: readonly PayloadRecord[] | undefined;
  #isRead = false;
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

  /** A payload whose args are records, so that payloads within it stay octets. */
  static ofRecords(records: readonly PayloadRecord[], kwargs?: Kwargs): MessagePayload {
    const payload = new MessagePayload(undefined, undefined, kwargs);
    payload.#records = records;
    return payload;
  }

  /** Positional payload. What a program asks for before the payload is sent is what will be sent. Throws what the reader throws. */
  get args(): Args {
    if (this.#records) this.#args ??= this.#records.flatMap(valuesOf);
    this.#look();
    return this.#args as Args;
  }

  /** Keyword payload, as `args`. */
  get kwargs(): Kwargs | undefined {
    this.#look();
    return this.#kwargs;
  }

  /** Both, as a program gets them. */
  get values(): Payload {
    const { args, kwargs } = this;
    return { args, kwargs };
  }

  /** The octets as they go on; undefined where the values do. */
  get encoded(): EncodedPayload | undefined {
    return this.#encoded;
  }

  /** Its args, if they are records. */
  get records(): readonly PayloadRecord[] | undefined {
    return this.#records;
  }

  /** Whether it is a binary value in the place of args. */
  get isTransparent(): boolean {
    return this.#encoded?.isTransparent === true;
  }

  /** Whether there are neither args nor kwargs. */
  get isEmpty(): boolean {
    return this.#encoded === undefined && (this.#records ?? this.#args)?.length === 0 && !hasEntries(this.#kwargs);
  }

  /** What it takes in memory, in octets, roughly. Throws where values of a program cannot be measured. */
  get size(): number {
    return this.#encoded ? this.#encoded.octets.length + overhead : sizeOfValue(this.#args) + sizeOfValue(this.#kwargs);
  }

  /** Decides, when it is about to be sent, whether its octets go on or the values that a program has seen. */
  settle(): void {
    if (this.#isSeen && !this.isTransparent) this.#encoded = undefined;
  }

  /** Called when it may outlive the message that it came in: it copies its octets. */
  own(): void {
    if (!this.#encoded || this.#isOwn) return;
    this.#isOwn = true;
    this.#encoded = { ...this.#encoded, octets: copyOf(this.#encoded.octets) };
  }

  /** Called when it waits before it is sent: from now on it takes the memory of its octets, or of the values that were seen. */
  keep(): void {
    this.settle();
    this.rest();
  }

  /** Called when it waits for one of its receivers, as others may have it already: values that nobody has seen are given back. */
  rest(): void {
    this.own();
    if (this.#isSeen) return;
    this.#args = undefined;
    this.#kwargs = undefined;
    this.#isRead = false;
  }

  /** The same payload for somebody who counts what it takes: what others decode of this one is not held there. */
  kept(): MessagePayload {
    this.own();
    if (!this.#encoded) return this;
    const copy = MessagePayload.encoded(this.#encoded);
    copy.#isOwn = true;
    return copy;
  }

  /** The payload within its args that begins with element `at`, as octets. Undefined if there is none. */
  nested(at: number): MessagePayload | undefined {
    return this.#encoded?.reader.nested(this.#encoded, at);
  }

  /** Whether programs can have it, and may look when they like. They have not looked by that. Args alone they always can have. */
  get isReadable(): boolean {
    if (this.#isSeen || this.#encoded?.count === 1) return true;
    try {
      this.#read();
      return true;
    } catch {
      return false;
    }
  }

  /** Makes sure that it has values. Throws what its reader throws. */
  decode(): void {
    void this.args;
  }

  #look(): void {
    if (this.#isSeen) return;
    this.#read();
    this.#isSeen = true;
  }

  #read(): void {
    if (this.#isRead) return;
    const encoded = this.#encoded as EncodedPayload;
    const known = this.#args && { args: this.#args, kwargs: this.#kwargs };
    const { args, kwargs } = encoded.reader.readPayload(encoded, known);
    this.#args = args;
    this.#kwargs = kwargs;
    this.#isRead = true;
  }
}

const copyOfPart = <Given extends GivenArgs | GivenKwargs>(given: Given): Given => {
  if (given instanceof EncodedValue) return given;
  return (Array.isArray(given) ? [...given] : { ...given }) as Given;
};

/** A record as a value; none if its payload cannot become values. They are decoded for this reader alone. */
const valuesOf = ({ facts, payload }: PayloadRecord): readonly Dict[] => {
  try {
    const { args, kwargs } = payload.kept();
    return [{ ...facts, ...(args.length > 0 && { args }), ...(hasEntries(kwargs) && { kwargs }) }];
  } catch {
    return [];
  }
};

/** The payload that a program gives. Values in it must not be changed afterwards. Throws what `parts` throws. */
export const payloadFrom = (args: GivenArgs, kwargs: GivenKwargs | undefined, parts: PayloadParts): MessagePayload =>
  args instanceof EncodedValue || kwargs instanceof EncodedValue
    ? parts.join(args, kwargs)
    : MessagePayload.of(args, kwargs);

/** The same of a program that may go on using its list and its dictionary. */
export const copiedPayload = (args: GivenArgs, kwargs: GivenKwargs | undefined, parts: PayloadParts): MessagePayload =>
  payloadFrom(copyOfPart(args), kwargs && copyOfPart(kwargs), parts);

/** The payload of a message that has none. */
export const emptyPayload = MessagePayload.of([]);
