/** The URIs of errors and of reasons for closing. Each is a constant; none is composed at run time. */

/** A URI that names an error or the reason of a close: one of this router's, or one that a procedure chose. */
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
  /** The rules deny it. */
  notAuthorized: 'wamp.error.not_authorized',
  /** The check itself failed, which denies it too. */
  authorizationFailed: 'wamp.error.authorization_failed',
  authenticationFailed: 'wamp.error.authentication_failed',
  authenticationDenied: 'wamp.error.authentication_denied',
  noMatchingAuthMethod: 'wamp.error.no_matching_auth_method',
  /** The realm does not disclose the identity of publishers and callers. */
  disclosureDisallowed: 'wamp.error.option_disallowed.disclose_me',
  featureNotSupported: 'wamp.error.feature_not_supported',
  /** Every callee has answered that it is unavailable, or all are busy and the queue is full. */
  noAvailableCallee: 'wamp.error.no_available_callee',
  timeout: 'wamp.error.timeout',
  networkFailure: 'wamp.error.network_failure',
  /** A limit of this router has been reached. The session and everything it has stay as they are. */
  unavailable: 'wamp.error.unavailable',
  /** A procedure threw something other than a WampError. Not in the specification; most routers and clients use this name. */
  runtimeError: 'wamp.error.runtime_error',
  systemShutdown: 'wamp.close.system_shutdown',
  goodbyeAndOut: 'wamp.close.goodbye_and_out',
  killed: 'wamp.close.killed',
  /** Ours: the peer read too slowly and its outbox reached the limit. */
  outboxOverflow: 'postmaster.close.outbox_overflow',
  /** Ours: the peer left pings unanswered. */
  pingTimeout: 'postmaster.close.ping_timeout',
  /** Ours: the peer did not send HELLO in time. */
  helloTimeout: 'postmaster.close.hello_timeout',
  /** Ours: a v1 peer that had sent nothing was disconnected to make room for a new connection. */
  silent: 'postmaster.close.silent',
  /** Ours: too many invalid messages (in WAMP v1, which ignores a single one). */
  tooManyBadMessages: 'postmaster.close.too_many_bad_messages',
  /** Ours: too many failed authentications on one connection. */
  tooManyFailedLogins: 'postmaster.close.too_many_failed_logins',
  /** Ours: a callee was replaced by another session with `force_reregister`. */
  replaced: 'postmaster.revoked.replaced',
  /** Ours: a subscription or registration was revoked, and the reason that was given is not a URI. */
  removed: 'postmaster.revoked.removed',
  /** Ours: a fault inside the router, which its log describes. */
  internalError: 'postmaster.close.internal_error',
} as const satisfies Record<string, Reason>;

const v1Api = 'http://api.wamp.ws/';

/** The namespace that WAMP v1 reserves; applications may not register here. */
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
