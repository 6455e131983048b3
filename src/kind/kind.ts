/**
 * What a description of options is made of. A description is an object of kinds; from it follow what `new Postmaster` and a config
 * file take, the types of both, every sentence of refusal, and the reference (CONFIG.md).
 */

import type { Place } from './place.ts';

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
