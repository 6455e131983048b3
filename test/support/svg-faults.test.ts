import { expect, test } from 'vitest';
import { drawing, legend, line, paragraph, rect, text } from './svg.ts';
import { faultsIn, textBoxes } from './svg-faults.ts';

const picture = (...parts: readonly string[]): string =>
  drawing({ width: 200, height: 100, heading: 'a figure', style: '', parts });

test('texts that do not touch anything are no fault', () => {
  const parts = [text('label', 20, 30, 'first'), text('label', 20, 60, 'second'), line('grid', 20, 40, 180, 40)];
  expect(faultsIn(picture(...parts, rect('bar', 10, 10, 180, 80)))).toEqual([]);
});

test('a text on another, on a line, on a border and beyond the edge is a fault', () => {
  const label = text('label', 20, 50, 'label');
  expect(faultsIn(picture(label, text('note', 30, 55, 'note')))).toEqual(['"label" lies on "note"']);
  const struck = ['a line runs through "label"'];
  expect(faultsIn(picture(label, line('grid', 25, 10, 25, 90)))).toEqual(struck);
  expect(faultsIn(picture(label, '<path class="line" d="M5 46L90 46Q98 46 98 54L98 90"/>'))).toEqual(struck);
  expect(faultsIn(picture(label, '<polyline points="5.0,46.0 90.0,46.0"/>'))).toEqual(struck);
  expect(faultsIn(picture(label, rect('bar', 30, 10, 100, 80)))).toEqual(struck);
  const ends = [
    ['start', 170],
    ['middle', 190],
    ['end', 30],
  ] as const;
  for (const [anchor, x] of ends)
    expect(faultsIn(picture(text('label', x, 50, 'beyond', anchor)))).toEqual(['"beyond" leaves the picture']);
  expect(faultsIn(picture(text('label', 20, 99, 'deep')))).toEqual(['"deep" leaves the picture']);
});

test('a line that stops before a text and goes on behind is no fault', () => {
  const label = text('label', 20, 50, 'label');
  expect(faultsIn(picture(label, '<path class="line" d="M40 5L40 35M40 60L40 90"/>'))).toEqual([]);
});

test('the widths of bold texts, of spans and of entities are their own', () => {
  const width = (svg: string): number => textBoxes(picture(svg))[0]!.width;
  expect(width(text('title', 0, 20, 'title'))).toBeGreaterThan(1.1 * (19 / 12) * width(text('note', 0, 20, 'title')));
  expect(width(text('note', 0, 20, '<<&'))).toBe(width(text('note', 0, 20, '>>&')));
  expect(width('<text class="note" x="0" y="20"><tspan class="title">a</tspan> b</text>')).toBeGreaterThan(
    width(text('note', 0, 20, 'a b')),
  );
});

test('a legend and a paragraph take as many rows as they need, within their width', () => {
  const entries = ['one', 'another one', 'the third'].map((meaning) => ({
    meaning,
    mark: (x: number, y: number) => [line('grid', x, y, x + 24, y)],
  }));
  const marks = legend(10, 20, 180, entries);
  expect(marks.bottom).toBeGreaterThan(20 + 2 * 20);
  const words = paragraph(10, marks.bottom, 180, 'a sentence that is too long for one line');
  expect(words.parts.length).toBe(2);
  const parts = [...marks.parts, ...words.parts];
  expect(faultsIn(drawing({ width: 200, height: words.bottom, heading: '', style: '', parts }))).toEqual([]);
});
