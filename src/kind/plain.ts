/**
 * Kinds of single values: texts, numbers, functions.
 *
 * No sentence repeats a value but a number where one was expected: what a slip of the pen has put there may be a secret.
 */

import { longestTimer } from '../base/clock.ts';
import type { Kind } from './kind.ts';
import { nounOf } from './place.ts';

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
    const where = place.isData ? ', which only a config file in JavaScript can hold' : '';
    return place.mustBe(`a function${where}`, place.isData && given !== undefined ? undefined : nounOf(given));
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
