/**
 * Permissions as applications write them, compiled into one table.
 *
 * Three shapes are accepted: the list of the WAMP v1 reference server, the map of the 2013 Postmaster, and rules as in WAMP
 * v2 routers. The rule that fits a URI best decides alone: an exact one, otherwise the longest prefix, otherwise the
 * wildcard with the most literal text. If none fits, the action is denied. A reserved URI (`wamp`, `wamp.` and the API
 * namespace of v1) is matched only by rules that cover nothing but reserved URIs. A rule for everything (`""` as prefix)
 * therefore does not grant the right to end other sessions.
 */

import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Match } from '../wamp/message.ts';
import { covers } from '../wamp/pattern.ts';
import type { Action, Permissions } from '../wamp/permission.ts';
import { reasons } from '../wamp/reasons.ts';
import { isReserved } from '../wamp/uri.ts';

/** Permissions as the reference server of WAMP v1 wrote them. Everything but `uri` is optional and means no. */
export interface PermissionList {
  readonly pubsub?: readonly { uri: string; prefix?: boolean; pub?: boolean; sub?: boolean }[] | null;
  readonly rpc?: readonly { uri: string; call?: boolean }[] | null;
}

/** Permissions as the 2013 Postmaster wrote them: exact URIs only. */
export interface PermissionMap {
  readonly RPC?: Readonly<Record<string, boolean>> | null;
  readonly PubSub?: Readonly<Record<string, { CanPublish?: boolean; CanSubscribe?: boolean }>> | null;
}

/** One rule. An action that the rule does not mention is denied. */
export interface PermissionRule {
  /** A URI, or a pattern of URIs. */
  readonly uri: string;
  /** Default: exact. */
  readonly match?: Match;
  readonly call?: boolean;
  readonly register?: boolean;
  readonly publish?: boolean;
  readonly subscribe?: boolean;
  /** Whether the identity of the publisher or caller is disclosed to subscribers and callees. */
  readonly disclose?: boolean;
}

/** What `getAuthPermissions` may return. `null` and `undefined` allow nothing. */
export type PermissionsInput = PermissionList | PermissionMap | readonly PermissionRule[] | null | undefined;

/** The permissions in the reply to `procedure#auth`, in the two historic shapes. */
export interface V1Permissions {
  readonly list: {
    readonly pubsub: readonly { uri: string; prefix: boolean; pub: boolean; sub: boolean }[];
    readonly rpc: readonly { uri: string; call: boolean }[];
  };
  readonly map: {
    readonly RPC: Readonly<Record<string, boolean>>;
    readonly PubSub: Readonly<Record<string, { CanPublish: boolean; CanSubscribe: boolean }>>;
  };
}

/** Permissions that can be queried, and reported to a v1 peer. */
export interface CompiledPermissions extends Permissions {
  readonly v1: V1Permissions;
}

/** A compiled rule. It says nothing about actions that are undefined: a v1 `pubsub` entry does not concern calls. */
interface Rule {
  readonly uri: string;
  readonly match: Match;
  readonly actions: Readonly<Partial<Record<Action, boolean>>>;
  readonly discloses?: boolean;
}

const cacheLimit = 1024;

const refuse = (path: string, expected: string): never => {
  throw new WampError(reasons.invalidArgument, { description: `permissions: ${path} must be ${expected}` });
};
const recordAt = (value: unknown, path: string): Dict => (isDict(value) ? value : refuse(path, 'an object'));
const listAt = (value: unknown, path: string): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : refuse(path, 'a list');
const uriAt = (value: unknown, path: string): string =>
  typeof value === 'string' && value !== '' ? value : refuse(path, 'a non-empty string');
/** The empty prefix covers every URI. Nothing else may be empty. */
const patternAt = (value: unknown, match: Match, path: string): string =>
  match === 'prefix' && value === '' ? '' : uriAt(value, path);
const flagAt = (value: unknown, path: string): boolean =>
  value === undefined || value === null ? false : typeof value === 'boolean' ? value : refuse(path, 'a boolean');

const fromList = (input: Dict): Rule[] => [
  ...listAt(input.pubsub, 'pubsub').map((value, at): Rule => {
    const path = `pubsub[${at}]`;
    const entry = recordAt(value, path);
    const match = flagAt(entry.prefix, `${path}.prefix`) ? 'prefix' : 'exact';
    return {
      uri: patternAt(entry.uri, match, `${path}.uri`),
      match,
      actions: { publish: flagAt(entry.pub, `${path}.pub`), subscribe: flagAt(entry.sub, `${path}.sub`) },
    };
  }),
  ...listAt(input.rpc, 'rpc').map((value, at): Rule => {
    const path = `rpc[${at}]`;
    const entry = recordAt(value, path);
    return {
      uri: uriAt(entry.uri, `${path}.uri`),
      match: 'exact',
      actions: { call: flagAt(entry.call, `${path}.call`) },
    };
  }),
];

const fromMap = (input: Dict): Rule[] => [
  ...Object.entries(recordAt(input.PubSub ?? {}, 'PubSub')).map(([uri, value]): Rule => {
    const path = `PubSub[${JSON.stringify(uri)}]`;
    const entry = recordAt(value, path);
    return {
      uri: uriAt(uri, 'PubSub key'),
      match: 'exact',
      actions: {
        publish: flagAt(entry.CanPublish, `${path}.CanPublish`),
        subscribe: flagAt(entry.CanSubscribe, `${path}.CanSubscribe`),
      },
    };
  }),
  ...Object.entries(recordAt(input.RPC ?? {}, 'RPC')).map(
    ([uri, value]): Rule => ({
      uri: uriAt(uri, 'RPC key'),
      match: 'exact',
      actions: { call: flagAt(value, `RPC[${JSON.stringify(uri)}]`) },
    }),
  ),
];

const matchAt = (value: unknown, path: string): Match =>
  value === undefined || value === null
    ? 'exact'
    : value === 'exact' || value === 'prefix' || value === 'wildcard'
      ? value
      : refuse(path, "'exact', 'prefix' or 'wildcard'");

const fromRules = (input: readonly unknown[]): Rule[] =>
  input.map((value, at): Rule => {
    const path = `[${at}]`;
    const rule = recordAt(value, path);
    const match = matchAt(rule.match, `${path}.match`);
    return {
      uri: patternAt(rule.uri, match, `${path}.uri`),
      match,
      actions: {
        call: flagAt(rule.call, `${path}.call`),
        register: flagAt(rule.register, `${path}.register`),
        publish: flagAt(rule.publish, `${path}.publish`),
        subscribe: flagAt(rule.subscribe, `${path}.subscribe`),
      },
      discloses: flagAt(rule.disclose, `${path}.disclose`),
    };
  });

const toRules = (input: unknown): Rule[] => {
  if (input === undefined || input === null) return [];
  if (Array.isArray(input)) return fromRules(input);
  const record = recordAt(input, 'the value');
  const known = ['pubsub', 'rpc', 'PubSub', 'RPC'];
  const unknown = Object.keys(record).find((key) => !known.includes(key));
  if (unknown !== undefined) refuse(JSON.stringify(unknown), 'left out; known are pubsub and rpc, or PubSub and RPC');
  return [...fromList(record), ...fromMap(record)];
};

const specificity: Readonly<Record<Match, number>> = { exact: 2, prefix: 1, wildcard: 0 };
const bySpecificity = (a: Rule, b: Rule): number =>
  specificity[b.match] - specificity[a.match] || b.uri.length - a.uri.length;

const describeForV1 = (rules: readonly Rule[]): V1Permissions => {
  const topics = rules.filter((rule) => rule.match !== 'wildcard' && rule.actions.publish !== undefined);
  const procedures = rules.filter((rule) => rule.match === 'exact' && rule.actions.call !== undefined);
  const exactTopics = topics.filter((rule) => rule.match === 'exact');
  return {
    list: {
      pubsub: topics.map(({ uri, match, actions }) => ({
        uri,
        prefix: match === 'prefix',
        pub: actions.publish === true,
        sub: actions.subscribe === true,
      })),
      rpc: procedures.map(({ uri, actions }) => ({ uri, call: actions.call === true })),
    },
    map: {
      RPC: Object.fromEntries(procedures.map(({ uri, actions }) => [uri, actions.call === true])),
      PubSub: Object.fromEntries(
        exactTopics.map(({ uri, actions }) => [
          uri,
          { CanPublish: actions.publish === true, CanSubscribe: actions.subscribe === true },
        ]),
      ),
    },
  };
};

/**
 * Compiles permissions of any accepted shape. With `everyCall` every call is allowed except of reserved URIs, as in the
 * 2013 Postmaster. Throws a WampError that names the path of the fault.
 */
export const compilePermissions = (
  input: unknown,
  options: { readonly everyCall?: boolean } = {},
): CompiledPermissions => {
  // Of two rules that are equally specific the later one counts, so they are reversed before the stable sort.
  const rules = toRules(input);
  const ranked = [...rules].reverse().sort(bySpecificity);
  const find = (action: Action, uri: string, match: Match): Rule | undefined =>
    ranked.find(
      (rule) =>
        rule.actions[action] !== undefined &&
        (isReserved(rule.uri, rule.match) || !isReserved(uri, match)) &&
        covers(rule.uri, rule.match, uri, match),
    );
  const decide = (action: Action, uri: string, match: Match): boolean =>
    find(action, uri, match)?.actions[action] === true;
  const isDisclosing = rules.some(({ discloses }) => discloses);
  const cache: Record<Action, Map<string, boolean>> = {
    call: new Map(),
    register: new Map(),
    publish: new Map(),
    subscribe: new Map(),
  };
  return {
    discloses: (action, uri) => isDisclosing && find(action, uri, 'exact')?.discloses === true,
    allows: (action, uri, match = 'exact') => {
      if (action === 'call' && options.everyCall && !isReserved(uri)) return true;
      if (match !== 'exact') return decide(action, uri, match);
      const known = cache[action].get(uri);
      if (known !== undefined) return known;
      const decision = decide(action, uri, 'exact');
      if (cache[action].size === cacheLimit) cache[action].clear();
      cache[action].set(uri, decision);
      return decision;
    },
    v1: describeForV1(rules),
  };
};
