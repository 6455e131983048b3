/** Counts the values in a JSON text without building them. Invalid JSON is left for the parser to refuse. */

const quote = 0x22;
const backslash = 0x5c;

/** What an octet can begin: nothing, a list or dictionary, a text, or a number or name. */
const kind = { nothing: 0, bracket: 1, text: 2, word: 3 } as const;
const kinds = new Uint8Array(256).fill(kind.word);
for (const sign of ' \t\r\n,:]}') kinds[sign.charCodeAt(0)] = kind.nothing;
for (const sign of '[{') kinds[sign.charCodeAt(0)] = kind.bracket;
kinds[quote] = kind.text;

/** Where the text ends whose quote is at `begin`: behind the other quote. */
export const endOfText = (data: Uint8Array, begin: number): number => {
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

const listEnd = 0x5d;
const isOpening = (octet: number | undefined): boolean => octet === 0x5b || octet === 0x7b;
const isClosing = (octet: number | undefined): boolean => octet === listEnd || octet === 0x7d;

/** Where the value that begins at `begin` ends. */
export const endOfValue = (data: Uint8Array, begin: number): number => {
  let depth = 0;
  let at = begin;
  do {
    const octet = data[at];
    if (octet === quote) at = endOfText(data, at);
    else {
      if (isOpening(octet)) depth += 1;
      else if (isClosing(octet)) depth -= 1;
      at = kinds[octet as number] === kind.word ? endOfWord(data, at) : at + 1;
    }
  } while (depth > 0 && at < data.length);
  return at;
};

/** Where the next value at or behind `from` begins, brackets that end something left out; the end if there is none. */
export const nextValue = (data: Uint8Array, from: number): number => {
  let at = from;
  while (at < data.length && kinds[data[at] as number] === kind.nothing) at += 1;
  return at;
};

/** Where the bracket of a list is. */
const listStart = (data: Uint8Array): number => {
  let at = 0;
  while (at < data.length && data[at] !== 0x5b) at += 1;
  return at;
};

/**
 * Where element `index` begins in a JSON text that is known to be a list and to have that element. Only what comes before
 * it is walked over.
 */
export const startOfElement = (data: Uint8Array, index: number): number => {
  let at = nextValue(data, listStart(data) + 1);
  for (let passed = 0; passed < index; passed += 1) at = nextValue(data, endOfValue(data, at));
  return at;
};

/** Where the last element ends in a JSON text that is known to be a list: at the bracket, white space before it included. */
export const endOfElements = (data: Uint8Array): number => {
  // Nearly always the last octet, for which a call of the engine would take longer.
  let at = data.length - 1;
  while (at > 0 && data[at] !== listEnd) at -= 1;
  return at;
};
