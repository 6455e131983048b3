/** Names that are misspelt: an object that holds one means something else than was meant, so it is refused. */

/** Says which key of `given` is none of `known`, to be put behind the name of what is looked at; undefined when all are known. */
export const unknownName = (given: object, known: readonly string[]): string | undefined => {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `has no "${unknown}"; known are ${known.join(', ')}`;
};
