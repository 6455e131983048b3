/**
 * The nesting depth of a payload. Parsers accept far deeper values than encoders can write again, so depth is limited where
 * messages come in, and no limit is needed where they go out.
 */

/** Whether no list or object in `value` is nested deeper than `most` levels. The recursion itself goes no deeper. */
export const isNestedWithin = (value: unknown, most: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (most === 0) return false;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !isNestedWithin(inner, most - 1)) return false;
  }
  return true;
};
