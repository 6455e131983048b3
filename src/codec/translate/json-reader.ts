/** Reads JSON texts that are known to be well-formed, so commas and colons need no look. */

import { endOfValue } from '../json-walk.ts';
import { endless } from '../walk.ts';
import { notWellFormed } from './binary-reader.ts';
import { readJsonNumber } from './json-number.ts';
import { readJsonText } from './json-text.ts';
import { CannotHold } from './output.ts';
import type { Reader, Writer } from './writer.ts';

const sign = {
  tab: 0x09,
  line: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  list: 0x5b,
  listEnd: 0x5d,
  false: 0x66,
  null: 0x6e,
  true: 0x74,
  dictionary: 0x7b,
  dictionaryEnd: 0x7d,
} as const;

/** Reads a number for a writer that takes those that are too large for it as octets. */
const readAnyNumber = (data: Uint8Array, at: number, to: Writer): number => {
  try {
    return readJsonNumber(data, at, to);
  } catch (error) {
    if (!(error instanceof CannotHold)) throw error;
    const end = endOfValue(data, at);
    to.foreign?.(data.subarray(at, end));
    return end;
  }
};

/** For each open container: how many values have come, and if it is a dictionary. */
const passes: number[] = [];
const areDictionaries: boolean[] = [];

/** The reader of JSON. */
export const readJson: Reader = (data, to) => {
  let at = 0;
  let depth = 0;
  let passed = 0;
  let isDictionary = false;
  while (at < data.length) {
    const octet = data[at] as number;
    switch (octet) {
      case sign.comma:
      case sign.colon:
      case sign.space:
      case sign.tab:
      case sign.line:
      case sign.return:
        at += 1;
        continue;
      case sign.listEnd:
      case sign.dictionaryEnd:
        if (depth === 0) throw new CannotHold(notWellFormed);
        at += 1;
        to.close(isDictionary ? passed / 2 : passed);
        depth -= 1;
        passed = passes[depth] ?? 0;
        isDictionary = areDictionaries[depth] ?? false;
        continue;
      case sign.list:
      case sign.dictionary:
        at += 1;
        passes[depth] = passed + 1;
        areDictionaries[depth] = isDictionary;
        depth += 1;
        passed = 0;
        isDictionary = octet === sign.dictionary;
        to.open(isDictionary, endless);
        continue;
      case sign.quote:
        at = readJsonText(data, at, !isDictionary || passed % 2 === 1, to);
        break;
      case sign.null:
        to.null();
        at += 4;
        break;
      case sign.true:
        to.boolean(true);
        at += 4;
        break;
      case sign.false:
        to.boolean(false);
        at += 5;
        break;
      default:
        if (octet !== sign.minus && !(octet >= sign.zero && octet <= sign.nine)) throw new CannotHold(notWellFormed);
        at = to.foreign ? readAnyNumber(data, at, to) : readJsonNumber(data, at, to);
    }
    passed += 1;
  }
};
