/** Plain SVG for figures, readable on light and dark pages alike: its letters, its lines, its page. */

const look = `
  text { font-family: ui-sans-serif, system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: #1f2430; }
  .page { fill: #ffffff; }
  .title { font-size: 19px; font-weight: 600; }
  .label { font-size: 13.5px; }
  .note { font-size: 12px; fill: #626b7a; }
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
