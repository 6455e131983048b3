/**
 * WAMP v1 on a connection: prefixes, the translation between its nine messages and the core's, and WAMP-CRA as the chart's
 * HELLO and AUTHENTICATE.
 *
 * Nothing is sent for which v1 has no message: there is no acknowledgement, and a refused SUBSCRIBE, UNSUBSCRIBE or PUBLISH
 * is silently dropped (specification v1). Bad input is ignored and counted, up to a number (PROTOCOL.md, "Bad input in WAMP
 * v1").
 */

import type { ConnectionState } from '../../../machines/connection-event.ts';
import type { V1Challenge, V1Grant } from '../../auth/wampcra-v1.ts';
import type { Dict } from '../../base/dict.ts';
import { isDict, isEmpty, isMissing } from '../../base/dict.ts';
import { formatV1SessionId, parseV1SessionId } from '../../codec/session-id-v1.ts';
import type { V1Exclude, V1Message } from '../../codec/v1.ts';
import { readV1, v1Code, writeCallError, writeCallResult, writeWelcome } from '../../codec/v1.ts';
import { payloadOfPublish, toV1Error } from '../../codec/v1-payload.ts';
import { causeOf } from '../../codec/write-payload.ts';
import { noRoom } from '../../session/held.ts';
import type { Framing } from '../../transport/link.ts';
import { ProtocolViolation, WampError } from '../../wamp/error.ts';
import { noFeatures } from '../../wamp/feature.ts';
import type { Id } from '../../wamp/id.ts';
import type { Authenticate, ErrorMessage, Hello, Message, PeerMessage } from '../../wamp/message.ts';
import type { PublishOptions } from '../../wamp/options.ts';
import { reasons, v1Error } from '../../wamp/reasons.ts';
import { emptyRefusal, exceedsOctets } from '../../wamp/uri.ts';
import { policyViolation } from '../close-codes.ts';
import type { Connection } from '../connection.ts';
import type { AnswerAuth, Closing, Dialect, Grant } from '../dialect.ts';
import { settle } from '../dialect.ts';
import type { EventFrames } from '../encode-once.ts';
import { toGrant } from './grant.ts';
import type { V1Protocol } from './protocol.ts';
import { frameWithPayload, misplaced, v1CloseCodes, v1ErrorsByReason } from './protocol.ts';
import { translateCall } from './translate-call.ts';

const parseIds = (ids: readonly string[]): readonly Id[] =>
  ids.map(parseV1SessionId).filter((id): id is Id => id !== undefined);

/** The dialect of one v1 connection. `framing` is its link's. */
export class DialectV1 implements Dialect {
  readonly family = 'v1';
  readonly openProcedures: V1Protocol['realm']['registrations']['openProcedures'];
  readonly writeEvent: EventFrames;
  readonly #protocol: V1Protocol;
  readonly #connection: Connection;
  readonly #framing: Framing;
  readonly #sessionId: Id;
  readonly #sessionText: string;
  readonly #prefixes = new Map<string, string>();
  /** The id of the call of `authreq` or `auth` that is to be answered; undefined when the peer joins without one. */
  #pendingAuth: string | undefined;
  #challenge: V1Challenge | undefined;
  /** The close code of bad input, under the option `strict`. */
  #strictCode: number | undefined;
  /** Whether the peer has sent a valid message. */
  #hasReceived = false;
  #badMessages = 0;
  #failedLogins = 0;

  constructor(protocol: V1Protocol, connection: Connection, framing: Framing, sessionId: Id) {
    this.#protocol = protocol;
    this.#connection = connection;
    this.#framing = framing;
    this.#sessionId = sessionId;
    this.#sessionText = formatV1SessionId(sessionId);
    this.openProcedures = protocol.realm.registrations.openProcedures;
    this.writeEvent = protocol.eventFrames(framing);
  }

  open(): void {
    const { open, ident } = this.#protocol.options;
    const { realm } = this.#protocol;
    this.#connection.openSession(realm, { id: this.#sessionId, features: noFeatures, uriRefusal: emptyRefusal });
    this.#send(writeWelcome(this.#sessionText, ident));
    if (open) this.#connection.admit({ type: 'HELLO', realm: '', details: {} }, 0);
  }

  read(data: Uint8Array, isBinary: boolean): PeerMessage | undefined {
    if (isBinary)
      return this.#reject(
        new ProtocolViolation('a WAMP v1 message must be a text message of WebSocket', { closeCode: 1003 }),
      );
    const message = readV1(data, this.#protocol.limits);
    if (message instanceof ProtocolViolation) return this.#reject(message);
    if (!this.#hasReceived) {
      this.#hasReceived = true;
      this.#connection.onFirstMessage();
    }
    return this.#translate(message, data);
  }

  write(reply: Parameters<Dialect['write']>[0]): Uint8Array | undefined {
    if (reply.type === 'RESULT') return reply.details.progress ? undefined : this.#writeResult(reply);
    return reply.type === 'ERROR' && reply.requestType === 'CALL' ? this.#writeError(reply) : undefined;
  }

  authenticate(hello: Hello, answer: AnswerAuth): void {
    const { authenticator, options } = this.#protocol;
    const { request, details } = hello;
    const { remoteAddress } = this.#connection;
    const isCall = request !== undefined;
    this.#pendingAuth = isCall ? String(request) : undefined;
    if (options.open && !isCall) {
      const ask = (): V1Grant => authenticator.anonymous(null);
      settle(ask, (grant) => ({ type: 'auth.accepted', value: toGrant(grant) }), answer);
    } else {
      const isHeld = isMissing(details.authextra) || this.#connection.keeps(details.authextra);
      const ask = () => {
        if (!isHeld) throw noRoom;
        return authenticator.request(details.authid, details.authextra, this.#sessionText, remoteAddress);
      };
      settle(ask, (value) => ({ type: 'auth.challenged', value }), answer);
    }
  }

  verify({ request, signature }: Authenticate, answer: AnswerAuth): void {
    this.#pendingAuth = String(request);
    if (signature !== null && typeof signature !== 'string') {
      const error = new WampError(v1Error.invalidArgument, { description: 'the signature must be a string or null' });
      answer({ type: 'auth.misunderstood', value: error });
      return;
    }
    const challenge = this.#challenge;
    this.#challenge = undefined;
    const toEvent = (grant: V1Grant | undefined): Parameters<AnswerAuth>[0] =>
      grant
        ? { type: 'auth.accepted', value: toGrant(grant) }
        : { type: 'auth.denied', value: new WampError(v1Error.invalidSignature, { description: 'wrong signature' }) };
    settle(() => challenge?.verify(signature), toEvent, answer);
  }

  sendChallenge(challenge: unknown): void {
    this.#challenge = challenge as V1Challenge;
    this.#answerAuth((callId) => writeCallResult(callId, this.#challenge?.challenge));
  }

  sendWelcome(grant: Grant): void {
    const { list, map } = (grant as Grant & { readonly v1: V1Grant }).v1.permissions.v1;
    const shown = this.#protocol.options.postmasterCompat ? map : list;
    this.#answerAuth((callId) => writeCallResult(callId, shown));
  }

  sendDenial(denial: unknown): void {
    const error = denial instanceof WampError ? denial : new WampError(v1Error.internal);
    this.#answerAuth((callId) => writeCallError(callId, error.uri, error.description));
    if (error.uri === v1Error.invalidArgument) return;
    const { onAuthFailed, report, options } = this.#protocol;
    const { remoteAddress } = this.#connection;
    if (error.uri === reasons.unavailable) return report.warn('limit_reached', { remoteAddress }, error.description);
    report.count('auth_failed');
    onAuthFailed(remoteAddress);
    this.#failedLogins += 1;
    if (this.#failedLogins >= options.maxFailedLogins) this.#connection.fail(reasons.tooManyFailedLogins);
  }

  sendGoodbye(): void {}

  explain(): void {}

  violate(message: PeerMessage, state: ConnectionState): void {
    this.#protocol.report.count('unauthenticated_message');
    if (message.type === 'HELLO' || message.type === 'AUTHENTICATE') {
      const error = misplaced[message.type][state] ?? v1Error.generic;
      this.#send(writeCallError(String(message.request), error, `not allowed in the state ${state}`));
    } else if (message.type === 'CALL') {
      const { procedure } = message;
      this.#connection.session?.refuse(message, reasons.noSuchProcedure, `no procedure "${procedure}"`, procedure);
    }
  }

  abort(reason: string): Closing {
    return { code: v1CloseCodes[reason] ?? this.#strictCode ?? policyViolation, reason };
  }

  #reject(violation: ProtocolViolation): undefined {
    const { report, options } = this.#protocol;
    report.count('bad_message');
    if (violation.request !== undefined) {
      this.#send(writeCallError(String(violation.request), v1Error.invalidArgument, violation.message));
    } else if (options.strict) {
      this.#strictCode = violation.closeCode;
      this.#connection.fail(reasons.protocolViolation);
    }
    this.#badMessages += 1;
    if (this.#badMessages > options.maxBadMessages) this.#connection.fail(reasons.tooManyBadMessages);
    return undefined;
  }

  #translate(message: V1Message, data: Uint8Array): PeerMessage | undefined {
    const [code] = message;
    if (code === v1Code.prefix) return this.#definePrefix(message[1], message[2]);
    const uri = this.#resolve(code === v1Code.call ? message[2] : message[1]);
    if (this.#prefixes.size > 0 && exceedsOctets(uri, this.#protocol.limits.maxUriLength)) {
      const request = code === v1Code.call ? message[1] : undefined;
      return this.#reject(
        new ProtocolViolation(`the URI is longer than ${this.#protocol.limits.maxUriLength} octets`, { request }),
      );
    }
    switch (code) {
      case v1Code.call:
        return translateCall(message[1], uri, message.slice(3), data);
      case v1Code.subscribe:
        return { type: 'SUBSCRIBE', request: '', options: {}, topic: uri };
      case v1Code.unsubscribe:
        return { type: 'UNSUBSCRIBE', request: '', subscription: 0, topic: uri };
      case v1Code.publish: {
        const options = this.#publishOptions(message[3], message[4]) as Dict;
        return { type: 'PUBLISH', request: '', options, topic: uri, payload: payloadOfPublish(data, message) };
      }
    }
  }

  #definePrefix(prefix: string, uri: string): undefined {
    const before = this.#prefixes.get(prefix);
    const isFull = this.#prefixes.size >= this.#protocol.options.maxPrefixes && before === undefined;
    const known = before === undefined ? -Buffer.byteLength(prefix) : Buffer.byteLength(before);
    if (isFull || !this.#connection.session?.held.keep(Buffer.byteLength(uri) - known))
      return this.#reject(
        new ProtocolViolation('the connection has too many prefixes', { closeCode: policyViolation }),
      );
    this.#prefixes.set(prefix, uri);
    return undefined;
  }

  // A CURIE is split at its first colon. With an unknown prefix it is taken for a URI. The result is not resolved again.
  #resolve(curie: string): string {
    if (this.#prefixes.size === 0) return curie;
    const colon = curie.indexOf(':');
    const uri = colon < 0 ? undefined : this.#prefixes.get(curie.slice(0, colon));
    return uri === undefined ? curie : uri + curie.slice(colon + 1);
  }

  // A list of excluded sessions replaces the default about the publisher; exclusion wins over eligibility.
  #publishOptions(exclude: V1Exclude, eligible: readonly string[] | null | undefined): PublishOptions {
    const { excludePublisherByDefault } = this.#protocol.options;
    if ((exclude === undefined || exclude === null) && !eligible) {
      return excludePublisherByDefault ? excludePublisher : includePublisher;
    }
    const isList = Array.isArray(exclude);
    return {
      exclude_me: isList ? false : typeof exclude === 'boolean' ? exclude : excludePublisherByDefault,
      ...(isList && { exclude: parseIds(exclude) }),
      ...(eligible && { eligible: parseIds(eligible) }),
    };
  }

  #writeResult({ request, payload }: Message<'RESULT'>): Uint8Array {
    const callId = String(request);
    if (payload.isEmpty) return this.#framing.text(writeCallResult(callId, null));
    return this.#attempt(callId, () => frameWithPayload([v1Code.callResult, callId], payload, this.#framing));
  }

  #writeError({ request, error, description, details, payload, from }: ErrorMessage): Uint8Array {
    const callId = String(request);
    if (from === 'router') {
      if (error === reasons.noSuchProcedure && this.#protocol.options.postmasterCompat) {
        const text = "RPC call '%s' not implemented";
        return this.#framing.text(writeCallError(callId, v1Error.notImplemented, text, details));
      }
      return this.#framing.text(writeCallError(callId, v1ErrorsByReason[error] ?? error, description));
    }
    const hasDetails = details !== undefined && !(isDict(details) && isEmpty(details));
    return this.#attempt(callId, () => {
      const written = toV1Error(description, payload);
      if (hasDetails) return this.#framing.text(writeCallError(callId, error, written.description, details));
      const list = [v1Code.callError, callId, error, written.description];
      return written.hasDetails
        ? frameWithPayload(list, payload, this.#framing)
        : this.#framing.text(JSON.stringify(list));
    });
  }

  // A caller gets an answer even when the result cannot be encoded as JSON.
  #attempt(callId: string, write: () => Uint8Array): Uint8Array {
    try {
      return write();
    } catch (error) {
      this.#protocol.report.warn('encode_failed', causeOf(error), 'a result cannot be sent as JSON');
      return this.#framing.text(writeCallError(callId, v1Error.internal, 'the result cannot be serialised'));
    }
  }

  #answerAuth(write: (callId: string) => string): void {
    const callId = this.#pendingAuth;
    this.#pendingAuth = undefined;
    if (callId !== undefined) this.#send(write(callId));
  }

  #send(text: string): void {
    this.#connection.delivery.send(this.#framing.text(text));
  }
}

const includePublisher: PublishOptions = { exclude_me: false };
const excludePublisher: PublishOptions = { exclude_me: true };
