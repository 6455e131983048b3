/**
 * The options of requests: their names and types, and the error that a peer gets for a wrong one. Unknown keys are ignored.
 * A known key of the wrong type refuses the request; a flag is true or false, never 0 or 1. A key that is null counts as
 * left out, as some clients write it. The exception is a null in the audience: left out it would mean every subscriber, so
 * the request is refused.
 */

import { longestTimer } from '../base/clock.ts';
import type { Dict } from '../base/dict.ts';
import { isDict, withoutNulls } from '../base/dict.ts';
import { WampError } from './error.ts';
import type { Id } from './id.ts';
import { isId } from './id.ts';
import type { Match } from './message.ts';
import { reasons } from './reasons.ts';
import { exceedsOctets } from './uri.ts';

/** Describes a payload that the router passes on untouched (Advanced Profile, "Payload Passthru Mode"). */
export interface PassthruOptions {
  /** The scheme, such as `x_custom`. Without it, and `enc_algo`, the others are ignored. Each has at most 1,024 octets. */
  readonly ppt_scheme?: string;
  /** The serializer of the payload. */
  readonly ppt_serializer?: string;
  /** The cipher of the payload. */
  readonly ppt_cipher?: string;
  /** The key of the payload. */
  readonly ppt_keyid?: string;
  /** The cipher of a payload that is one binary value without a list around it, as peers sent it before the chapter. */
  readonly enc_algo?: string;
  /** The serializer of such a payload. */
  readonly enc_serializer?: string;
  /** The key of such a payload. */
  readonly enc_key?: string;
}

/**
 * Options of PUBLISH, with the lists of who may receive it (Advanced Profile, "Subscriber Black- and Whitelisting"). A
 * subscriber must pass every list that is present. An empty `eligible` lets no one pass.
 */
export interface PublishOptions extends PassthruOptions {
  /** Whether the router answers, with PUBLISHED or ERROR. Default: false. */
  readonly acknowledge?: boolean;
  /** Whether the publisher does not receive its own event. Default: true. */
  readonly exclude_me?: boolean;
  /** Whether the publisher is disclosed to subscribers. Default: what the realm says. */
  readonly disclose_me?: boolean;
  /** Whether the broker keeps the event for later subscribers, instead of the one before. Default: false. */
  readonly retain?: boolean;
  /** The ids of sessions that do not receive it. */
  readonly exclude?: readonly Id[];
  /** The authids of sessions that do not receive it. */
  readonly exclude_authid?: readonly string[];
  /** The roles of sessions that do not receive it. */
  readonly exclude_authrole?: readonly string[];
  /** The ids of the only sessions that may receive it. */
  readonly eligible?: readonly Id[];
  /** The authids of the only sessions that may receive it. */
  readonly eligible_authid?: readonly string[];
  /** The roles of the only sessions that may receive it. */
  readonly eligible_authrole?: readonly string[];
}

/** The options of a publication that has none. */
export const noPublishOptions: PublishOptions = Object.freeze({});

/** Options of SUBSCRIBE. */
export interface SubscribeOptions {
  readonly match?: Match;
  readonly get_retained?: boolean;
}

/** Options of CALL. `timeout` is in ms; 0 means no timeout. */
export interface CallRequestOptions extends PassthruOptions {
  readonly timeout?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  readonly disclose_me?: boolean;
}

/** What happens to the callee of a call that is canceled (Advanced Profile, "Call Canceling"). */
export type CancelMode = 'skip' | 'kill' | 'killnowait';

/** Which callee of a shared registration is invoked (Advanced Profile, "Shared Registration"). */
export type InvokePolicy = 'single' | 'roundrobin' | 'random' | 'first' | 'last';

/** Options of REGISTER. */
export interface RegisterOptions {
  /** Default: exact. */
  readonly match?: Match;
  /** Which callee is invoked if there are several. Default: single, which allows one callee. */
  readonly invoke?: InvokePolicy;
  /** How many invocations the callee accepts at once, at least 1; further calls wait in a queue. Default: no limit. */
  readonly concurrency?: number;
  /** Whether the URI is taken over from sessions of the same authid, or by a role that may from others. Default: false. */
  readonly force_reregister?: boolean;
  /** Whether the callee asks for callers to be disclosed to it. Default: false. */
  readonly disclose_caller?: boolean;
  /** Whether the timeout of a call is handed to the callee, if that announced `call_timeout`. Default: false. */
  readonly forward_timeout?: boolean;
}

/** Options of YIELD. */
export interface YieldOptions extends PassthruOptions {
  readonly progress?: boolean;
}

/** The options of each message that has some. */
export interface OptionsByType {
  readonly PUBLISH: PublishOptions;
  readonly SUBSCRIBE: SubscribeOptions;
  readonly CALL: CallRequestOptions;
  /** A later part of a CALL. All other options were set by the first part (Advanced Profile, "Freezing of Options"). */
  readonly PART: Pick<CallRequestOptions, 'progress'>;
  readonly CANCEL: { readonly mode?: CancelMode };
  readonly REGISTER: RegisterOptions;
  readonly YIELD: YieldOptions;
}

interface Kind {
  readonly expected: string;
  /** Whether null is a wrong value. By default it means that the option is not given. */
  readonly refusesNull?: true;
  is(value: unknown): boolean;
}

const flag: Kind = { expected: 'true or false', is: (value) => typeof value === 'boolean' };
/** The limit of a string in octets, since the router keeps those of a call until it is answered. */
const mostText = 1024;
const text: Kind = {
  expected: `a string of at most ${mostText} octets`,
  is: (value) => typeof value === 'string' && !exceedsOctets(value, mostText),
};
const ids: Kind = {
  expected: 'a list of session ids',
  refusesNull: true,
  is: (value) => Array.isArray(value) && value.every(isId),
};
const texts: Kind = {
  expected: 'a list of strings',
  refusesNull: true,
  is: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};
const whole = (least: number): Kind => ({
  expected: `a whole number from ${least} to ${longestTimer}`,
  is: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= longestTimer,
});
const oneOf = (...names: readonly string[]): Kind => ({
  expected: `one of ${names.join(', ')}`,
  is: (value) => names.includes(value as string),
});

const match = oneOf('exact', 'prefix', 'wildcard');
const passthru = {
  ...{ ppt_scheme: text, ppt_serializer: text, ppt_cipher: text, ppt_keyid: text },
  ...{ enc_algo: text, enc_serializer: text, enc_key: text },
};

const kinds: { readonly [Type in keyof OptionsByType]: { readonly [Name in keyof OptionsByType[Type]]-?: Kind } } = {
  PUBLISH: {
    acknowledge: flag,
    exclude_me: flag,
    disclose_me: flag,
    retain: flag,
    exclude: ids,
    exclude_authid: texts,
    exclude_authrole: texts,
    eligible: ids,
    eligible_authid: texts,
    eligible_authrole: texts,
    ...passthru,
  },
  SUBSCRIBE: { match, get_retained: flag },
  CALL: { timeout: whole(0), receive_progress: flag, progress: flag, disclose_me: flag, ...passthru },
  PART: { progress: flag },
  CANCEL: { mode: oneOf('skip', 'kill', 'killnowait') },
  REGISTER: {
    match,
    invoke: oneOf('single', 'roundrobin', 'random', 'first', 'last'),
    concurrency: whole(1),
    force_reregister: flag,
    disclose_caller: flag,
    forward_timeout: flag,
  },
  YIELD: { progress: flag, ...passthru },
};

const tables = new Map(Object.entries(kinds).map(([type, table]) => [type, new Map(Object.entries<Kind>(table))]));

/**
 * The options of a message, checked and without nulls. Code behind this reads the result and not the options of the
 * message. Throws `wamp.error.invalid_argument` with the name of the key. The options are copied only if a key has to be
 * removed: a null, or an unknown key of a CALL, since its options are kept while it is pending.
 */
export const checkOptions = <Type extends keyof OptionsByType>(
  type: Type,
  given: Dict | OptionsByType[Type],
): OptionsByType[Type] => {
  const options = given as Dict;
  const table = tables.get(type);
  let isWhole = true;
  for (const name in options) {
    const kind = table?.get(name);
    const value = options[name];
    if ((value === null && !kind?.refusesNull) || (!kind && type === 'CALL')) isWhole = false;
    // Only a program inside this process can give undefined, and it means that the option is left out.
    else if (kind && value !== undefined && !kind.is(value)) {
      throw new WampError(reasons.invalidArgument, { description: `the option ${name} must be ${kind.expected}` });
    }
  }
  if (isWhole) return options as OptionsByType[Type];
  const known = type === 'CALL' ? Object.entries(options).filter(([name]) => table?.has(name)) : undefined;
  return withoutNulls(known ? Object.fromEntries(known) : options) as OptionsByType[Type];
};

const audienceKinds = new Map<string, Kind>([
  ['publisher', { expected: 'a session id', is: isId }],
  ...(['exclude', 'eligible'] as const).flatMap((name): [string, Kind][] => [
    [name, ids],
    [`${name}_authid`, texts],
    [`${name}_authrole`, texts],
  ]),
]);

/** What is wrong with `value` as an audience, in a few words that name the key; undefined if it is valid. */
export const audienceFault = (value: unknown): string | undefined => {
  if (!isDict(value)) return 'the audience must be an object';
  for (const name in value) {
    const kind = audienceKinds.get(name);
    if (!kind) return `the audience has an unknown key "${name}"`;
    if (value[name] !== undefined && !kind.is(value[name])) return `${name} of the audience must be ${kind.expected}`;
  }
  return undefined;
};

/**
 * A frozen, plain copy of an audience: each key is read once, also if it is inherited or a getter, and its lists are
 * copied. Faults are kept so that `audienceFault` can find them; of an unknown key only the name is kept. A value that is
 * not an object is returned as it is. Throws what a getter throws.
 */
export const plainAudience = (given: unknown): unknown => {
  if (!isDict(given)) return given;
  const plain: Record<string, unknown> = {};
  for (const name in given) plain[name] = undefined;
  for (const name of audienceKinds.keys()) {
    const held = given[name];
    if (held !== undefined) plain[name] = Array.isArray(held) ? Object.freeze([...held]) : held;
  }
  return Object.freeze(plain);
};

/** The option by which a request says that it uses payload passthru; undefined if it does not. */
export const passthruOption = ({ ppt_scheme, enc_algo }: PassthruOptions): keyof PassthruOptions | undefined =>
  ppt_scheme ? 'ppt_scheme' : enc_algo ? 'enc_algo' : undefined;

const passthruNames = Object.keys(passthru) as readonly (keyof PassthruOptions)[];

/** The attributes of a request's payload passthru, for the message that carries its payload on; undefined if it uses none. */
export const passthruOf = (options: PassthruOptions): PassthruOptions | undefined => {
  if (!passthruOption(options)) return undefined;
  const given = passthruNames.filter((name) => options[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, options[name]]));
};
