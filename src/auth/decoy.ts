/**
 * What an authid that is not known is challenged with, so that nothing in a challenge, nor the time it takes, tells it from
 * one that is.
 *
 * A decoy is made of the realm's settings, a secret and the authid, and of nothing else: not of the principals that there
 * are, nor of those that an authenticator has found so far, or it would move when one is added and real ones stay. It is made
 * for every authid, known or not, before anybody looks whether it is needed: so both cost the same.
 */

import { createHmac } from 'node:crypto';

/** The decoys of one method. */
export interface Decoys<Shape> {
  readonly secret: string;
  /** What the decoy of `authid` looks like. */
  shapeOf(authid: string): Shape;
  /** To be shown what is used, principal or decoy: a principal that no decoy looks like is told of, once. */
  check(used: Shape): void;
}

/** Whether all characters are hexadecimal digits, in lower case. */
export const isHex = (text: string): boolean => /^[0-9a-f]+$/.test(text);

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
