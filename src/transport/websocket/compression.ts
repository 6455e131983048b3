/**
 * Compression of messages over WebSocket (RFC 7692, permessage-deflate): what may be set, and what that means to `ws`. A peer
 * that offers it is compressed for; others are not.
 */

import type { PerMessageDeflateOptions } from 'ws';

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

/**
 * What `ws` is to be told. `askedWindow` says what the peer that is being let in wants: `ws` would refuse its connection over
 * a window that is larger than asked for.
 */
export const deflateOptions = (
  settings: CompressionSettings | undefined,
  askedWindow: () => number,
): PerMessageDeflateOptions | false =>
  settings !== undefined && {
    // Not false: that would refuse a peer that asks for it.
    ...(!settings.contextTakeover && { serverNoContextTakeover: true, clientNoContextTakeover: true }),
    get serverMaxWindowBits() {
      return Math.min(settings.windowBits, askedWindow());
    },
    threshold: settings.threshold,
    // What the compressor remembers grows with its window: more than fits it costs memory and saves nothing.
    zlibDeflateOptions: { level: settings.level, memLevel: settings.windowBits - 8 },
  };
