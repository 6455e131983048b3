/**
 * Kinds of single values: strings, numbers, functions.
 *
 * No error message repeats a value, except a number where a number was expected: what was written there by mistake may be a
 * secret.
 */

import { longestTimer } from '../base/clock.ts';
import type { Kind } from './kind.ts';
import { nounOf } from './place.ts';

/** A kind of value that `isRight` accepts. `instead` describes a value that was not accepted; by default it names the type. */
export const matching = <Type>(
  expected: string,
  isRight: (given: unknown) => boolean,
  instead: (given: unknown) => string | undefined = nounOf,
): Kind<Type> => ({
  expected,
  read: (given, place) => (isRight(given) ? (given as Type) : place.mustBe(expected, instead(given))),
});

// A wrong text may be a secret, so it is not shown, and "not a string" would be of no use where a string was expected.
const unlessText = (given: unknown): string | undefined =>
  typeof given === 'string' && given !== '' ? undefined : nounOf(given);

/** A string that `isRight` accepts. */
export const textWith = (expected: string, isRight: (text: string) => boolean): Kind<string> =>
  matching(expected, (given) => typeof given === 'string' && isRight(given), unlessText);

/** A string that is not empty. */
export const text = textWith('a non-empty string', (given) => given !== '');
/** True or false. */
export const flag = matching<boolean>('true or false', (given) => typeof given === 'boolean');

const numbered = (given: unknown): string => (typeof given === 'number' ? String(given) : nounOf(given));

/** A whole number from `least` to `most`. The default of `most` is the longest delay of a timer in ms; in octets it is 2 GiB. */
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

/** One of the given names. */
export const oneOf = <const Name extends string>(names: readonly Name[]): Kind<Name> =>
  matching(quoted(names), (given) => names.some((name) => name === given), unlessText);

/** A function. */
export const callback = <Type>(): Kind<Type> => ({
  expected: 'a function',
  read: (given, place) => {
    if (typeof given === 'function') return given as Type;
    const where = place.isData ? ', which only a config file in JavaScript can hold' : '';
    return place.mustBe(`a function${where}`, place.isData && given !== undefined ? undefined : nounOf(given));
  },
});

/** The path of a file. A path in a config file is relative to that file; the value is absolute. */
export const filePath: Kind<string> = {
  expected: 'the path of a file',
  read: (given, place) =>
    typeof given === 'string' && given !== '' && !given.includes('\0')
      ? place.resolve(given)
      : place.mustBe('the path of a file', nounOf(given)),
};
