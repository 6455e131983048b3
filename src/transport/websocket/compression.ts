/**
 * Compression of messages over WebSocket (RFC 7692, permessage-deflate): what may be set. A peer that offers it is compressed
 * for; others are not.
 */

/** How messages are compressed: the option `compression`, with every default filled in. */
export interface CompressionSettings {
  readonly level: number;
  readonly windowBits: number;
  readonly contextTakeover: boolean;
  readonly threshold: number;
}

/** How messages are compressed where nothing else is said than that they are. */
export const compressionDefaults: CompressionSettings = {
  level: 6,
  windowBits: 13,
  contextTakeover: false,
  threshold: 1024,
};
