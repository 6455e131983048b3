/**
 * What the v1 connections of a realm share: options, the authenticator, encoded events, and the names that WAMP v1 has for
 * the core's reasons.
 */

import type { ConnectionState } from '../../../machines/connection-event.ts';
import type { V1Authenticator } from '../../auth/wampcra-v1.ts';
import type { Report } from '../../base/report.ts';
import type { V1Limits } from '../../codec/v1.ts';
import { v1Code } from '../../codec/v1.ts';
import { toV1Json } from '../../codec/v1-payload.ts';
import { causeOf } from '../../codec/write-payload.ts';
import type { Realm } from '../../realm/realm.ts';
import type { Framing } from '../../transport/link.ts';
import type { MessagePayload } from '../../wamp/payload.ts';
import { reasons, v1Error } from '../../wamp/reasons.ts';
import { closeCodes } from '../close-codes.ts';
import type { EventFrames } from '../encode-once.ts';
import { encodeOnce, perFraming } from '../encode-once.ts';
import { frameParts } from '../frame-parts.ts';

/** How this router speaks WAMP v1. */
export interface V1Options {
  /** Close on bad input instead of ignoring it. */
  readonly strict: boolean;
  /** Answer as the 2013 Postmaster did where that differs. */
  readonly postmasterCompat: boolean;
  /** Whether a publisher receives its own event only when it asks for that. */
  readonly excludePublisherByDefault: boolean;
  /** Peers join as anonymous without authenticating. */
  readonly open: boolean;
  /** Bad messages that one connection may send before it is closed. */
  readonly maxBadMessages: number;
  /** Failed authentications of one connection after which it is closed. */
  readonly maxFailedLogins: number;
  /** Prefixes that one connection may define. */
  readonly maxPrefixes: number;
  /** Name and version in WELCOME. */
  readonly ident: string;
}

/** What all v1 connections of a realm share. */
export interface V1Protocol {
  readonly realm: Realm;
  readonly options: V1Options;
  readonly limits: V1Limits;
  readonly authenticator: V1Authenticator;
  readonly report: Report;
  /** Called for every failed authentication, with the address it came from. */
  readonly onAuthFailed: (remoteAddress: string | undefined) => void;
  readonly eventFrames: (framing: Framing) => EventFrames;
}

/** Frames a message that ends with a payload. Throws what cannot be JSON. */
export const frameWithPayload = (list: readonly unknown[], payload: MessagePayload, framing: Framing): Uint8Array => {
  const value = toV1Json(payload);
  const head = `${JSON.stringify(list).slice(0, -1)},`;
  return typeof value === 'string' ? framing.text(`${head}${value}]`) : frameParts(head, value, ']', framing);
};

/** Creates the protocol of one realm. */
export const createV1Protocol = (protocol: Omit<V1Protocol, 'eventFrames'>): V1Protocol => ({
  ...protocol,
  eventFrames: perFraming((framing) =>
    encodeOnce(
      ({ publication: { topic, payload } }) => frameWithPayload([v1Code.event, topic], payload, framing),
      ({ publication: { topic } }, error) =>
        protocol.report.warn('encode_failed', { ...causeOf(error), topic }, 'an event cannot be sent as JSON'),
    ),
  ),
});

/**
 * Close codes by reason: those of both versions, and "try again later" (registry of RFC 6455, 11.7) for a silent peer that is
 * closed for a new connection.
 */
export const v1CloseCodes: Readonly<Record<string, number>> = { ...closeCodes, [reasons.silent]: 1013 };

/** The router's own errors under the names that v1 has for them. */
export const v1ErrorsByReason: Readonly<Record<string, string>> = {
  [reasons.noSuchProcedure]: v1Error.noSuchRpcEndpoint,
  [reasons.notAuthorized]: v1Error.notAuthorized,
  [reasons.runtimeError]: v1Error.generic,
  [reasons.invalidArgument]: v1Error.invalidArgument,
};

/** The error that answers an authentication message in a state that does not expect it. */
export const misplaced: Readonly<Record<'HELLO' | 'AUTHENTICATE', Readonly<Partial<Record<ConnectionState, string>>>>> =
  {
    HELLO: {
      authreq: v1Error.authenticationAlreadyRequested,
      challenged: v1Error.authenticationAlreadyRequested,
      authenticated: v1Error.alreadyAuthenticated,
    },
    AUTHENTICATE: {
      welcome: v1Error.noAuthenticationRequested,
      authreq: v1Error.noAuthenticationRequested,
      challenged: v1Error.noAuthenticationRequested,
      authenticated: v1Error.alreadyAuthenticated,
    },
  };
