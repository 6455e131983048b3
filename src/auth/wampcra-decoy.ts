/** Decoys of WAMP-CRA, in both versions of WAMP: secrets for unknown authids. */

import { hkdfSync } from 'node:crypto';
import type { Given } from '../kind/kind.ts';
import { optional } from '../kind/kind.ts';
import { flag, text } from '../kind/plain.ts';
import { createDecoys, isHex } from './decoy.ts';
import type { Derivation, SecretInput } from './wampcra.ts';
import { derivationOf, isDerivedHere } from './wampcra.ts';
import { derivationOptions } from './wampcra-secret.ts';

/** The observable properties of a WAMP-CRA key: its derivation, and whether the router spends the time to derive it. */
interface CraShape {
  /** Undefined for secrets without a salt. */
  readonly derivation: Derivation | undefined;
  readonly isDerivedHere: boolean;
}

/** The options of a WAMP-CRA decoy. */
export const craDecoyOptions = {
  /** Any salt that is as long as the real ones, and in hex if they are. It is a pattern and never sent. */
  salt: text,
  ...derivationOptions,
  /** Whether the router is given `derivedKey`, and not a `secret` that it derives the key from. */
  isDerived: optional(flag, false),
};

/** The shape of WAMP-CRA principals that a decoy imitates. Without a salt it imitates plain secrets, which is the default. */
export interface CraDecoy extends Given<typeof craDecoyOptions> {}

const plainSecret: CraShape = { derivation: undefined, isDerivedHere: false };

const shapeOf = ({ isDerived = false, ...derivation }: CraDecoy): CraShape => ({
  derivation: derivationOf({ secret: '', ...derivation }),
  isDerivedHere: derivation.salt !== undefined && !isDerived,
});

const noHexDigits = 'ghijklmnopqrstuvwxyz';

// A salt of the same length as `like`, in hex only if that is. It takes the same work for every authid.
const saltOf = (secret: string, authid: string, like: string): string => {
  const octets = Buffer.from(hkdfSync('sha256', secret, '', `salt ${authid}`, like.length + 1));
  const salt = octets.toString(isHex(like) ? 'hex' : 'base64').slice(0, like.length);
  if (isHex(salt) === isHex(like)) return salt;
  // A short text in base64 may happen to be hex.
  return noHexDigits.charAt((octets.at(-1) as number) % noHexDigits.length) + salt.slice(1);
};

/** Decoys of WAMP-CRA. */
export interface CraDecoys {
  /** A secret for `authid` that nobody can sign with, and that takes as much work as that of a principal. */
  secretOf(authid: string, createText: () => string): NonNullable<SecretInput>;
  /** See `Decoys.check`. */
  check(used: SecretInput): void;
}

/** Creates decoys of the given shapes; by default they look like plain secrets. */
export const createCraDecoys = (
  options: { readonly secret: string; readonly onUnlikeDecoys: () => void },
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
