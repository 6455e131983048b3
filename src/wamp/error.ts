/**
 * The four kinds of error. What a peer did wrong is answered, what the caller of this library did wrong is thrown.
 * Each kind has a stable `code`; PROTOCOL.md lists them, a test compares the two lists.
 */

import type { Args, Kwargs, RequestId } from './message.ts';
import type { Reason } from './reasons.ts';

/** The stable `code` of each kind of error. */
export const errorCode = {
  wampError: 'WAMP_ERROR',
  protocolViolation: 'PROTOCOL_VIOLATION',
  linkError: 'LINK_ERROR',
  configError: 'CONFIG_ERROR',
} as const;

/** What else a WampError may carry to the peer. */
export interface WampErrorOptions {
  /** A sentence for people; WAMP v1 sends it as errorDesc. Default: empty. */
  readonly description?: string;
  readonly args?: Args;
  readonly kwargs?: Kwargs;
  /** WAMP v1 sends it as errorDetails. */
  readonly details?: unknown;
  readonly cause?: unknown;
}

/**
 * Answers one request with ERROR (WAMP v1: CALLERROR); the session lives on. Throw it in a procedure to choose what the
 * caller hears, or in `messageToPublish` to choose why a publication is refused.
 *
 * @example
 * throw new WampError('com.example.error.empty', { description: 'the cart is empty' })
 */
export class WampError extends Error {
  readonly code = errorCode.wampError;
  readonly uri: Reason;
  readonly description: string;
  readonly args: Args;
  readonly kwargs: Kwargs | undefined;
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

/** What is known of a violation. */
export interface ProtocolViolationOptions {
  /** WebSocket close code (RFC 6455, 7.4.1) for a router that closes on violations. Default: 1002. */
  readonly closeCode?: number;
  /** The request that can be answered all the same. */
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

/** The wire failed: a port that is taken, a certificate that cannot be read, a socket that broke. */
export class LinkError extends Error {
  readonly code = errorCode.linkError;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LinkError';
  }
}

/** The program that embeds the router, or its config file, asks for something impossible. Thrown at once, names the option. */
export class ConfigError extends Error {
  readonly code = errorCode.configError;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
