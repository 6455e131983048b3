/**
 * What an authid that is not known is challenged with, so that nothing in a challenge, nor the time it takes, tells it from
 * one that is.
 *
 * A decoy is made of the realm's settings, a secret and the authid, and of nothing else: not of the principals that there
 * are, nor of those that an authenticator has found so far, or it would move when one is added and real ones stay. It is made
 * for every authid, known or not, before anybody looks whether it is needed: so both cost the same.
 */

import { createHmac, hkdfSync } from 'node:crypto';
import type { ScramParameters } from './scram.ts';
import type { Derivation, SecretInput } from './wampcra.ts';
import { derivationOf, isDerivedHere } from './wampcra.ts';

/** How a key of WAMP-CRA looks from outside: with what derivation, and whether the router takes the time to derive it. */
interface CraShape {
  /** Undefined for secrets without a salt. */
  readonly derivation: Derivation | undefined;
  readonly isDerivedHere: boolean;
}

/** Principals of WAMP-CRA, as decoys imitate them. Without a salt: those with a plain secret. */
export interface CraDecoy {
  /** Any salt that is as long as the real ones, and in hex if they are. It is a pattern and never sent. */
  readonly salt?: string;
  /** Default: 10,000. */
  readonly iterations?: number;
  /** Octets. Default: 32. */
  readonly keylen?: number;
  /** Whether the router is given `derivedKey`, and not a `secret` that it derives the key from. Default: false. */
  readonly isDerived?: boolean;
}

/** What the principals of a realm look like; of several shapes an authid picks one. The salts are patterns and never sent. */
export interface DecoySettings {
  /** Also for WAMP-CRA of WAMP v1. Default: a plain secret. */
  readonly wampcra?: readonly CraDecoy[];
  /** Default: PBKDF2, 100,000 iterations, a salt of 16 octets. */
  readonly 'wamp-scram'?: readonly ScramParameters[];
}

/** The decoys of one method. */
export interface Decoys<Shape> {
  readonly secret: string;
  /** What the decoy of `authid` looks like. */
  shapeOf(authid: string): Shape;
  /** To be shown what is used, principal or decoy: a principal that no decoy looks like is told of, once. */
  check(used: Shape): void;
}

const plainSecret: CraShape = { derivation: undefined, isDerivedHere: false };

const shapeOf = ({ isDerived = false, ...derivation }: CraDecoy): CraShape => ({
  derivation: derivationOf({ secret: '', ...derivation }),
  isDerivedHere: derivation.salt !== undefined && !isDerived,
});

const isHex = (text: string): boolean => /^[0-9a-f]+$/.test(text);

// Everything but the very salt.
const printOf = (shape: unknown): string =>
  JSON.stringify(shape, (name, value) => (name === 'salt' ? [value.length, isHex(value)] : value));

/** Decoys of the given shapes, or of a usual one. `onStrange` is told of the first principal that looks like none of them. */
export const createDecoys = <Shape>(
  { secret, onStrange }: { readonly secret: string; readonly onStrange: () => void },
  given: readonly Shape[] | undefined,
  usual: Shape,
): Decoys<Shape> => {
  const shapes = given ?? [usual];
  const prints = new Set(shapes.map(printOf));
  let isTold = false;
  return {
    secret,
    shapeOf: (authid) => {
      const drawn = createHmac('sha256', secret).update(`shape ${authid}`).digest().readUInt32BE();
      return shapes[drawn % shapes.length] ?? usual;
    },
    check: (used) => {
      if (prints.has(printOf(used)) || isTold) return;
      isTold = true;
      onStrange();
    },
  };
};

// As long as the salts of others, and of the same digits.
const saltOf = (secret: string, authid: string, like: string): string => {
  const octets = Buffer.from(hkdfSync('sha256', secret, '', `salt ${authid}`, like.length));
  return octets.toString(isHex(like) ? 'hex' : 'base64').slice(0, like.length);
};

/** Decoys of WAMP-CRA. */
export interface CraDecoys {
  /** A secret for `authid` that signs nothing anybody could repeat, and is as much work as that of a principal. */
  secretOf(authid: string, createText: () => string): NonNullable<SecretInput>;
  /** See `Decoys.check`. */
  check(used: SecretInput): void;
}

/** The decoys of WAMP-CRA in both versions of WAMP. */
export const createCraDecoys = (
  options: { readonly secret: string; readonly onStrange: () => void },
  given: readonly CraDecoy[] | undefined,
): CraDecoys => {
  const decoys = createDecoys(options, given?.map(shapeOf), plainSecret);
  return {
    secretOf: (authid, createText) => {
      const { derivation, isDerivedHere: isSecret } = decoys.shapeOf(authid);
      const text = createText();
      if (!derivation) return text;
      const salted = { ...derivation, salt: saltOf(decoys.secret, authid, derivation.salt) };
      return isSecret ? { secret: text, ...salted } : { derivedKey: text, ...salted };
    },
    check: (used) => decoys.check({ derivation: derivationOf(used), isDerivedHere: isDerivedHere(used) }),
  };
};
