/**
 * Roles and features (Basic Profile, "Role and Feature Announcement"): what this router announces in WELCOME, and what a
 * peer announced in HELLO. A feature is announced only if a test proves it.
 */

import type { Dict } from '../base/dict.ts';
import { isDict, withoutNulls } from '../base/dict.ts';

const announce = (...names: readonly string[]): { readonly features: Dict } => ({
  features: Object.fromEntries(names.map((name) => [name, true])),
});

/** WELCOME.Details.roles of this router in a realm that keeps the history of some topic. */
export const routerRoles = {
  broker: announce(
    'publisher_identification',
    'publisher_exclusion',
    'subscriber_blackwhite_listing',
    'pattern_based_subscription',
    'subscription_meta_api',
    'session_meta_api',
    'event_history',
    'event_retention',
    'subscription_revocation',
    'payload_passthru_mode',
  ),
  dealer: announce(
    'caller_identification',
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_timeout',
    'pattern_based_registration',
    'shared_registration',
    'registration_meta_api',
    'session_meta_api',
    'registration_revocation',
    'testament_meta_api',
    'payload_passthru_mode',
    'call_reroute',
  ),
} as const;

const { event_history: _, ...withoutHistory } = routerRoles.broker.features;

/** The same for a realm that keeps no history. */
export const routerRolesWithoutHistory = { ...routerRoles, broker: { features: withoutHistory } } as const;

/** The features that a peer has announced, as the router uses them. */
export interface PeerFeatures {
  readonly callee: {
    /** It handles INTERRUPT. */
    readonly cancels: boolean;
    /** It can send progressive results. The dealer decides whether it may: without call canceling they could not be stopped. */
    readonly progress: boolean;
    /** It accepts an invocation in several parts. */
    readonly progressiveInvocations: boolean;
    readonly timeouts: boolean;
    /** Its `wamp.error.unavailable` asks the dealer to try another callee. */
    readonly reroutes: boolean;
    readonly revocation: boolean;
    readonly passthru: boolean;
  };
  readonly caller: { readonly progressiveInvocations: boolean; readonly passthru: boolean };
  readonly subscriber: { readonly revocation: boolean; readonly passthru: boolean };
  readonly publisher: { readonly passthru: boolean };
}

const peerRoles: readonly string[] = ['publisher', 'subscriber', 'caller', 'callee'];

/**
 * Why `roles` is not a valid announcement of a client; undefined if it is. At least one known role is needed; unknown ones
 * are ignored.
 */
export const rolesRefusal = (roles: unknown): string | undefined => {
  if (!isDict(roles)) return 'HELLO.Details.roles must be a dictionary';
  const given = withoutNulls(roles);
  const announced = peerRoles.filter((name) => name in given);
  if (announced.length === 0) return `HELLO.Details.roles must have at least one of ${peerRoles.join(', ')}`;
  return announced.every((name) => isDict(given[name]))
    ? undefined
    : 'each of HELLO.Details.roles must be a dictionary';
};

/** What payload passthru was before it had its chapter: a payload that is one binary value, without a list around it. */
const transparency = 'payload_transparency';

/** The features that the router looks for, by all their names. The position of each in this list is its bit. */
const asked: readonly (readonly [role: string, ...names: readonly string[]])[] = [
  // The chapter on progressive invocations spells it with two l.
  ['callee', 'call_canceling', 'call_cancelling'],
  ['callee', 'progressive_call_results'],
  ['callee', 'progressive_call_invocations'],
  ['callee', 'call_timeout'],
  ['callee', 'call_reroute'],
  ['callee', 'registration_revocation'],
  ['callee', 'payload_passthru_mode', transparency],
  ['caller', 'progressive_call_invocations'],
  ['caller', 'payload_passthru_mode', transparency],
  ['subscriber', 'subscription_revocation'],
  ['subscriber', 'payload_passthru_mode', transparency],
  ['publisher', 'payload_passthru_mode', transparency],
];

const read = (roles: unknown): number => {
  if (!isDict(roles)) return 0;
  let bits = 0;
  let bit = 1;
  for (const [role, ...names] of asked) {
    const announced = roles[role];
    if (isDict(announced)) {
      // Some clients leave out the dictionary between the role and its features.
      const features = announced.features ?? announced;
      if (isDict(features) && names.some((name) => features[name] === true)) bits |= bit;
    }
    bit <<= 1;
  }
  return bits;
};

const explain = (bits: number): PeerFeatures => {
  const has = (role: string, feature: string): boolean =>
    asked.some(([one, name], at) => one === role && name === feature && (bits & (1 << at)) !== 0);
  const cancels = has('callee', 'call_canceling');
  return {
    callee: {
      cancels,
      progress: has('callee', 'progressive_call_results'),
      progressiveInvocations: cancels && has('callee', 'progressive_call_invocations'),
      timeouts: has('callee', 'call_timeout'),
      reroutes: has('callee', 'call_reroute'),
      revocation: has('callee', 'registration_revocation'),
      passthru: has('callee', 'payload_passthru_mode'),
    },
    caller: {
      progressiveInvocations: has('caller', 'progressive_call_invocations'),
      passthru: has('caller', 'payload_passthru_mode'),
    },
    subscriber: {
      revocation: has('subscriber', 'subscription_revocation'),
      passthru: has('subscriber', 'payload_passthru_mode'),
    },
    publisher: { passthru: has('publisher', 'payload_passthru_mode') },
  };
};

/** Sessions that announced the same features share one object. There are at most 4,096 of these. */
const kinds = new Map<number, PeerFeatures>();

/** What a peer announced in HELLO.Details.roles. */
export const featuresOf = (roles: unknown): PeerFeatures => {
  const bits = read(roles);
  const known = kinds.get(bits);
  if (known) return known;
  const features = explain(bits);
  kinds.set(bits, features);
  return features;
};

const all = Object.fromEntries(
  peerRoles.map((role) => [
    role,
    announce(
      'call_canceling',
      'progressive_call_results',
      'progressive_call_invocations',
      'call_timeout',
      'call_reroute',
      'registration_revocation',
      'subscription_revocation',
      'payload_passthru_mode',
    ),
  ]),
);

/** The features of a peer inside this process, which can do everything. */
export const allFeatures: PeerFeatures = featuresOf(all);

/** The features of a peer that announces nothing, as in WAMP v1. */
export const noFeatures: PeerFeatures = featuresOf(undefined);

/** The violation of a peer that uses an option without having announced the feature for it. */
export const notAnnounced = (option: string, feature: string): string =>
  `${option} needs the feature ${feature}, which HELLO did not announce`;
