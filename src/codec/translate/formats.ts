/** The serializers by their names, for values that say in which of them they are. The table of serializers gives itself. */

import type { Format } from './writer.ts';

let table: Readonly<Record<string, Format>> = {};

/** Must be called with the table, which may grow. */
export const knowFormats = (formats: Readonly<Record<string, Format>>): void => {
  table = formats;
};

/** The serializer of a name. Throws if there is none. */
export const formatOf = (name: string): Format => {
  const format = Object.hasOwn(table, name) ? table[name] : undefined;
  if (format) return format;
  throw new TypeError(`there is no serializer "${name}"; known are ${Object.keys(table).join(', ')}`);
};
