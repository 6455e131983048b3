/** Counts the values in a JSON text without building them. Invalid JSON is left for the parser to refuse. */

const quote = 0x22;
const backslash = 0x5c;

/** What an octet can begin: nothing, a list or dictionary, a text, or a number or name. */
const kind = { nothing: 0, bracket: 1, text: 2, word: 3 } as const;
const kinds = new Uint8Array(256).fill(kind.word);
for (const sign of ' \t\r\n,:]}') kinds[sign.charCodeAt(0)] = kind.nothing;
for (const sign of '[{') kinds[sign.charCodeAt(0)] = kind.bracket;
kinds[quote] = kind.text;

const endOfText = (data: Uint8Array, begin: number): number => {
  let at = begin + 1;
  while (at < data.length && data[at] !== quote) at += data[at] === backslash ? 2 : 1;
  return at + 1;
};

const endOfWord = (data: Uint8Array, begin: number): number => {
  let at = begin + 1;
  while (at < data.length && kinds[data[at] as number] === kind.word) at += 1;
  return at;
};

/** Whether a JSON text has more than `most` values and keys. Short texts are not scanned, since each value takes at least one octet. */
export const hasMoreElements = (data: Uint8Array, most: number): boolean => {
  if (data.length <= most) return false;
  let count = 0;
  for (let at = 0; at < data.length; ) {
    const begins = kinds[data[at] as number];
    if (begins === kind.nothing) {
      at += 1;
      continue;
    }
    count += 1;
    if (count > most) return true;
    if (begins === kind.text) at = endOfText(data, at);
    else at = begins === kind.word ? endOfWord(data, at) : at + 1;
  }
  return false;
};
