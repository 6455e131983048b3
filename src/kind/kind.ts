/**
 * The words that options are described in. A description is an object of kinds; from it follow what `new Postmaster` and a config
 * file take, the types of both, every sentence of refusal, and the reference (CONFIG.md).
 *
 * No sentence repeats a value but a number where one was expected, nor a key of an object that holds secrets: what a slip of the pen
 * has put there may be one. In JavaScript a key that holds undefined is a key left out.
 */

import { longestTimer } from '../wamp/clock.ts';
import { nameHint, nearestName } from '../wamp/names.ts';
import type { Place } from './place.ts';
import { nounOf } from './place.ts';

/** What an option may be: `Given` is what may be written, `Value` what is made of it. */
export interface Kind<Given, Value = Given> {
  /** What stands behind "must be". */
  readonly expected: string;
  /** The value that is meant. A fault is told to `place`; nobody may look at what is returned then. */
  readonly read: (given: unknown, place: Place) => Value;
  /** The kinds that this one is made of, for whoever walks through a description. */
  readonly inside?: readonly AnyKind[];
  /** What it holds of them, where it holds several. */
  readonly entries?: 'list' | 'table';
  /** Never there: it keeps the type. */
  readonly given?: Given;
}

/** An object of options. */
export interface ObjectKind<Options extends Description> extends Kind<Given<Options>, Value<Options>> {
  readonly options: Options;
}

/** A kind of anything. */
export type AnyKind = Kind<unknown, unknown>;
/** Options by name. */
export type Description = Readonly<Record<string, AnyKind>>;

/** An option that must be there. */
export interface Needed {
  readonly isRequired: true;
}
/** An option that is this where nothing is written. */
export interface Defaulted<Value> {
  readonly default: Value;
}
/** An option that a config file cannot have. */
export interface LibraryOnly {
  /** What a config file has instead. */
  readonly instead: string;
}

/** What may be written for a kind. */
export type GivenOf<Described extends AnyKind> = Described extends Kind<infer Given, infer _> ? Given : never;
/** What is made of it. */
export type ValueOf<Described extends AnyKind> = Described extends Kind<infer _, infer Value> ? Value : never;

/** What may be written for a description. */
export type Given<Options extends Description> = {
  readonly [Name in keyof Options as Options[Name] extends Needed ? Name : never]: GivenOf<Options[Name]>;
} & {
  readonly [Name in keyof Options as Options[Name] extends Needed ? never : Name]?: GivenOf<Options[Name]>;
};

/** What is made of it: every default is filled in. */
export type Value<Options extends Description> = {
  readonly [Name in keyof Options as Options[Name] extends Needed | Defaulted<unknown> ? Name : never]: ValueOf<
    Options[Name]
  >;
} & {
  readonly [Name in keyof Options as Options[Name] extends Needed | Defaulted<unknown> ? never : Name]?: ValueOf<
    Options[Name]
  >;
};

/** An option that must be there. */
export const required = <Described extends AnyKind>(kind: Described): Described & Needed => ({
  ...kind,
  isRequired: true,
});

/** An option with a default. */
export const optional = <Described extends AnyKind, Default extends ValueOf<Described>>(
  kind: Described,
  value: Default,
): Described & Defaulted<ValueOf<Described>> => ({ ...kind, default: value as ValueOf<Described> });

/** An option that a config file cannot have; `instead` says what it has. */
export const libraryOnly = <Described extends AnyKind>(kind: Described, instead: string): Described & LibraryOnly => ({
  ...kind,
  instead,
});

/** The default of an option; undefined where there is none. */
export const defaultOf = (kind: AnyKind): unknown => ('default' in kind ? kind.default : undefined);

/** What a description makes of nothing. */
export const defaultsOf = <Options extends Description>(options: Options): Value<Options> =>
  Object.fromEntries(Object.entries(options).map(([name, kind]) => [name, defaultOf(kind)])) as Value<Options>;

/** Whether an option must be there. */
export const isRequired = (kind: AnyKind): boolean => 'isRequired' in kind;

/** What `isRight` takes. `instead` is what is told of a value that it does not take, by default what kind of value it is. */
export const matching = <Type>(
  expected: string,
  isRight: (given: unknown) => boolean,
  instead: (given: unknown) => string | undefined = nounOf,
): Kind<Type> => ({
  expected,
  read: (given, place) => (isRight(given) ? (given as Type) : place.mustBe(expected, instead(given))),
});

// A text may be a secret, and that it is one says nothing where another was expected.
const unlessText = (given: unknown): string | undefined =>
  typeof given === 'string' && given !== '' ? undefined : nounOf(given);

/** A string that `isRight` takes. */
export const textWith = (expected: string, isRight: (text: string) => boolean): Kind<string> =>
  matching(expected, (given) => typeof given === 'string' && isRight(given), unlessText);

/** A string that is not empty. */
export const text = textWith('a non-empty string', (given) => given !== '');
/** True or false. */
export const flag = matching<boolean>('true or false', (given) => typeof given === 'boolean');

const numbered = (given: unknown): string => (typeof given === 'number' ? String(given) : nounOf(given));

/** A whole number. The greatest is by default what a timer can count in ms: 2 GiB, as octets. */
export const whole = (least: number, most: number = longestTimer, unit?: string): Kind<number> =>
  matching(
    `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${least} to ${most}`,
    (given) => Number.isInteger(given) && (given as number) >= least && (given as number) <= most,
    numbered,
  );

const quoted = (names: readonly string[]): string =>
  names
    .map((name) => JSON.stringify(name))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');

/** One of some names. */
export const oneOf = <const Name extends string>(names: readonly Name[]): Kind<Name> =>
  matching(quoted(names), (given) => names.some((name) => name === given), unlessText);

/** A function. */
export const callback = <Type>(): Kind<Type> => ({
  expected: 'a function',
  read: (given, place) => {
    if (typeof given === 'function') return given as Type;
    return place.isData
      ? place.mustBe('a function, which only a config file in JavaScript can hold')
      : place.mustBe('a function', nounOf(given));
  },
});

/** The path of a file. In a config file it is relative to that file, and absolute when it has been read. */
export const filePath: Kind<string> = {
  expected: 'the path of a file',
  read: (given, place) =>
    typeof given === 'string' && given !== '' && !given.includes('\0')
      ? place.resolve(given)
      : place.mustBe('the path of a file', nounOf(given)),
};

/** A list. */
export const list = <Given, Value>(
  item: Kind<Given, Value>,
  { least = 0, expected = 'a list' }: { readonly least?: number; readonly expected?: string } = {},
): Kind<readonly Given[], readonly Value[]> => ({
  expected,
  inside: [item],
  entries: 'list',
  read: (given, place) => {
    if (!Array.isArray(given)) return place.mustBe(expected, nounOf(given));
    if (given.length < least) return place.mustBe(expected, 'an empty one');
    return given.map((each, at) => item.read(each, place.entry(at)));
  },
});

/** Whether `given` is an object with keys. */
export const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

const entriesOf = (given: object): readonly [string, unknown][] =>
  Object.entries(given).filter(([, value]) => value !== undefined);

/** What else there is to say about a table. */
export interface TableRules {
  readonly expected?: string;
  /** Whether its keys may be secret: then they are counted, not named. */
  readonly hidesKeys?: boolean;
  /** What is wrong about a key, as it stands behind the path of its entry; undefined for a good one. */
  readonly keyFault?: (key: string) => string | undefined;
  /** Tells what is wrong about the keys together. */
  readonly check?: (given: object, place: Place) => void;
}

/** A table: an object with keys of the application's own. */
export const table = <Given, Value>(
  item: Kind<Given, Value>,
  { expected = 'an object', hidesKeys = false, keyFault, check }: TableRules = {},
): Kind<Readonly<Record<string, Given>>, Readonly<Record<string, Value>>> => ({
  expected,
  inside: [item],
  entries: 'table',
  read: (given, place) => {
    if (!isObject(given)) return place.mustBe(expected, nounOf(given));
    check?.(given, place);
    const read = entriesOf(given).map(([key, value], position): [string, Value] => {
      const there = hidesKeys ? place.hidden(position) : place.at(key);
      const fault = keyFault?.(key);
      if (fault !== undefined) there.refuse(fault);
      return [key, item.read(value, there)];
    });
    return Object.fromEntries(read);
  },
});

/** What else there is to say about the names of an object. */
export interface ObjectRules {
  /** Whether it holds secrets: a key that is unknown is then not named, as it may be one. */
  readonly hidesKeys?: boolean;
  /** Names that others use, or that there were once, and what to write instead, as it stands behind the path of the name. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

const refuseNames = (given: readonly string[], known: readonly string[], place: Place, rules: ObjectRules): void => {
  const { hidesKeys = false, elsewhere = {} } = rules;
  for (const name of given) {
    if (known.includes(name)) continue;
    const other = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
    if (other !== undefined) place.at(name).refuse(other);
    else place.refuse(`has ${hidesKeys ? 'an unknown key' : `no "${name}"`}; ${nameHint(name, known)}`);
  }
};

/** An object of options. A name that it does not have is refused. */
export const object = <Options extends Description>(options: Options, rules: ObjectRules = {}): ObjectKind<Options> => {
  const names = Object.keys(options);
  return {
    expected: 'an object',
    options,
    inside: Object.values(options),
    read: (given, place) => {
      if (!isObject(given)) return place.mustBe('an object', nounOf(given));
      const entries = new Map(entriesOf(given));
      const unknown = [...entries.keys()].filter((name) => !names.includes(name));
      refuseNames(unknown, names, place, rules);
      const read = names.flatMap((name): [string, unknown][] => {
        const kind = options[name] as AnyKind;
        if (entries.has(name)) return [[name, kind.read(entries.get(name), place.at(name))]];
        if ('default' in kind) return [[name, kind.default]];
        const isMisspelt = unknown.some((each) => nearestName(each, names) === name);
        if (isRequired(kind) && !isMisspelt) place.at(name).refuse(`is missing: it must be ${kind.expected}`);
        return [];
      });
      return Object.fromEntries(read) as Value<Options>;
    },
  };
};

/** One of several kinds; which, is seen by looking at what is given. Undefined: it is none of them. */
export const either = <Given, Value = Given>(
  expected: string,
  inside: readonly AnyKind[],
  choose: (given: unknown) => Kind<unknown, Value> | undefined,
): Kind<Given, Value> => ({
  expected,
  inside,
  read: (given, place) => {
    const kind = choose(given);
    return kind ? kind.read(given, place) : place.mustBe(expected, nounOf(given));
  },
});

/** `kind`, and what `next` makes of it where nothing was wrong. It may tell faults of its own. */
export const mapped = <Given, Value, Next>(
  kind: Kind<Given, Value>,
  next: (value: Value, place: Place) => Next,
): Kind<Given, Next> => ({
  ...kind,
  read: (given, place) => {
    const before = place.faults;
    const value = kind.read(given, place);
    return place.faults === before ? next(value, place) : (undefined as Next);
  },
});

/** `kind` with a rule about what has been read: it tells faults. */
export const ruled = <Described extends AnyKind>(
  kind: Described,
  rule: (value: ValueOf<Described>, place: Place) => void,
): Described => {
  const { read } = mapped(kind, (value, place) => {
    rule(value as ValueOf<Described>, place);
    return value;
  });
  return { ...kind, read };
};

/** `kind`, of which what has been written is kept as it is: it goes back to the application. */
export const asGiven = <Given>(kind: Kind<Given, unknown>): Kind<Given> => ({
  ...kind,
  read: (given, place) => {
    kind.read(given, place);
    return given as Given;
  },
});
