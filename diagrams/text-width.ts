/**
 * How wide a text is, without a renderer: the reader's font is not known, so the letters are as wide as those of DejaVu Sans,
 * the widest of the fonts that `system-ui` usually stands for.
 */

/** Letters by their width in hundredths of the font size. */
const letters: Readonly<Record<number, string>> = {
  29: "'ijlI",
  34: ' ,./:;\\|J',
  36: '-',
  41: '()[]t!rf',
  46: '"',
  53: '*_`sz?',
  59: 'cLFkvxy',
  63: 'PTYaoeESbdghnpqu',
  64: '$0123456789{}µ',
  70: 'KAVBRXZC',
  75: 'UHN',
  80: 'DG&OQ',
  84: 'w#+<=>^~×→±',
  86: 'M',
};

/** Of a letter that the table lacks. */
const widest = 1;

const widths: ReadonlyMap<string, number> = new Map(
  Object.entries(letters).flatMap(([width, all]) => [...all].map((letter) => [letter, Number(width) / 100] as const)),
);

/** How much wider letters are in semibold or bold. */
const boldness = 1.2;

/** The width of `text` in px at a font size in px: what it takes at most with the usual fonts. */
export const textWidth = (text: string, fontSize: number, isBold = false): number =>
  [...text].reduce((sum, letter) => sum + (widths.get(letter) ?? widest), 0) * fontSize * (isBold ? boldness : 1);

/** The lines that `text` needs in `width` px, broken at its spaces. A word that is wider has a line of its own. */
export const brokenText = (text: string, fontSize: number, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.pop();
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || textWidth(longer, fontSize) <= width) lines.push(longer);
    else lines.push(last, word);
  }
  return lines;
};
