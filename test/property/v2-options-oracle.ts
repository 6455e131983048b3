/**
 * An oracle of the options of WAMP v2 as PROTOCOL.md describes them, as plain as possible: which options there are, which
 * values they accept, and what happens to a message with another value. It shares no line with the router.
 */

/** An option as the router reads it: null stands for a value that is not given. */
type Rule = (value: unknown) => boolean;

const isGiven = (value: unknown): boolean => value !== null && value !== undefined;
const orMissing =
  (rule: Rule): Rule =>
  (value) =>
    !isGiven(value) || rule(value);
const listOf =
  (rule: Rule): Rule =>
  (value) =>
    Array.isArray(value) && value.every(rule);
const isWhole: Rule = (value) => Number.isInteger(value);
const isIdentifier: Rule = (value) => isWhole(value) && (value as number) >= 1 && (value as number) < 2 ** 53;
const isText: Rule = (value) => typeof value === 'string';
/** The router keeps those of a call until it is answered. */
const isShortText: Rule = (value) => isText(value) && Buffer.byteLength(value as string) <= 1024;
const isFlag: Rule = (value) => value === true || value === false;
const isTime: Rule = (value) => isText(value) && !Number.isNaN(Date.parse(value as string));
const isBetween =
  (least: number): Rule =>
  (value) =>
    isWhole(value) && (value as number) >= least && (value as number) < 2 ** 31;
const isOneOf =
  (...names: unknown[]): Rule =>
  (value) =>
    names.includes(value);

const isDictionary: Rule = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const flag = orMissing(isFlag);
const text = orMissing(isShortText);
const passthru = {
  ...{ ppt_scheme: text, ppt_serializer: text, ppt_cipher: text, ppt_keyid: text },
  ...{ enc_algo: text, enc_serializer: text, enc_key: text },
};
const publish = {
  acknowledge: flag,
  exclude_me: flag,
  disclose_me: flag,
  retain: flag,
  // An audience that is not given would be everybody: null is refused.
  exclude: (value: unknown) => value === undefined || listOf(isIdentifier)(value),
  eligible: (value: unknown) => value === undefined || listOf(isIdentifier)(value),
  exclude_authid: (value: unknown) => value === undefined || listOf(isText)(value),
  exclude_authrole: (value: unknown) => value === undefined || listOf(isText)(value),
  eligible_authid: (value: unknown) => value === undefined || listOf(isText)(value),
  eligible_authrole: (value: unknown) => value === undefined || listOf(isText)(value),
  ...passthru,
};
const subscribe = { match: orMissing(isOneOf('exact', 'prefix', 'wildcard')), get_retained: flag };
const call = {
  timeout: orMissing(isBetween(0)),
  receive_progress: flag,
  progress: flag,
  disclose_me: flag,
  ...passthru,
};
const time = orMissing(isTime);
const publication = orMissing(isIdentifier);

type Rules = Readonly<Record<string, Rule>>;

/** The options that each message, or argument of a meta procedure, knows. The empty name is the whole dictionary. */
export const rules: Readonly<Record<string, Rules>> = {
  PUBLISH: publish,
  'PUBLISH without acknowledge': publish,
  SUBSCRIBE: subscribe,
  CALL: call,
  // All else is frozen by the first part.
  'CALL, a later part': { progress: flag },
  CANCEL: { mode: orMissing(isOneOf('skip', 'kill', 'killnowait')) },
  REGISTER: {
    match: subscribe.match,
    invoke: orMissing(isOneOf('single', 'roundrobin', 'random', 'first', 'last')),
    concurrency: orMissing(isBetween(1)),
    force_reregister: flag,
    disclose_caller: flag,
    forward_timeout: flag,
  },
  YIELD: { progress: flag, ...passthru },
  ERROR: {},
  GOODBYE: {},
  ABORT: {},
  HELLO: {
    roles: (value) => isDictionary(value) && isDictionary((value as { caller?: unknown }).caller),
    caller: orMissing(isDictionary),
    authmethods: orMissing(listOf(isText)),
    authid: orMissing((value) => isText(value) && Buffer.byteLength(value as string) <= 512),
    authextra: orMissing(isDictionary),
  },
  AUTHENTICATE: {},
  'wamp.session.add_testament': publish,
  'wamp.subscription.lookup': subscribe,
  'wamp.subscription.get_events': {
    limit: orMissing((value) => (isWhole(value) || typeof value === 'bigint') && (value as number) > 0),
    reverse: flag,
    topic: orMissing(isText),
    from_time: time,
    after_time: time,
    before_time: time,
    until_time: time,
    from_publication: publication,
    after_publication: publication,
    before_publication: publication,
    until_publication: publication,
  },
  'wamp.session.count': { filter_authroles: orMissing(listOf(isText)) },
  'wamp.session.kill': { message: text },
};

/** What becomes of a message: it is done, refused with `wamp.error.invalid_argument`, dropped and counted, ends its session, or gets another error. */
export type Outcome = 'done' | 'refused' | 'dropped' | 'aborted' | `wamp.${string}`;

const wrong: Readonly<Record<string, Outcome>> = {
  'PUBLISH without acknowledge': 'dropped',
  CANCEL: 'dropped',
  HELLO: 'aborted',
};

const right = (message: string, name: string, value: unknown): Outcome => {
  if (message === 'wamp.session.kill') return 'wamp.error.no_such_session';
  const isMethods = message === 'HELLO' && name === 'authmethods' && Array.isArray(value);
  return isMethods ? 'wamp.error.no_matching_auth_method' : 'done';
};

// Elsewhere it is an argument, and any value is one.
const areKeywords = new Set(['wamp.subscription.get_events', 'wamp.session.count', 'wamp.session.kill']);

const ofWhole = (message: string, value: unknown): Outcome => {
  if (message.startsWith('wamp.')) {
    if (!isGiven(value) || isDictionary(value)) return right(message, '', value);
    return areKeywords.has(message) ? 'aborted' : 'refused';
  }
  // Without roles it is no HELLO.
  return isDictionary(value) && message !== 'HELLO' ? 'done' : 'aborted';
};

/** What becomes of a message with this option. */
export const outcomeOf = (message: string, name: string, value: unknown): Outcome => {
  if (name === '') return ofWhole(message, value);
  const rule = Object.hasOwn(rules[message] ?? {}, name) ? rules[message]?.[name] : undefined;
  return rule === undefined || rule(value) ? right(message, name, value) : (wrong[message] ?? 'refused');
};
