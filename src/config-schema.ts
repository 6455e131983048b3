/** The words of the config's schema: small types, each with the sentence that it is refused with. */

import { z } from 'zod';

export const secretive = { hidesKeys: true };

export const must = (expected: string): { error: string } => ({ error: `must be ${expected}` });
export const listed = (names: readonly string[]): string => names.join(', ');
export const quoted = (names: readonly string[]): string =>
  names
    .map((name) => JSON.stringify(name))
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');
const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In JavaScript a key that holds undefined is a key left out. */
const withoutUndefined = (value: unknown): unknown =>
  isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) : value;

export const text = z.string(must('a non-empty string')).min(1, must('a non-empty string'));
export const flag = z.boolean(must('true or false'));
export const oneOf = <const Name extends string>(names: readonly Name[]) => z.enum(names, must(quoted(names)));
export const whole = (least: number, most: number) => {
  const expected = must(`a whole number from ${least} to ${most}`);
  return z.number(expected).refine((value) => Number.isInteger(value) && value >= least && value <= most, expected);
};
export const callback = <Type>() => z.custom<Type>((value) => typeof value === 'function', must('a function'));
export const list = <Item extends z.ZodType>(item: Item) => z.array(item, must('a list'));
export const record = <Value extends z.ZodType>(value: Value) =>
  z.preprocess(withoutUndefined, z.record(z.string(), value, must('an object')));
export const object = <Shape extends z.ZodRawShape>(shape: Shape, options: { readonly hidesKeys?: boolean } = {}) => {
  const known = `known are ${listed(Object.keys(shape))}`;
  const error = (issue: { readonly code?: string; readonly keys?: readonly string[] }): string =>
    issue.code !== 'unrecognized_keys'
      ? `must be an object; ${known}`
      : `has ${options.hidesKeys ? 'an unknown key' : `no ${quoted(issue.keys ?? [])}`}; ${known}`;
  return z.preprocess(withoutUndefined, z.strictObject(shape, { error }));
};
/** An object with the names of `defaults`, each optional. */
export const overrides = <Name extends string, Type extends z.ZodType>(
  defaults: Readonly<Record<Name, unknown>>,
  type: Type,
) =>
  object(
    Object.fromEntries(Object.keys(defaults).map((name) => [name, type.exactOptional()])) as Record<
      Name,
      z.ZodExactOptional<Type>
    >,
  );
