/**
 * WAMP v2 on a connection: it decodes and encodes messages, and opens and closes sessions. A link may carry several sessions,
 * one after the other. After GOODBYE or ABORT nothing more is sent in a session.
 *
 * Sources: Basic Profile, "Sessions", "Protocol Violations"; Advanced Profile, "Authentication Methods".
 */

import type { ConnectionState } from '../../../machines/connection-event.ts';
import type { AuthGrant, AuthStep } from '../../auth/authentication.ts';
import { isName, maxAuthidLength } from '../../auth/credential.ts';
import type { Dict } from '../../base/dict.ts';
import { isDict, noDetails, withoutNulls } from '../../base/dict.ts';
import { readOctets } from '../../codec/v2.ts';
import { noRoom } from '../../session/held.ts';
import type { Handshake, Link } from '../../transport/link.ts';
import { ProtocolViolation, WampError } from '../../wamp/error.ts';
import { featuresOf, rolesRefusal } from '../../wamp/feature.ts';
import type { Id } from '../../wamp/id.ts';
import type { Authenticate, Hello, Message, PeerMessage } from '../../wamp/message.ts';
import { emptyPayload } from '../../wamp/payload.ts';
import { reasons } from '../../wamp/reasons.ts';
import { isUri } from '../../wamp/uri.ts';
import { closeCodes, policyViolation } from '../close-codes.ts';
import type { Connection } from '../connection.ts';
import type { AnswerAuth, Closing, Dialect, Grant } from '../dialect.ts';
import { settle } from '../dialect.ts';
import type { EventFrames } from '../encode-once.ts';
import { toErrorMessage } from './error-message.ts';
import type { V2Protocol, V2Realm } from './protocol.ts';
import { frameMessage } from './protocol.ts';
import type { RequestIdsOwner } from './request-ids.ts';
import { RequestIds } from './request-ids.ts';

const v2CloseCodes: Readonly<Record<string, number>> = { ...closeCodes, [reasons.protocolViolation]: 1002 };
const normal: Closing = { code: 1000, reason: '' };

const noProcedures: ReadonlySet<string> = new Set();

/** A grant and its WELCOME, framed in advance: if the WELCOME cannot be sent, the session is not granted. */
interface V2Grant extends Grant {
  readonly welcome: Uint8Array;
}

/** A framed CHALLENGE, and the function that verifies its answer. */
interface V2Challenge extends Pick<Extract<AuthStep, { readonly method: unknown }>, 'verify'> {
  readonly frame: Uint8Array;
}

/** The dialect of one v2 connection. */
export class DialectV2 implements Dialect, RequestIdsOwner {
  readonly family = 'v2';
  readonly openProcedures = noProcedures;
  readonly writeEvent: EventFrames;
  readonly #protocol: V2Protocol;
  readonly #connection: Connection;
  readonly #link: Link;
  readonly #handshake: Handshake;
  #realm: V2Realm | undefined;
  #sessionId: Id = 0;
  #authextra: unknown;
  #challenge: V2Challenge | undefined;
  #requestIds: RequestIds | undefined;
  /** Whether GOODBYE or ABORT has been sent: nothing may follow in this session. */
  #isEndSent = false;
  #explanation: string | undefined;

  constructor(protocol: V2Protocol, connection: Connection, link: Link, handshake: Handshake) {
    this.#protocol = protocol;
    this.#connection = connection;
    this.#link = link;
    this.#handshake = handshake;
    this.writeEvent = protocol.eventFrames(link.framing);
  }

  open(): void {}

  read(data: Uint8Array, isBinary: boolean): PeerMessage | undefined {
    const { serializer, limits } = this.#protocol;
    if (isBinary !== serializer.isBinary) {
      return this.#reject(
        `a message in ${serializer.name} must be a ${serializer.isBinary ? 'binary' : 'text'} message of WebSocket`,
      );
    }
    const message = readOctets(serializer, data, limits, 'peer');
    if (message instanceof ProtocolViolation) return this.#reject(message.message);
    const refusal = 'request' in message ? this.#refusalOf(message as Message<'CALL'>) : undefined;
    return refusal === undefined ? (message as PeerMessage) : this.#reject(refusal);
  }

  write(reply: Parameters<Dialect['write']>[0]): Uint8Array | undefined {
    if (this.#isEndSent) return undefined;
    return this.#frame(reply.type === 'ERROR' ? toErrorMessage(reply) : reply);
  }

  authenticate(hello: Hello, answer: AnswerAuth): void {
    settle(
      () => this.#begin(hello),
      (step) =>
        'grant' in step
          ? { type: 'auth.accepted', value: this.#toGrant(step.grant) }
          : { type: 'auth.challenged', value: this.#toChallenge(step) },
      answer,
    );
  }

  verify({ signature, extra }: Authenticate, answer: AnswerAuth): void {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    settle(
      () => challenge?.verify(signature as string, extra) as AuthGrant | Promise<AuthGrant>,
      (grant) => ({ type: 'auth.accepted', value: this.#toGrant(grant) }),
      answer,
    );
  }

  sendChallenge(challenge: unknown): void {
    this.#challenge = challenge as V2Challenge;
    if (!this.#isEndSent) this.#connection.delivery.send(this.#challenge.frame);
  }

  sendWelcome(grant: Grant): void {
    if (!this.#isEndSent) this.#connection.delivery.send((grant as V2Grant).welcome);
  }

  sendDenial(denial: unknown): void {
    const isOurs = denial instanceof WampError;
    const error = isOurs ? denial : new WampError(reasons.authenticationFailed);
    const { report, onAuthFailed } = this.#protocol;
    if (!isOurs) report.error('internal_error', { err: denial }, 'an authentication failed unexpectedly');
    const { remoteAddress } = this.#connection;
    if (error.uri === reasons.unavailable) report.warn('limit_reached', { remoteAddress }, error.description);
    else {
      report.count('auth_failed');
      onAuthFailed(remoteAddress);
    }
    this.#explanation = error.description;
    this.#sendAbort(error.uri);
  }

  sendGoodbye(reason: string, message: string | undefined): void {
    if (reason === reasons.goodbyeAndOut && message === undefined && !this.#isEndSent) {
      this.#connection.delivery.send(this.#protocol.goodbyeAndOut(this.#link.framing));
      this.#isEndSent = true;
    } else this.#sendEnd({ type: 'GOODBYE', details: message === undefined ? noDetails : { message }, reason });
  }

  explain(message: string): void {
    this.#explanation = message;
  }

  violate({ type }: PeerMessage, state: ConnectionState): void {
    this.#protocol.report.count('bad_message');
    this.#explanation = `${type} is not allowed in the state ${state}`;
  }

  abort(reason: string): Closing {
    // Between two sessions the router may send again: it was the session before that was closed.
    if (this.#connection.state === 'welcome') this.#isEndSent = false;
    if (this.#isEndSent) return normal;
    this.#sendAbort(reason);
    return { code: v2CloseCodes[reason] ?? policyViolation, reason };
  }

  onGap(expected: Id, request: Id, isFirst: boolean): void {
    this.#protocol.report.count('request_id_gap');
    if (!isFirst) return;
    const { id: connection, session } = this.#connection;
    const facts = { connection, authid: session?.authid, expected, request };
    this.#protocol.report.debug(facts, 'request ids are out of sequence');
  }

  continues(id: Id): boolean {
    return this.#connection.session?.calls.continues(id) === true;
  }

  #begin(hello: Hello): AuthStep | Promise<AuthStep> {
    const { realm: name } = hello;
    const details = withoutNulls(hello.details);
    const { realms, limits, nextSessionId } = this.#protocol;
    this.#isEndSent = false;
    this.#explanation = undefined;
    // The first session was counted when the link connected.
    const limit = this.#sessionId === 0 ? undefined : this.#protocol.rejoin(this.#connection.remoteAddress);
    if (limit !== undefined) throw new WampError(reasons.unavailable, { description: limit });
    const found = realms.get(name);
    if (!found) {
      if (!isUri(name, 'exact', 'loose', limits.maxUriLength)) {
        throw new WampError(reasons.invalidUri, { description: 'the realm must be a URI' });
      }
      throw new WampError(reasons.noSuchRealm, { description: `there is no realm "${name}"` });
    }
    const refusal = rolesRefusal(details.roles) ?? authRefusal(details);
    if (refusal) throw new WampError(reasons.protocolViolation, { description: refusal });
    this.#realm = found;
    this.#requestIds = new RequestIds(found.requestIds, this, limits.maxUriLength);
    this.#sessionId = nextSessionId();
    this.#authextra = details.authextra;
    this.#connection.openSession(found.realm, {
      id: this.#sessionId,
      features: featuresOf(details.roles),
      uriRefusal: found.uriRefusal,
    });
    const isHeld = details.authextra === undefined || this.#connection.keeps(details.authextra);
    if (!isHeld) throw noRoom;
    return found.authentication.begin({
      realm: name,
      session: this.#sessionId,
      authid: details.authid as string | undefined,
      authmethods: details.authmethods as readonly string[] | undefined,
      authextra: isDict(details.authextra) ? details.authextra : {},
      remoteAddress: this.#handshake.remoteAddress,
      headers: this.#handshake.headers,
      tls: this.#handshake.tls,
    });
  }

  #toChallenge({ method, extra, verify }: Extract<AuthStep, { readonly method: unknown }>): V2Challenge {
    return { verify, frame: this.#fitting('CHALLENGE', this.#frame({ type: 'CHALLENGE', method, extra })) };
  }

  #toGrant(granted: AuthGrant): V2Grant {
    const { authid, authrole, authmethod, authprovider, permissions, permissionsInput, isAnonymous } = granted;
    return {
      principal: { authid, authrole, authmethod, authprovider, permissions },
      authKey: isAnonymous ? null : authid,
      authExtra: this.#authextra,
      permissionsInput,
      welcome: this.#fitting('WELCOME', this.#frameWelcome(granted)),
    };
  }

  #frameWelcome({ authid, authrole, authmethod, authprovider, welcomeExtra }: AuthGrant): Uint8Array {
    const { agent, frameWelcome } = this.#protocol;
    const details = {
      agent,
      realm: this.#realm?.realm.name,
      authid,
      authrole,
      authmethod,
      authprovider,
      ...(welcomeExtra && { authextra: welcomeExtra }),
      // A placeholder that `frameWelcome` replaces with the roles of the router.
      roles: noDetails,
    };
    return frameWelcome(this.#sessionId, details, this.#link.framing, this.#realm?.hasHistory === true);
  }

  // spec#rawsocket: no message is longer than its receiver announced. Without CHALLENGE and WELCOME there is no session.
  #fitting(type: 'CHALLENGE' | 'WELCOME', frame: Uint8Array): Uint8Array {
    if (this.#connection.delivery.takes(frame)) return frame;
    throw new WampError(reasons.payloadSizeExceeded, { description: `the ${type} is larger than the peer accepts` });
  }

  #refusalOf({ type, request, options, procedure }: Message<'CALL'>): string | undefined {
    return this.#requestIds?.refusalOf(type, request as Id, options?.progress === true, procedure);
  }

  #reject(message: string): undefined {
    this.#protocol.report.count('bad_message');
    this.#connection.violate(message);
    return undefined;
  }

  #sendAbort(reason: string): void {
    const details: Dict = this.#explanation === undefined ? noDetails : { message: this.#explanation };
    this.#sendEnd({ type: 'ABORT', details, reason, payload: emptyPayload });
  }

  // Sends the last message of a session. If it is larger than the peer accepts, it is sent without details.
  #sendEnd(message: Message<'ABORT' | 'GOODBYE'>): void {
    if (this.#isEndSent) return;
    this.#isEndSent = true;
    const whole = this.#frame(message);
    const frame = this.#connection.delivery.takes(whole) ? whole : this.#frame({ ...message, details: noDetails });
    if (this.#connection.delivery.takes(frame)) this.#connection.delivery.send(frame);
  }

  #frame(message: Message): Uint8Array {
    return frameMessage(message, this.#protocol.serializer, this.#link.framing);
  }
}

const authRefusal = ({ authid, authmethods, authextra }: Dict): string | undefined => {
  if (authid !== undefined && authid !== '' && !isName(authid)) {
    return `HELLO.Details.authid must be a string of at most ${maxAuthidLength} octets`;
  }
  if (authextra !== undefined && !isDict(authextra)) {
    return 'HELLO.Details.authextra must be a dictionary';
  }
  const isList = Array.isArray(authmethods) && authmethods.every((name) => typeof name === 'string');
  return authmethods === undefined || isList ? undefined : 'HELLO.Details.authmethods must be a list of strings';
};
