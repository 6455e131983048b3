/**
 * The URIs that say why: errors of requests and reasons of endings, each a constant, none made up on the way.
 */

/** A URI that names an error or the reason of an ending: one of ours, or one that a procedure chose. */
export type Reason = string;

/** Reasons of WAMP v2 (Basic Profile, "Predefined URIs", and Advanced Profile, same title). */
export const reasons = {
  invalidUri: 'wamp.error.invalid_uri',
  noSuchProcedure: 'wamp.error.no_such_procedure',
  procedureAlreadyExists: 'wamp.error.procedure_already_exists',
  noSuchSubscription: 'wamp.error.no_such_subscription',
  noSuchRegistration: 'wamp.error.no_such_registration',
  noSuchSession: 'wamp.error.no_such_session',
  noSuchRealm: 'wamp.error.no_such_realm',
  invalidArgument: 'wamp.error.invalid_argument',
  canceled: 'wamp.error.canceled',
  payloadSizeExceeded: 'wamp.error.payload_size_exceeded',
  protocolViolation: 'wamp.error.protocol_violation',
  /** The rules say no. */
  notAuthorized: 'wamp.error.not_authorized',
  /** The check itself broke, which also means no. */
  authorizationFailed: 'wamp.error.authorization_failed',
  authenticationFailed: 'wamp.error.authentication_failed',
  authenticationDenied: 'wamp.error.authentication_denied',
  noMatchingAuthMethod: 'wamp.error.no_matching_auth_method',
  /** The realm does not disclose who publishes or calls. */
  disclosureDisallowed: 'wamp.error.option_disallowed.disclose_me',
  featureNotSupported: 'wamp.error.feature_not_supported',
  /** Every callee said that it is unavailable, or all are busy and the queue is full. */
  noAvailableCallee: 'wamp.error.no_available_callee',
  timeout: 'wamp.error.timeout',
  networkFailure: 'wamp.error.network_failure',
  /** A limit of this router is reached; the session and what it has live on. */
  unavailable: 'wamp.error.unavailable',
  /** A procedure threw something that is no WampError. Not in the specification; the name most routers and clients use. */
  runtimeError: 'wamp.error.runtime_error',
  systemShutdown: 'wamp.close.system_shutdown',
  goodbyeAndOut: 'wamp.close.goodbye_and_out',
  killed: 'wamp.close.killed',
  /** Ours: the peer read too slowly and its outbox reached the limit. */
  outboxOverflow: 'postmaster.close.outbox_overflow',
  /** Ours: the peer left pings unanswered. */
  pingTimeout: 'postmaster.close.ping_timeout',
  /** Ours: the peer did not say HELLO in time. */
  helloTimeout: 'postmaster.close.hello_timeout',
  /** Ours: a v1 peer that had said nothing was closed for one that came. */
  silent: 'postmaster.close.silent',
  /** Ours: too many messages that mean nothing (WAMP v1, where each of them alone is ignored). */
  tooManyBadMessages: 'postmaster.close.too_many_bad_messages',
  /** Ours: too many failed authentications on one connection. */
  tooManyFailedLogins: 'postmaster.close.too_many_failed_logins',
  /** Ours: a callee was replaced by another session with `force_reregister`. */
  replaced: 'postmaster.revoked.replaced',
  /** Ours: a subscription or registration was taken back by somebody who gave no URI as reason. */
  removed: 'postmaster.revoked.removed',
  /** Ours: a fault inside the router, logged there. */
  internalError: 'postmaster.close.internal_error',
} as const satisfies Record<string, Reason>;

const v1Api = 'http://api.wamp.ws/';

/** The address space that WAMP v1 keeps for itself; applications may not register here. */
export const v1Reserved = v1Api;

/** The two procedures of WAMP-CRA v1. */
export const v1Procedure = {
  authreq: `${v1Api}procedure#authreq`,
  auth: `${v1Api}procedure#auth`,
} as const;

/** Error URIs of WAMP v1 as its reference server used them. */
export const v1Error = {
  alreadyAuthenticated: `${v1Api}error#already-authenticated`,
  authenticationAlreadyRequested: `${v1Api}error#authentication-already-requested`,
  invalidArgument: `${v1Api}error#invalid-argument`,
  anonymousAuthForbidden: `${v1Api}error#anonymous-auth-forbidden`,
  noSuchAuthkey: `${v1Api}error#no-such-authkey`,
  authPermissionsError: `${v1Api}error#auth-permissions-error`,
  noAuthenticationRequested: `${v1Api}error#no-authentication-requested`,
  invalidSignature: `${v1Api}error#invalid-signature`,
  noSuchRpcEndpoint: `${v1Api}error#NoSuchRPCEndpoint`,
  generic: `${v1Api}error#generic`,
  internal: `${v1Api}error#internal`,
  notAuthorized: `${v1Api}error#not_authorized`,
  /** The 2013 Postmaster's answer to an unknown procedure, under `postmasterCompat`. */
  notImplemented: 'error:notimplemented',
} as const satisfies Record<string, Reason>;
