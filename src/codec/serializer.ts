/**
 * Serializers turn lists into bytes and back. Each decodes what may come from the wire and throws on everything else.
 * Integers up to 2^53 - 1 stay exact. A larger one is never rounded: it becomes a bigint, which only the binary serializers
 * can encode again.
 */

import type { EncodedPayload, MessagePayload, PayloadReader } from '../wamp/payload.ts';
import type { Format } from './translate/writer.ts';

/** One serialization of messages, which are lists. The functions throw on what they cannot convert. */
export interface Serializer extends PayloadReader, Format {
  /** The number in the handshake of RawSocket (Transports, "RawSocket Transport"): 1 to 15. */
  readonly rawSocketNumber: number;
  /** Whether it produces bytes, not text. */
  readonly isBinary: boolean;
  encode(list: readonly unknown[]): string | Uint8Array;
  /**
   * Decodes a message. Refuses more than `maxDepth` nested levels and more than `maxElements` values and keys (default: no
   * limit). The result shares no memory with `data`. The message of a ProtocolViolation quotes nothing of `data`; other
   * errors may.
   */
  decode(data: Uint8Array, maxDepth: number, maxElements?: number): unknown;
  /**
   * Decodes a message, but for its payload: the list has the right length, and nobody may look at the elements of the payload.
   * Checks and refuses as `decode` does, but in a payload all that is well-formed is good.
   */
  decodeEnvelope(data: Uint8Array, maxDepth: number, maxElements: number): unknown;
  /**
   * The payload that begins with element `at` of the message that was decoded last, `list` from `data`. It shares the memory of
   * `data`. Undefined if these elements are no payload.
   */
  payloadOf(data: Uint8Array, list: readonly unknown[], at: number): MessagePayload | undefined;
  /** The elements of a payload, each in octets: args, and kwargs if it has any. */
  elementsOf(encoded: EncodedPayload): readonly Uint8Array[];
  /**
   * Encodes a list as a message begins that has `more` elements behind these; a text where `encode` returns one. Octets are good
   * until the next list is encoded so.
   */
  encodeHead(list: readonly unknown[], more: number): string | Uint8Array;
  /** What stands behind the last element of a message, and as many octets behind the last entry of a dictionary; ASCII. */
  readonly tail: string;
}
