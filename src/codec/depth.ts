/**
 * How deep a payload is nested. Parsers take far deeper values than encoders can write again, so depth is bounded where
 * messages come in and never met where they go out.
 */

/** Whether no list or object in `value` is nested deeper than `most` levels. Never recurses deeper than that. */
export const isNestedWithin = (value: unknown, most: number): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (most === 0) return false;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !isNestedWithin(inner, most - 1)) return false;
  }
  return true;
};
