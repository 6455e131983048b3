/** What the settings of compression mean to `ws`. Who embeds the router reads the settings, and has no types of `ws`. */

import type { PerMessageDeflateOptions } from 'ws';
import type { CompressionSettings } from './compression.ts';

/**
 * The options for `ws`; false without compression. `askedWindow` returns the window that the peer of the current upgrade asks
 * for, as a power of two: `ws` would refuse the connection if ours were larger.
 */
export const deflateOptions = (
  settings: CompressionSettings | undefined,
  askedWindow: () => number,
): PerMessageDeflateOptions | false =>
  settings !== undefined && {
    // With context takeover these are left out instead of false: `ws` would refuse a peer that asks for no takeover.
    ...(!settings.contextTakeover && { serverNoContextTakeover: true, clientNoContextTakeover: true }),
    get serverMaxWindowBits() {
      return Math.min(settings.windowBits, askedWindow());
    },
    threshold: settings.threshold,
    // The compressor's memory is chosen to fit its window: a larger one costs memory and saves nothing.
    zlibDeflateOptions: { level: settings.level, memLevel: settings.windowBits - 8 },
  };
