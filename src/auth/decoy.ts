/**
 * What an authid that is not known is challenged with, so that nothing in a challenge, nor the time it takes, tells it from
 * one that is. Its shape (which derivation, how costly, how long a salt) is that of a real principal and never changes: of a
 * table, an entry that the authid picks; of an authenticator, the first principal that it found.
 */

import { createHash, createHmac, hkdfSync } from 'node:crypto';
import type { Derivation, Key } from './wampcra.ts';
import { deriveKey } from './wampcra.ts';

/** The shapes of decoys, and the secret that their salts are made from. */
export interface Decoys<Shape> {
  readonly secret: string;
  /** What a principal that an authenticator found is challenged with. */
  found(shape: Shape): void;
  /** What the decoy of `authid` looks like; undefined while no principal is known. */
  shapeOf(authid: string): Shape | undefined;
}

const mac = (secret: string, text: string): Buffer => createHmac('sha256', secret).update(text).digest();

/**
 * Decoys for a table of principals. Their secret is made from the table, which holds what nobody may know: salts stay the
 * same after a restart and on every node.
 */
export const createTableDecoys = <Found, Shape>(
  table: Readonly<Record<string, Found>>,
  shapeOf: (found: Found) => Shape,
): Decoys<Shape> => {
  const secret = createHash('sha256').update(JSON.stringify(table)).digest('base64');
  const shapes = Object.values(table).map(shapeOf);
  return {
    secret,
    found: () => {},
    shapeOf: (authid) => shapes[mac(secret, `shape ${authid}`).readUInt32BE() % shapes.length],
  };
};

/** Decoys for principals that an authenticator finds. */
export const createFoundDecoys = <Shape>(secret: string): Decoys<Shape> => {
  let first: Shape | undefined;
  return {
    secret,
    found: (shape) => {
      first ??= shape;
    },
    shapeOf: () => first,
  };
};

/** How a challenge of WAMP-CRA looks: with what derivation, and whether the router takes the time to derive the key. */
export interface CraShape {
  readonly derivation: Derivation | undefined;
  readonly isDerivedHere: boolean;
}

// As long as the salts of others, and of the same digits.
const saltOf = (secret: string, authid: string, like: string): string => {
  const octets = Buffer.from(hkdfSync('sha256', secret, '', `salt ${authid}`, like.length));
  return octets.toString(/^[0-9a-f]+$/.test(like) ? 'hex' : 'base64').slice(0, like.length);
};

/** The key of an unknown authid, which signs nothing that anybody could repeat. Takes its time where real keys do. */
export const decoyKey = (decoys: Decoys<CraShape>, authid: string, createText: () => string): Key | Promise<Key> => {
  const { derivation: like, isDerivedHere } = decoys.shapeOf(authid) ?? { derivation: undefined, isDerivedHere: false };
  if (!like) return { key: createText(), derivation: undefined };
  const derivation = { ...like, salt: saltOf(decoys.secret, authid, like.salt) };
  return isDerivedHere
    ? deriveKey(createText(), derivation).then((key) => ({ key, derivation }))
    : { key: createText(), derivation };
};
