/** Plain SVG for figures, readable on light and dark pages alike: its letters, its lines, its legend, its page. */

import { brokenText, textWidth } from '../../diagrams/text-width.ts';

/** Font sizes in px of the kinds of text that every figure has. */
export const fontSize = { title: 19, label: 13.5, note: 12 } as const;

const look = `
  text { font-family: ui-sans-serif, system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: #1f2430; }
  .page { fill: #ffffff; }
  .title { font-size: ${fontSize.title}px; font-weight: 600; }
  .label { font-size: ${fontSize.label}px; }
  .note { font-size: ${fontSize.note}px; fill: #626b7a; }
  .grid { stroke: #e4e7ec; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8eaef; }
    .page { fill: #14171d; }
    .note { fill: #9aa3b2; }
    .grid { stroke: #2b303a; }
  }
`;

/** Text as it may stand in a document. */
export const escapeXml = (plain: string): string =>
  plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A line of text of one kind: `title`, `label`, `note`, or what the figure's own style knows. */
export const text = (kind: string, x: number, y: number, content: string, anchor = 'start'): string =>
  `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

/** A straight line of one kind. */
export const line = (kind: string, x1: number, y1: number, x2: number, y2: number): string =>
  `<line class="${kind}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;

/** A rectangle of one kind, with what a pointer is told that rests on it. */
export const rect = (kind: string, x: number, y: number, width: number, height: number, hint = ''): string =>
  `<rect class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height}" rx="2"` +
  (hint === '' ? '/>' : `><title>${escapeXml(hint)}</title></rect>`);

/** Parts that take the whole width of a figure, and how far down they reach. */
export interface Band {
  readonly parts: readonly string[];
  /** px from the top of the figure, free below. */
  readonly bottom: number;
}

const notePitch = 17;

/** A note in as many lines as it needs. Its first line stands at `y`. */
export const paragraph = (x: number, y: number, width: number, content: string): Band => {
  const lines = brokenText(content, fontSize.note, width);
  return {
    parts: lines.map((each, at) => text('note', x, y + at * notePitch, each)),
    bottom: y + lines.length * notePitch,
  };
};

/** What a mark of a figure means. */
export interface LegendEntry {
  readonly meaning: string;
  /** Draws the mark, `markWidth` wide from `x` on, its middle at `y`. */
  readonly mark: (x: number, y: number) => readonly string[];
}

/** The width of a mark in a legend, px. */
export const markWidth = 24;

const legendPitch = 22;
const [besideMark, betweenEntries] = [8, 24];

/** The entries side by side, in as many rows as they need. The middle of the first row is at `y`. */
export const legend = (left: number, y: number, width: number, entries: readonly LegendEntry[]): Band => {
  let [x, middle] = [left, y];
  const parts = entries.flatMap(({ meaning, mark }) => {
    const own = markWidth + besideMark + textWidth(meaning, fontSize.note);
    if (x > left && x + own > left + width) [x, middle] = [left, middle + legendPitch];
    const start = x;
    x += own + betweenEntries;
    return [...mark(start, middle), text('note', start + markWidth + besideMark, middle + 4, meaning)];
  });
  return { parts, bottom: middle + legendPitch };
};

/** A figure: its parts on a page, sizes in px. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What a reader is told who cannot see it. */
  readonly heading: string;
  /** How the kinds look that are the figure's own. */
  readonly style: string;
  readonly parts: readonly string[];
}

/** The whole document. */
export const drawing = ({ width, height, heading, style, parts }: Drawing): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(heading)}">
<style>${look}${style}</style>
<rect class="page" width="${width}" height="${height}" rx="6"/>
${parts.join('\n')}
</svg>
`;
