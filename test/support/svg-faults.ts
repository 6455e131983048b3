/**
 * Finds what a reader of an SVG would see wrong, without a renderer: texts that overlap each other, a line or a border, and
 * texts that leave the picture. It knows what the generators of this project write, not all of SVG: no transforms, and styles
 * by class only.
 */

import { type Box, overlap, pieces } from '../../diagrams/polyline.ts';
import { textWidth } from '../../diagrams/text-width.ts';

type Attributes = Readonly<Record<string, string>>;

const attributesOf = (text: string): Attributes =>
  Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
const plainOf = (xml: string): string => xml.replace(/&\w+;/g, (entity) => entities[entity] ?? entity);

/** The style of a light page by selector: what the dark one overrides are colours. */
const rulesOf = (svg: string): ReadonlyMap<string, string> => {
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(svg) ?? [];
  const rules = style.replace(/@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}/g, '').matchAll(/([^{}]+)\{([^}]*)\}/g);
  return new Map([...rules].map(([, selector = '', rule = '']) => [selector.trim(), rule]));
};

const numberIn = (rule: string | undefined, property: string): number | undefined => {
  const [, value] = new RegExp(`${property}:\\s*([\\d.]+)`).exec(rule ?? '') ?? [];
  return value === undefined ? undefined : Number(value);
};

const semibold = 600;

/** A text with the place that it takes at most. */
export interface TextBox extends Box {
  readonly content: string;
}

/** The boxes of all texts. */
export const textBoxes = (svg: string): readonly TextBox[] => {
  const rules = rulesOf(svg);
  return [...svg.matchAll(/<text ([^>]*)>([\s\S]*?)<\/text>/g)].map(([, given = '', inner = '']) => {
    const { x, y, class: kind, 'text-anchor': anchor } = attributesOf(given);
    const rule = (name: string | undefined): string | undefined => rules.get(`.${name}`);
    const size = numberIn(rule(kind), 'font-size') ?? numberIn(rules.get('text'), 'font-size') ?? Number.NaN;
    const widthOf = (words: string, name: string | undefined): number =>
      textWidth(plainOf(words), size, (numberIn(rule(name), 'font-weight') ?? 0) >= semibold);
    // Spans, and what stands between them.
    const spans = [...inner.matchAll(/<tspan class="(\w+)">([^<]*)<\/tspan>|([^<]+)/g)];
    const width = spans.reduce((sum, [, name = kind, words, bare]) => sum + widthOf(words ?? bare ?? '', name), 0);
    const before = anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0;
    const content = plainOf(inner.replace(/<[^>]*>/g, ''));
    return { content, x: Number(x) - before, y: Number(y) - 0.8 * size, width, height: 1.05 * size };
  });
};

const pointsIn = (text: string): readonly { readonly x: number; readonly y: number }[] =>
  [...text.matchAll(/(-?[\d.]+)[ ,](-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));

const boxOf = ({ x, y, width, height }: Attributes): Box => ({
  x: Number(x ?? 0),
  y: Number(y ?? 0),
  width: Number(width),
  height: Number(height),
});

/** The pieces of everything that is drawn as a line, by element. */
const strokes: Readonly<Record<string, (attributes: Attributes) => readonly Box[]>> = {
  line: ({ x1, y1, x2, y2 }) =>
    pieces([
      { x: Number(x1), y: Number(y1) },
      { x: Number(x2), y: Number(y2) },
    ]),
  polyline: ({ points = '' }) => pieces(pointsIn(points)),
  path: ({ d = '' }) => d.split('M').flatMap((part) => pieces(pointsIn(part))),
  rect: (attributes) => {
    const { x, y, width, height } = boxOf(attributes);
    const [right, bottom] = [x + width, y + height];
    return pieces([
      { x, y },
      { x: right, y },
      { x: right, y: bottom },
      { x, y: bottom },
      { x, y },
    ]);
  },
  circle: ({ cx, cy, r }) => {
    const radius = Number(r);
    return [{ x: Number(cx) - radius, y: Number(cy) - radius, width: 2 * radius, height: 2 * radius }];
  },
};

const strokesOf = (svg: string): readonly Box[] =>
  [...svg.replace(/<defs>[\s\S]*?<\/defs>/g, '').matchAll(/<(\w+) ([^>]*)>/g)].flatMap(
    ([, element = '', given = '']) => strokes[element]?.(attributesOf(given)) ?? [],
  );

/** px that a text keeps from the edge of the picture. */
const margin = 4;

/** A sentence for each fault; none when all can be read. */
export const faultsIn = (svg: string): readonly string[] => {
  const [, root = ''] = /<svg ([^>]*)>/.exec(svg) ?? [];
  const { width, height } = boxOf(attributesOf(root));
  const [texts, lines] = [textBoxes(svg), strokesOf(svg)];
  const isWithin = (box: Box): boolean =>
    Math.min(box.x, box.y) >= margin && box.x + box.width <= width - margin && box.y + box.height <= height - margin;
  return texts.flatMap((text, at) => {
    if (!isWithin(text)) return [`"${text.content}" leaves the picture`];
    const others = texts.slice(at + 1).filter((other) => overlap(text, other));
    return [
      ...others.map(({ content }) => `"${text.content}" lies on "${content}"`),
      ...(lines.some((line) => overlap(text, line)) ? [`a line runs through "${text.content}"`] : []),
    ];
  });
};
