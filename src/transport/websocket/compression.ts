/**
 * Compression of messages over WebSocket (RFC 7692, permessage-deflate): its settings. It is used for peers that offer it.
 */

/** How messages are compressed: the option `compression`, with every default filled in. */
export interface CompressionSettings {
  readonly level: number;
  readonly windowBits: number;
  readonly contextTakeover: boolean;
  readonly threshold: number;
}

/** The settings when compression is on and nothing else is said. */
export const compressionDefaults: CompressionSettings = {
  level: 6,
  windowBits: 13,
  contextTakeover: false,
  threshold: 1024,
};
