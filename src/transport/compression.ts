/**
 * Compression of messages over WebSocket (RFC 7692, permessage-deflate): what may be set, and what that means to `ws`. A peer
 * that offers it is compressed for; others are not.
 */

import type { PerMessageDeflateOptions } from 'ws';
import { ConfigError } from '../wamp/error.ts';

/** How messages are compressed. */
export interface CompressionOptions {
  /** From 1, fastest, to 9, smallest. Default 6. */
  readonly level?: number;
  /** Octets that the compressor looks back, as a power of two, 9 to 15. Default 13: 8 KiB. */
  readonly windowBits?: number;
  /**
   * Whether both sides remember earlier messages, which makes small ones that are alike smaller still. Each connection then holds
   * its compressors for as long as it lives. Default false.
   */
  readonly contextTakeover?: boolean;
  /** Octets below which a message is sent as it is. Default 1024. */
  readonly threshold?: number;
}

/** The same with every default filled in. */
export type CompressionSettings = Required<CompressionOptions>;

const defaults: CompressionSettings = { level: 6, windowBits: 13, contextTakeover: false, threshold: 1024 };

const wholeBetween =
  (least: number, most: number) =>
  (value: unknown): string | undefined =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;

const faultOf: Readonly<Record<keyof CompressionSettings, (value: unknown) => string | undefined>> = {
  level: wholeBetween(1, 9),
  windowBits: wholeBetween(9, 15),
  contextTakeover: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  threshold: wholeBetween(0, Number.MAX_SAFE_INTEGER),
};

/** What is wrong about a setting, and which of them where it is one. */
interface Fault {
  readonly name?: string;
  readonly message: string;
}

/** What makes these settings none; undefined for good ones. */
export const compressionFault = (given: unknown): Fault | undefined => {
  if (typeof given === 'boolean' || given === undefined) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { message: `must be true, false or an object, not ${JSON.stringify(given)}` };
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(faultOf, name)) {
      return { message: `has no "${name}"; known are ${Object.keys(faultOf).join(', ')}` };
    }
    const expected = faultOf[name as keyof CompressionSettings](value);
    if (expected !== undefined) return { name, message: `must be ${expected}` };
  }
  return undefined;
};

/** The settings that are meant, undefined for no compression. Throws a ConfigError for what cannot be meant. */
export const checkCompression = (given: boolean | CompressionOptions | undefined): CompressionSettings | undefined => {
  const fault = compressionFault(given);
  if (fault) throw new ConfigError(`compression${fault.name ? `.${fault.name}` : ''} ${fault.message}`);
  if (!given) return undefined;
  return given === true ? defaults : { ...defaults, ...given };
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
