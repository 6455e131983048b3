/** The public API, in one list. */

// What is exported has types of Node: a program has them with it, whatever `types` its tsconfig names.
/// <reference types="node" preserve="true" />

export type { ServerState } from '../machines/server-event.ts';
export type { Credential, TlsPeer } from './auth/authentication.ts';
export type { ChannelBinding } from './auth/channel-binding.ts';
export type { CraSecret, KeyPair } from './auth/create-secret.ts';
export { createCraSecret, createKeyPair, createSalt, createTicket } from './auth/create-secret.ts';
export { publicKeyOf } from './auth/cryptosign.ts';
export type { CookieParameters } from './auth/method/cookie.ts';
export type { CryptosignCredential } from './auth/method/cryptosign.ts';
export type { ScramCredential } from './auth/method/scram.ts';
export type { TicketCredential, TicketRequest } from './auth/method/ticket.ts';
export type { TlsRequest } from './auth/method/tls.ts';
export type { CraCredential } from './auth/method/wampcra.ts';
export type { AuthenticatorName, AuthenticatorSettings, ByProcedure, DecoySettings } from './auth/methods.ts';
export type { PermissionList, PermissionMap, PermissionRule, PermissionsInput } from './auth/permission.ts';
export type { FindPrincipal, PrincipalRequest, Principals } from './auth/principals.ts';
export type { ScramKdf, ScramParameters, ScramVerifier } from './auth/scram.ts';
export { createScramVerifier } from './auth/scram.ts';
export type { Derivation, SecretInput } from './auth/wampcra.ts';
export { deriveKey, signChallenge } from './auth/wampcra.ts';
export type { CraDecoy } from './auth/wampcra-decoy.ts';
export type { GetAuthPermissions, GetAuthSecret } from './auth/wampcra-v1.ts';
export type { Logger } from './base/console-log.ts';
export type { Dict } from './base/dict.ts';
export type { Counter } from './base/report.ts';
export { version } from './base/version.ts';
export type { HistorySettings } from './broker/history.ts';
export type { Inspect, InspectedEvent } from './chart/inspect.ts';
export type { EngineName } from './chart/running-chart.ts';
export type { Accepted } from './connection/acceptor.ts';
export type { OutboxPolicy } from './connection/outbox.ts';
export type { RequestIdRule } from './connection/v2/request-ids.ts';
export type { Procedure, ProcedureCall } from './dealer/procedure.ts';
export type { Fact } from './inspect/fact.ts';
export type { InterceptorScope } from './interceptor/scope.ts';
export type { Interceptor } from './interceptor/stage.ts';
export type { Limits, V1Settings } from './options/limits.ts';
export { defaultLimits, defaultV1 } from './options/limits.ts';
export type { Permissions } from './options/permissions.ts';
export type { RealmSettings } from './options/realm.ts';
export type { CompressionOptions, PostmasterOptions, PublishVerdict } from './options/router.ts';
export type { LocalPeer } from './realm/local-peer.ts';
export type { CallOptions, EventHandler, LocalRegistration, LocalSubscription } from './realm/local-requests.ts';
export { Postmaster } from './router/postmaster.ts';
export type {
  AuthorizationChoice,
  FormChoice,
  PublishEventOptions,
  RealmChoice,
  SessionOptions,
} from './router/requests.ts';
export type { Stats } from './router/stats.ts';
export type { AuthorizationRequest, Authorizer } from './session/authorizer.ts';
export type { Disclosure } from './session/disclosure.ts';
export type { CallerInfo, PeerInfo } from './session/peer.ts';
export type { TlsSettings } from './transport/address.ts';
export type { Framing, Handshake, HeldChunk, Join, Link, LinkListener } from './transport/link.ts';
export type { Listening, ListenOptions } from './transport/listen.ts';
export type { RawSocketListening, RawSocketListenOptions } from './transport/rawsocket/listener.ts';
export type { CompressionSettings } from './transport/websocket/compression.ts';
export { EncodedValue } from './wamp/encoded-value.ts';
export type { ProtocolViolationOptions, WampErrorOptions } from './wamp/error.ts';
export { ConfigError, errorCode, LinkError, ProtocolViolation, WampError } from './wamp/error.ts';
export type { Id } from './wamp/id.ts';
export type { Match, RequestId } from './wamp/message.ts';
export type { CancelMode, InvokePolicy, PassthruOptions, PublishOptions } from './wamp/options.ts';
export type { Args, GivenArgs, GivenKwargs, Kwargs, Payload, PayloadForm } from './wamp/payload.ts';
export type { Action } from './wamp/permission.ts';
export type { Audience, Publication } from './wamp/publication.ts';
export type { Reason } from './wamp/reasons.ts';
export { WampResult } from './wamp/result.ts';
export type { UriRule } from './wamp/uri.ts';
