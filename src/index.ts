/** Everything public, in one list. */

export type { PermissionList, PermissionMap, PermissionRule, PermissionsInput } from './auth/permission.ts';
export type { SecretInput } from './auth/wampcra.ts';
export { deriveKey, signChallenge } from './auth/wampcra.ts';
export type { GetAuthPermissions, GetAuthSecret } from './auth/wampcra-v1.ts';
export type { Accepted } from './connection/acceptor.ts';
export type { Framing, Handshake, Link, LinkListener } from './connection/link.ts';
export type { OutboxPolicy } from './connection/outbox.ts';
export type { Interceptor, InterceptorScope } from './interceptor/pipeline.ts';
export type { Limits, PostmasterOptions, RealmSettings, V1Settings } from './options.ts';
export { defaultLimits, defaultV1 } from './options.ts';
export type { PublishEventOptions, RealmChoice, SessionOptions, Stats } from './postmaster.ts';
export { Postmaster } from './postmaster.ts';
export type { CallerInfo, Procedure, ProcedureCall } from './realm/dealer.ts';
export type { CallOptions, EventHandler, LocalPeer, LocalRegistration, LocalSubscription } from './realm/local-peer.ts';
export type { PeerInfo } from './realm/session.ts';
export type { Listening, ListenOptions, TlsSettings } from './transport/listener.ts';
export { version } from './version.ts';
export type { WampErrorOptions } from './wamp/error.ts';
export { ConfigError, errorCode, LinkError, ProtocolViolation, WampError } from './wamp/error.ts';
export type { Args, Kwargs, Match, Payload, Publication, PublishOptions } from './wamp/message.ts';
export type { Counter, Logger } from './wamp/report.ts';
