/**
 * The building blocks of a description of options. A description is an object of kinds. From it are derived what `new
 * Postmaster` and a config file accept, the types of both, every error message about an option, and the reference
 * (CONFIG.md).
 */

import type { Place } from './place.ts';

/** What an option may be. `Given` is the type of what is written, `Value` the type of what is made of it. */
export interface Kind<Given, Value = Given> {
  /** The words that follow "must be" in an error message. */
  readonly expected: string;
  /** Checks `given` and converts it. Faults are reported to `place`; after a fault the returned value must not be used. */
  readonly read: (given: unknown, place: Place) => Value;
  /** The kinds that this one is made of, for code that walks through a description. */
  readonly inside?: readonly AnyKind[];
  /** Whether it holds them as the entries of a list or of a table. */
  readonly entries?: 'list' | 'table';
  /** Never present at run time; it only carries the type. */
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

/** An option that must be given. */
export interface Needed {
  readonly isRequired: true;
}
/** An option with the value that it has when it is left out. */
export interface Defaulted<Value> {
  readonly default: Value;
}
/** An option that a config file cannot have. */
export interface LibraryOnly {
  /** What to write in a config file instead. */
  readonly instead: string;
}

/** The type of what may be written for a kind. */
export type GivenOf<Described extends AnyKind> = Described extends Kind<infer Given, infer _> ? Given : never;
/** The type of what is made of it. */
export type ValueOf<Described extends AnyKind> = Described extends Kind<infer _, infer Value> ? Value : never;

/** The type of what may be written for a description. */
export type Given<Options extends Description> = {
  readonly [Name in keyof Options as Options[Name] extends Needed ? Name : never]: GivenOf<Options[Name]>;
} & {
  readonly [Name in keyof Options as Options[Name] extends Needed ? never : Name]?: GivenOf<Options[Name]>;
};

/** The type of what is made of it, with every default filled in. */
export type Value<Options extends Description> = {
  readonly [Name in keyof Options as Options[Name] extends Needed | Defaulted<unknown> ? Name : never]: ValueOf<
    Options[Name]
  >;
} & {
  readonly [Name in keyof Options as Options[Name] extends Needed | Defaulted<unknown> ? never : Name]?: ValueOf<
    Options[Name]
  >;
};

/** Makes an option required. */
export const required = <Described extends AnyKind>(kind: Described): Described & Needed => ({
  ...kind,
  isRequired: true,
});

/** Gives an option a default. */
export const optional = <Described extends AnyKind, Default extends ValueOf<Described>>(
  kind: Described,
  value: Default,
): Described & Defaulted<ValueOf<Described>> => ({ ...kind, default: value as ValueOf<Described> });

/** Makes an option unavailable in a config file. `instead` says what to write there. */
export const libraryOnly = <Described extends AnyKind>(kind: Described, instead: string): Described & LibraryOnly => ({
  ...kind,
  instead,
});

/** The default of an option; undefined if it has none. */
export const defaultOf = (kind: AnyKind): unknown => ('default' in kind ? kind.default : undefined);

/** The defaults of all options of a description. */
export const defaultsOf = <Options extends Description>(options: Options): Value<Options> =>
  Object.fromEntries(Object.entries(options).map(([name, kind]) => [name, defaultOf(kind)])) as Value<Options>;

/** Whether an option is required. */
export const isRequired = (kind: AnyKind): boolean => 'isRequired' in kind;
