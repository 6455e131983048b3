/**
 * Decoys: the challenges for unknown authids. Neither their content nor the time they take distinguishes them from the
 * challenges of known ones.
 *
 * A decoy depends only on the settings of the realm, a secret and the authid. It does not depend on the existing principals
 * or on those that an authenticator has found so far: otherwise it would change when a principal is added, and real
 * challenges would not. A decoy is computed for every authid, known or not, before it is known whether it is needed, so
 * that both cases cost the same.
 */

import { createHmac } from 'node:crypto';

/** The decoys of one method. */
export interface Decoys<Shape> {
  readonly secret: string;
  /** The shape of the decoy of `authid`. */
  shapeOf(authid: string): Shape;
  /** Called with each shape that is used, of a principal or a decoy. A principal that no decoy looks like is reported once. */
  check(used: Shape): void;
}

/** Whether all characters are lower-case hexadecimal digits. */
export const isHex = (text: string): boolean => /^[0-9a-f]+$/.test(text);

// Everything but the value of the salt.
const printOf = (shape: unknown): string =>
  JSON.stringify(shape, (name, value) => (name === 'salt' ? [value.length, isHex(value)] : value));

/**
 * Decoys of the given shapes, or of the usual one. `onUnlikeDecoys` is called for the first principal that looks like none of
 * them.
 */
export const createDecoys = <Shape>(
  { secret, onUnlikeDecoys }: { readonly secret: string; readonly onUnlikeDecoys: () => void },
  given: readonly Shape[] | undefined,
  usual: Shape,
): Decoys<Shape> => {
  const shapes = given ?? [usual];
  const prints = new Set(shapes.map(printOf));
  let isReported = false;
  return {
    secret,
    shapeOf: (authid) => {
      const drawn = createHmac('sha256', secret).update(`shape ${authid}`).digest().readUInt32BE();
      return shapes[drawn % shapes.length] ?? usual;
    },
    check: (used) => {
      if (prints.has(printOf(used)) || isReported) return;
      isReported = true;
      onUnlikeDecoys();
    },
  };
};
