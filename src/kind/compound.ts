/**
 * Kinds that are made of other kinds: lists, tables, objects, alternatives, and rules about what has been read.
 *
 * No error message names a key of an object that holds secrets, since the key may be one itself. A key whose value is
 * undefined counts as left out.
 */

import { isDict } from '../base/dict.ts';
import { nameHint, nearestName } from '../base/names.ts';
import type { AnyKind, Description, Kind, ObjectKind, Value, ValueOf } from './kind.ts';
import { isRequired } from './kind.ts';
import type { Place } from './place.ts';
import { nounOf } from './place.ts';

/** A list of `item`. `least`: the fewest entries, 0 by default. */
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
    // A hole in the list counts as a missing entry.
    return Array.from(given, (each, at) => item.read(each, place.entry(at)));
  },
});

const entriesOf = (given: object): readonly [string, unknown][] =>
  Object.entries(given).filter(([, value]) => value !== undefined);

/** Further rules about a table. */
export interface TableRules {
  readonly expected?: string;
  /** Whether its keys may be secret. Error messages then number the entries and do not name them. */
  readonly hidesKeys?: boolean;
  /** What is wrong with a key, worded to follow the path of its entry; undefined for a valid key. */
  readonly keyFault?: (key: string) => string | undefined;
  /** Reports what is wrong with the keys taken together. */
  readonly check?: (keys: readonly string[], place: Place) => void;
}

/** A table: an object whose keys the application chooses. */
export const table = <Given, Value>(
  item: Kind<Given, Value>,
  { expected = 'an object', hidesKeys = false, keyFault, check }: TableRules = {},
): Kind<Readonly<Record<string, Given>>, Readonly<Record<string, Value>>> => ({
  expected,
  inside: [item],
  entries: 'table',
  read: (given, place) => {
    if (!isDict(given)) return place.mustBe(expected, nounOf(given));
    const entries = entriesOf(given);
    check?.(
      entries.map(([key]) => key),
      place,
    );
    const read = entries.map(([key, value], position): [string, Value] => {
      const there = hidesKeys ? place.hidden(position) : place.at(key);
      const fault = keyFault?.(key);
      if (fault !== undefined) there.refuse(fault);
      return [key, item.read(value, there)];
    });
    return Object.fromEntries(read);
  },
});

/** Further rules about the names in an object. */
export interface ObjectRules {
  /** Whether it holds secrets. An unknown key is then not named, since it may be one. */
  readonly hidesKeys?: boolean;
  /** Names that belong elsewhere or existed once, with what to write instead, worded to follow the path of the name. */
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

/** An object of options. Unknown names are refused. */
export const object = <Options extends Description>(options: Options, rules: ObjectRules = {}): ObjectKind<Options> => {
  const names = Object.keys(options);
  return {
    expected: 'an object',
    options,
    inside: Object.values(options),
    read: (given, place) => {
      if (!isDict(given)) return place.mustBe('an object', nounOf(given));
      const entries = new Map(entriesOf(given));
      const unknown = [...entries.keys()].filter((name) => !names.includes(name));
      refuseNames(unknown, names, place, rules);
      const read = names.flatMap((name): [string, unknown][] => {
        const kind = options[name] as AnyKind;
        if (entries.has(name)) return [[name, kind.read(entries.get(name), place.at(name))]];
        if ('default' in kind) return [[name, kind.default]];
        const isMisspelt = unknown.some((each) => nearestName(each, names) === name);
        if (isRequired(kind) && !isMisspelt) kind.read(undefined, place.at(name));
        return [];
      });
      return Object.fromEntries(read) as Value<Options>;
    },
  };
};

/** One of several kinds. `choose` picks it by looking at the value, and returns undefined if none fits. */
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

/** `kind`, with its value converted by `next` if no fault was found. `next` may report faults of its own. */
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

/** `kind` with an additional rule about the value that was read. The rule reports faults. */
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

/** `kind`, checked but not converted: the value stays as it was written, because it goes back to the application. */
export const asGiven = <Given>(kind: Kind<Given, unknown>): Kind<Given> => ({
  ...kind,
  read: (given, place) => {
    kind.read(given, place);
    return given as Given;
  },
});
