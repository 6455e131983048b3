/**
 * The options of requests: which there are, of what type, and what a peer is told that gets one wrong. Keys that nobody knows
 * are ignored; a known key of another type refuses the request (a flag is true or false, never 0 or 1). A key that is null is
 * not there, as clients write that leave it out; but an audience that is null would be everybody, and refuses the request.
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

/** Says what a payload is that the router passes on untouched (Advanced Profile, "Payload Passthru Mode"). */
export interface PassthruOptions {
  readonly ppt_scheme?: string;
  readonly ppt_serializer?: string;
  readonly ppt_cipher?: string;
  readonly ppt_keyid?: string;
}

/**
 * Who may and may not hear a publication (Advanced Profile, "Subscriber Black- and Whitelisting"). All lists that are there
 * must agree. Presence decides: an empty `eligible` is nobody.
 */
export interface PublishOptions extends PassthruOptions {
  readonly acknowledge?: boolean;
  readonly exclude_me?: boolean;
  readonly disclose_me?: boolean;
  readonly retain?: boolean;
  readonly exclude?: readonly Id[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
  readonly eligible?: readonly Id[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
}

/** The options of a publication that has none. */
export const noPublishOptions: PublishOptions = Object.freeze({});

/** Options of SUBSCRIBE. */
export interface SubscribeOptions {
  readonly match?: Match;
  readonly get_retained?: boolean;
}

/** Options of CALL; `timeout` in ms, 0 is none. */
export interface CallRequestOptions extends PassthruOptions {
  readonly timeout?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  readonly disclose_me?: boolean;
}

/** What becomes of the callee of a call that is cancelled (Advanced Profile, "Call Canceling"). */
export type CancelMode = 'skip' | 'kill' | 'killnowait';

/** Which callee of a shared registration is invoked (Advanced Profile, "Shared Registration"). */
export type InvokePolicy = 'single' | 'roundrobin' | 'random' | 'first' | 'last';

/** Options of REGISTER; `concurrency` is how many invocations the callee takes at once, more wait in a queue. */
export interface RegisterOptions {
  readonly match?: Match;
  readonly invoke?: InvokePolicy;
  readonly concurrency?: number;
  readonly force_reregister?: boolean;
  readonly disclose_caller?: boolean;
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
  /** A later part of a CALL: all else was said by the first (Advanced Profile, "Freezing of Options"). */
  readonly PART: Pick<CallRequestOptions, 'progress'>;
  readonly CANCEL: { readonly mode?: CancelMode };
  readonly REGISTER: RegisterOptions;
  readonly YIELD: YieldOptions;
}

interface Kind {
  readonly expected: string;
  /** Whether null is a value, and a wrong one, instead of none. */
  readonly refusesNull?: true;
  is(value: unknown): boolean;
}

const flag: Kind = { expected: 'true or false', is: (value) => typeof value === 'boolean' };
/** Octets of a string: the router keeps those of a call until it is answered. */
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
const passthru = { ppt_scheme: text, ppt_serializer: text, ppt_cipher: text, ppt_keyid: text };

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
 * The options of a message, checked and without nulls: what is behind this reads these and not those of the message. Throws
 * `wamp.error.invalid_argument` that names the key. Copied only where something is left out: a null, or a key of a CALL that is unknown,
 * since a call keeps its options.
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
    // Undefined only programs can write, who mean by it that they leave it out.
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

/** What is wrong with `value` as an audience, in a few words that name the key; undefined when nothing is. */
export const audienceFault = (value: unknown): string | undefined => {
  if (!isDict(value)) return 'the audience must be an object';
  for (const name in value) {
    const kind = audienceKinds.get(name);
    if (!kind) return `an audience has no "${name}"`;
    if (value[name] !== undefined && !kind.is(value[name])) return `${name} of the audience must be ${kind.expected}`;
  }
  return undefined;
};

/**
 * `given` as plain data that nobody can change, if it is an object: whatever it answers under the name of a key, be it inherited or from
 * a getter, and its lists copied; everything is read once. What is wrong with it stays, for `audienceFault` to find: of an unknown key
 * its name. Throws what a getter throws.
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

/** The `ppt_` attributes of a request, for the message that carries its payload on; undefined when it has none. */
export const passthruOf = (options: PassthruOptions): PassthruOptions | undefined => {
  if (options.ppt_scheme === undefined || options.ppt_scheme === '') return undefined;
  const { ppt_scheme, ppt_serializer, ppt_cipher, ppt_keyid } = options;
  return {
    ppt_scheme,
    ...(ppt_serializer !== undefined && { ppt_serializer }),
    ...(ppt_cipher !== undefined && { ppt_cipher }),
    ...(ppt_keyid !== undefined && { ppt_keyid }),
  };
};
