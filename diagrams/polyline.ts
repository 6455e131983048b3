/**
 * Places in a picture, and lines of straight pieces. What must live here: geometry. What must not: charts, ELK, SVG.
 */

/** A place, in px from the top left of the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Whether two boxes share more than an edge, or come closer than `distance`. */
export const overlap = (a: Box, b: Box, distance = 0): boolean =>
  a.x < b.x + b.width + distance &&
  b.x < a.x + a.width + distance &&
  a.y < b.y + b.height + distance &&
  b.y < a.y + a.height + distance;

/** The straight pieces of a line, as boxes; those of an orthogonal one have no width or no height. */
export const pieces = (points: readonly Point[]): readonly Box[] =>
  points.slice(1).map((end, at) => {
    const start = points[at] ?? end;
    return {
      x: Math.min(start.x, end.x),
      y: Math.min(start.y, end.y),
      width: Math.abs(start.x - end.x),
      height: Math.abs(start.y - end.y),
    };
  });

/** Within so many px a line goes straight on. */
const tolerance = 1;

const isStraight = (...points: readonly Point[]): boolean =>
  (['x', 'y'] as const).some((axis) => {
    const places = points.map((point) => point[axis]);
    return Math.max(...places) - Math.min(...places) < tolerance;
  });

/** An orthogonal line without the points at which it does not turn. */
export const straightened = (points: readonly Point[]): readonly Point[] => {
  const kept: Point[] = [];
  for (const point of points) {
    const [before, last] = kept.slice(-2);
    if (before && last && isStraight(before, last, point)) kept.pop();
    kept.push(point);
  }
  return kept;
};

/** From where to where `box` hides the way from `start` to `end`, as shares of it. */
const hiddenShare = (box: Box, start: Point, end: Point): readonly [from: number, to: number] | undefined => {
  const along = (from: number, to: number, low: number, high: number): readonly [number, number] => {
    if (from === to) return from > low && from < high ? [0, 1] : [1, 0];
    const [one, other] = [(low - from) / (to - from), (high - from) / (to - from)];
    return [Math.min(one, other), Math.max(one, other)];
  };
  const across = along(start.x, end.x, box.x, box.x + box.width);
  const down = along(start.y, end.y, box.y, box.y + box.height);
  const [from, to] = [Math.max(0, across[0], down[0]), Math.min(1, across[1], down[1])];
  return from < to ? [from, to] : undefined;
};

const between = (start: Point, end: Point, share: number): Point => ({
  x: start.x + (end.x - start.x) * share,
  y: start.y + (end.y - start.y) * share,
});

/** What is left of a line when `box` is cut out of it: usually the part before it and the part behind. */
export const cutOut = (points: readonly Point[], box: Box): readonly (readonly Point[])[] => {
  const parts: Point[][] = [[]];
  for (const [at, end] of points.entries()) {
    const start = points[at - 1];
    const hidden = start && hiddenShare(box, start, end);
    if (start && hidden) {
      parts.at(-1)?.push(between(start, end, hidden[0]));
      parts.push([between(start, end, hidden[1])]);
    }
    parts.at(-1)?.push(end);
  }
  return parts.filter((part) => part.some(({ x, y }) => x !== part[0]?.x || y !== part[0]?.y));
};
