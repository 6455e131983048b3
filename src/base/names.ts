/** Misspelt names. An object with a misspelt key does not mean what its author meant, so it is refused, with a hint. */

/** The edit distance of two texts: how many letters must be added, removed, replaced, or swapped with their neighbour. */
const distance = (from: string, to: string): number => {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let line = 0; line < from.length; line += 1) {
    const next = [line + 1];
    for (let at = 0; at < to.length; at += 1) {
      const replaced = (row[at] ?? 0) + (from[line] === to[at] ? 0 : 1);
      const isExchanged = line > 0 && from[line] === to[at - 1] && from[line - 1] === to[at];
      const exchanged = isExchanged ? (before[at - 1] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, exchanged, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
};

/** Longer names are not compared: such a key is probably a text or a secret in the wrong place. */
const longestName = 40;

/** The name in `known` that a misspelt `name` was probably meant to be; undefined if none is similar. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  if (name.length > longestName) return undefined;
  const plain = name.toLowerCase();
  const isNear = (candidate: string): boolean => {
    const other = candidate.toLowerCase();
    return (
      distance(plain, other) <= Math.max(1, Math.floor(other.length / 4)) ||
      (plain.length > 3 && other.startsWith(plain))
    );
  };
  const near = known.filter(isNear).map((candidate) => ({ candidate, far: distance(name, candidate) }));
  return near.sort((a, b) => a.far - b.far)[0]?.candidate;
};

/** A hint for the author of an unknown name: the similar one of `known`, or else all of them. */
export const nameHint = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
};

/**
 * The sentence about the first key of `given` that is not in `known`, to follow the name of the object, or undefined if all
 * are known.
 */
export const unknownName = (given: object, known: readonly string[]): string | undefined => {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `has no "${unknown}"; ${nameHint(unknown, known)}`;
};
