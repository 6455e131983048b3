/** The secret of a WAMP-CRA principal as it is written in a table: plain, salted, or already derived. */

import { isDict } from '../base/dict.ts';
import { either, object, ruled } from '../kind/compound.ts';
import type { Kind } from '../kind/kind.ts';
import { text, whole } from '../kind/plain.ts';
import type { SecretInput } from './wampcra.ts';

/** How a key is derived from a secret. */
export const derivationOptions = {
  /** The cost in time. Default: 10,000. */
  iterations: whole(1, undefined, 'rounds'),
  /** The length of the key. Default: 32. */
  keylen: whole(1, undefined, 'octets'),
};

/** A secret that is not a plain string. */
export const secretOptions = {
  /** The secret. With a salt the key is derived from it (PBKDF2), without one it is the key. Either this or `derivedKey`. */
  secret: text,
  /** The derived key. Either this or `secret`. */
  derivedKey: text,
  /** The salt of PBKDF2. */
  salt: text,
  ...derivationOptions,
};

const secretObject = ruled(object(secretOptions, { hidesKeys: true }), (given, place) => {
  const { secret, derivedKey, salt, iterations, keylen } = given;
  if ((secret === undefined) === (derivedKey === undefined)) place.refuse('must have one of secret and derivedKey');
  const isSalted = (derivedKey ?? iterations ?? keylen) !== undefined;
  if (isSalted && salt === undefined) place.refuse('must have a salt beside derivedKey, iterations and keylen');
});

const expected = 'a non-empty string, or { secret or derivedKey, salt, iterations, keylen }';

/** A secret in a table of principals. */
export const secretKind: Kind<NonNullable<SecretInput>, unknown> = either<NonNullable<SecretInput>, unknown>(
  expected,
  [text, secretObject],
  (given) => (isDict(given) ? secretObject : typeof given === 'string' && given !== '' ? text : undefined),
);
