/**
 * Serializers: lists to bytes and back. Each decodes what may come from the wire and throws on everything else, keeps
 * integers up to 2^53 - 1 exact and never rounds a larger one: it becomes a bigint, which only the binary serializers carry on.
 */

/** One way to write messages, which are lists. Both functions throw on what they cannot do. */
export interface Serializer {
  /** As it stands in the subprotocol: `wamp.2.<name>`. */
  readonly name: string;
  /** In the handshake of RawSocket (Transports, "RawSocket Transport"): 1 to 15. */
  readonly rawSocketNumber: number;
  /** Whether it makes bytes, not a text. */
  readonly isBinary: boolean;
  encode(list: readonly unknown[]): string | Uint8Array;
  /**
   * Nested deeper than `maxDepth` levels is refused, and so is more than `maxElements` values and keys (default: any number).
   * What comes back holds nothing of `data`; a ProtocolViolation that is thrown quotes nothing of it either, which cannot be
   * said of other errors.
   */
  decode(data: Uint8Array, maxDepth: number, maxElements?: number): unknown;
}
