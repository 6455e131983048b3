/**
 * Compression of messages over WebSocket (RFC 7692, permessage-deflate): its settings. It is used for peers that offer it.
 */

/** How messages are compressed: the option `compression`, with every default filled in. */
export interface CompressionSettings {
  /** From 1, fastest, to 9, smallest. */
  readonly level: number;
  /** Octets that the compressor looks back, as a power of two, from 9 to 15. */
  readonly windowBits: number;
  /** Whether both sides remember earlier messages. */
  readonly contextTakeover: boolean;
  /** The shortest message that is compressed, in octets. */
  readonly threshold: number;
}

/** The settings when compression is on and nothing else is said. */
export const compressionDefaults: CompressionSettings = {
  level: 6,
  windowBits: 13,
  contextTakeover: false,
  threshold: 1024,
};
