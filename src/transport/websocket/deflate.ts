/** What the settings of compression mean to `ws`. Who embeds the router reads the settings, and has no types of `ws`. */

import type { PerMessageDeflateOptions } from 'ws';
import type { CompressionSettings } from './compression.ts';

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
