/**
 * What all connections of one WAMP v2 serializer share: realms with their authentication, and encoded events.
 */

import type { Authentication } from '../../auth/authentication.ts';
import type { Dict } from '../../base/dict.ts';
import { noDetails } from '../../base/dict.ts';
import type { Report } from '../../base/report.ts';
import type { Bounds } from '../../codec/bounds.ts';
import { encodeWithTail } from '../../codec/constant-tail.ts';
import type { Serializer } from '../../codec/serializer.ts';
import { writeEnvelope, writeMessage } from '../../codec/v2.ts';
import { causeOf, countOf, octetsFor } from '../../codec/write-payload.ts';
import type { Realm } from '../../realm/realm.ts';
import type { UriRefusal } from '../../session/peer.ts';
import type { Framing } from '../../transport/link.ts';
import { routerRoles, routerRolesWithoutHistory } from '../../wamp/feature.ts';
import type { Id } from '../../wamp/id.ts';
import type { Event, Message } from '../../wamp/message.ts';
import { reasons } from '../../wamp/reasons.ts';
import type { UriRule } from '../../wamp/uri.ts';
import { isUri, uriFault } from '../../wamp/uri.ts';
import type { EventFrames } from '../encode-once.ts';
import { encodeOnce, perFraming } from '../encode-once.ts';
import { frameParts } from '../frame-parts.ts';
import type { RequestIdRule } from './request-ids.ts';

/** A realm with what v2 sessions need of it. */
export interface V2Realm {
  readonly realm: Realm;
  readonly authentication: Authentication;
  readonly uriRefusal: UriRefusal;
  readonly requestIds: RequestIdRule;
  /** Whether it keeps a history of the events of any topic: only then is `event_history` announced. */
  readonly hasHistory: boolean;
}

/** Creates a check that refuses what is no URI by `rule`, or is longer than `maxUriLength` octets. */
export const refuseUris =
  (rule: UriRule, maxUriLength: number): UriRefusal =>
  (uri, match) =>
    isUri(uri, match, rule, maxUriLength) ? undefined : uriFault(uri, rule, maxUriLength);

/** The limits of a message other than its size, which the link limits. */
export interface V2Limits extends Bounds {
  readonly maxUriLength: number;
}

/** What the protocols of all serializers have in common. */
export interface V2Options {
  readonly realms: ReadonlyMap<string, V2Realm>;
  readonly limits: V2Limits;
  readonly report: Report;
  /** Name and version in WELCOME. */
  readonly agent: string;
  /** Returns a session id, random over the whole range of ids. */
  readonly nextSessionId: () => Id;
  /** Called for every failed authentication, with the address it came from. */
  readonly onAuthFailed: (remoteAddress: string | undefined) => void;
  /** Why a peer of this address may not begin a further session on its link now; undefined when it may. */
  readonly rejoin: (remoteAddress: string | undefined) => string | undefined;
}

/** What all connections of one serializer share. */
export interface V2Protocol extends V2Options {
  readonly serializer: Serializer;
  readonly eventFrames: (framing: Framing) => EventFrames;
  /** Returns a framed WELCOME. The last entry of `details` must be an empty dictionary; the router's roles take its place. */
  readonly frameWelcome: (session: Id, details: Dict, framing: Framing, hasHistory: boolean) => Uint8Array;
  /** Returns the framed answer to GOODBYE. */
  readonly goodbyeAndOut: (framing: Framing) => Uint8Array;
}

/** The EVENT message of an event. It is the same for all subscribers of one subscription. */
const eventMessage = ({ subscription, publication, topic, retained }: Event): Message<'EVENT'> => {
  const { id, payload, details: extra } = publication;
  const details =
    topic === undefined && !retained && !extra
      ? noDetails
      : { ...extra, ...(topic !== undefined && { topic }), ...(retained && { retained }) };
  return { type: 'EVENT', subscription, publication: id, details, payload };
};

const frame = (encoded: string | Uint8Array, framing: Framing): Uint8Array =>
  typeof encoded === 'string' ? framing.text(encoded) : framing.binary(encoded);

/** Encodes and frames a message. Throws when the serializer cannot encode it. */
export const frameMessage = (message: Message, serializer: Serializer, framing: Framing): Uint8Array => {
  const payload = 'payload' in message ? message.payload : undefined;
  const octets = payload && octetsFor(payload, serializer);
  if (!payload || !octets?.length)
    return frame(serializer.encode(octets ? writeEnvelope(message) : writeMessage(message)), framing);
  const head = serializer.encodeHead(writeEnvelope(message), countOf(payload));
  return frameParts(head, octets, serializer.tail, framing);
};

const createGoodbyeAndOut = (serializer: Serializer): V2Protocol['goodbyeAndOut'] =>
  perFraming((framing) =>
    frameMessage({ type: 'GOODBYE', details: noDetails, reason: reasons.goodbyeAndOut }, serializer, framing),
  );

// The roles of the router are most of a WELCOME and always the same, so they are encoded once.
const createFrameWelcome = (serializer: Serializer): V2Protocol['frameWelcome'] => {
  const withHistory = encodeWithTail(serializer, routerRoles);
  const withoutHistory = encodeWithTail(serializer, routerRolesWithoutHistory);
  return (session, details, framing, hasHistory) => {
    const encode = hasHistory ? withHistory : withoutHistory;
    return frame(encode(writeMessage({ type: 'WELCOME', session, details })), framing);
  };
};

/**
 * A number of octets that no WELCOME of these realms is shorter than: that of a WELCOME whose texts about the session are
 * empty.
 */
export const leastWelcomeLength = (serializer: Serializer, agent: string, realms: readonly string[]): number => {
  const texts = { authid: '', authrole: '', authmethod: '', authprovider: '' };
  const lengths = realms.map((realm) => {
    const details = { agent, realm, ...texts, roles: routerRolesWithoutHistory };
    return Buffer.byteLength(serializer.encode(writeMessage({ type: 'WELCOME', session: 1, details })));
  });
  return Math.min(...lengths);
};

/** Creates the protocol of one serializer. */
export const createV2Protocol = (options: V2Options, serializer: Serializer): V2Protocol => ({
  ...options,
  serializer,
  frameWelcome: createFrameWelcome(serializer),
  goodbyeAndOut: createGoodbyeAndOut(serializer),
  eventFrames: perFraming((framing) =>
    encodeOnce(
      (event) => frameMessage(eventMessage(event), serializer, framing),
      ({ publication: { topic } }, error) => {
        const facts = { ...causeOf(error), topic, serializer: serializer.name };
        options.report.warn('encode_failed', facts, 'an event cannot be sent by a serializer');
      },
    ),
  ),
});
