import { expect, test } from 'vitest';
import { cutOut, pieces, straightened } from '../../diagrams/polyline.ts';

const point = (x: number, y: number) => ({ x, y });

test('a line that goes through a box is cut in two', () => {
  const line = [point(0, 0), point(50, 0), point(50, 100)];
  const box = { x: 40, y: 30, width: 20, height: 10 };
  expect(cutOut(line, box)).toEqual([
    [point(0, 0), point(50, 0), point(50, 30)],
    [point(50, 40), point(50, 100)],
  ]);
  expect(cutOut(line.toReversed(), box)).toEqual([
    [point(50, 100), point(50, 40)],
    [point(50, 30), point(50, 0), point(0, 0)],
  ]);
});

test('a line that turns in a box is cut where it enters and where it leaves', () => {
  const line = [point(0, 0), point(50, 0), point(50, 100)];
  const box = { x: 40, y: -10, width: 20, height: 20 };
  expect(cutOut(line, box)).toEqual([
    [point(0, 0), point(40, 0)],
    [point(50, 10), point(50, 100)],
  ]);
});

test('a line beside a box, or along its edge, stays whole', () => {
  const line = [point(0, 0), point(0, 100)];
  expect(cutOut(line, { x: 10, y: 10, width: 10, height: 10 })).toEqual([line]);
  expect(cutOut(line, { x: 0, y: 10, width: 10, height: 10 })).toEqual([line]);
});

test('a line is straightened where it does not turn, however little it wavers', () => {
  const line = [point(0, 0), point(0.4, 30), point(0, 60), point(40, 60), point(40, 90)];
  expect(straightened(line)).toEqual([point(0, 0), point(0, 60), point(40, 60), point(40, 90)]);
  expect(pieces(straightened(line))).toHaveLength(3);
});
