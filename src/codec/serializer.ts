/**
 * Serializers turn lists into bytes and back. Each decodes what may come from the wire and throws on everything else.
 * Integers up to 2^53 - 1 stay exact. A larger one is never rounded: it becomes a bigint, which only the binary serializers
 * can encode again.
 */

/** One serialization of messages, which are lists. Both functions throw on what they cannot convert. */
export interface Serializer {
  /** The name in the subprotocol `wamp.2.<name>`. */
  readonly name: string;
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
}
