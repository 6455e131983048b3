/** Names that are misspelt: an object that holds one means something else than was meant, so it is refused. */

/** How many letters must be added, left out, replaced, or exchanged with the next, to get from one text to the other. */
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

/** Names longer than this are compared with none: what is a text or a secret took the place of a key. */
const longestName = 40;

/** Which of `known` a misspelt name was probably meant to be; undefined where none is near. */
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

/** What helps whoever has written a name that is none of `known`: the one that was probably meant, else all. */
export const nameHint = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
};

/** Says which key of `given` is none of `known`, to be put behind the name of what is looked at; undefined when all are known. */
export const unknownName = (given: object, known: readonly string[]): string | undefined => {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `has no "${unknown}"; ${nameHint(unknown, known)}`;
};
