/**
 * The four kinds of error. A fault of a peer is answered, a fault of the program that uses this library is thrown. Each
 * kind has a stable `code`. PROTOCOL.md lists them; a test compares the two lists.
 */

import type { RequestId } from './message.ts';
import type { Args, Kwargs } from './payload.ts';
import type { Reason } from './reasons.ts';

/** The stable `code` of each kind of error. */
export const errorCode = {
  wampError: 'WAMP_ERROR',
  protocolViolation: 'PROTOCOL_VIOLATION',
  linkError: 'LINK_ERROR',
  configError: 'CONFIG_ERROR',
} as const;

/** What a WampError may carry to the peer besides its URI. */
export interface WampErrorOptions {
  /** A sentence for people. WAMP v1 sends it as errorDesc. Default: empty. */
  readonly description?: string;
  /** Positional payload of ERROR. Default: none; a WAMP v2 peer then gets the description as the only argument. */
  readonly args?: Args;
  /** Keyword payload of ERROR. Default: none. */
  readonly kwargs?: Kwargs;
  /** WAMP v1 sends it as errorDetails. */
  readonly details?: unknown;
  /** For logs, as of any Error; it is not sent to a peer. */
  readonly cause?: unknown;
}

/**
 * Answers one request with ERROR (WAMP v1: CALLERROR); the session lives on. Throw it in a procedure to choose what the
 * caller receives, or in `messageToPublish` to choose why a publication is refused.
 *
 * @example
 * throw new WampError('com.example.error.empty', { description: 'the cart is empty' })
 */
export class WampError extends Error {
  readonly code = errorCode.wampError;
  /** The URI of the error, as in ERROR. */
  readonly uri: Reason;
  /** The error in words; may be empty. */
  readonly description: string;
  /** Positional payload of ERROR. */
  readonly args: Args;
  /** Keyword payload of ERROR. */
  readonly kwargs: Kwargs | undefined;
  /** ERROR.Details of a call that failed; in WAMP v1 errorDetails. */
  readonly details: unknown;

  constructor(uri: Reason, options: WampErrorOptions = {}) {
    super(options.description ? `${uri}: ${options.description}` : uri, { cause: options.cause });
    this.name = 'WampError';
    this.uri = uri;
    this.description = options.description ?? '';
    this.args = options.args ?? [];
    this.kwargs = options.kwargs;
    this.details = options.details;
  }
}

/** The options of a ProtocolViolation. */
export interface ProtocolViolationOptions {
  /** WebSocket close code (RFC 6455, 7.4.1) for a router that closes on violations. Default: 1002. */
  readonly closeCode?: number;
  /** The request that can still be answered, if its id could be read. */
  readonly request?: RequestId | undefined;
}

/** The peer broke the protocol: v2 aborts its session; v1 ignores and counts the message, or closes when `strict`. */
export class ProtocolViolation extends Error {
  readonly code = errorCode.protocolViolation;
  readonly closeCode: number;
  readonly request: RequestId | undefined;

  constructor(message: string, options: ProtocolViolationOptions = {}) {
    super(message);
    this.name = 'ProtocolViolation';
    this.closeCode = options.closeCode ?? 1002;
    this.request = options.request;
  }
}

/** The transport failed: a port is taken, a certificate cannot be read, a socket broke. */
export class LinkError extends Error {
  readonly code = errorCode.linkError;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LinkError';
  }
}

/** The embedding program, or its config file, asks for something impossible. Thrown at once; the message names the option. */
export class ConfigError extends Error {
  readonly code = errorCode.configError;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
