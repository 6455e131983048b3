/**
 * SASLprep (RFC 4013): different spellings of one password become the same octets.
 *
 * The tables of RFC 3454 are written as ranges if they are short, and as Unicode properties if those are equivalent. One
 * rule is looser: a code point that Unicode added after version 3.2 is allowed if this runtime knows it, so that an emoji
 * is accepted. No error may quote the text, since it is a secret.
 */

// RFC 3454, C.1.2; U+200B is in B.1 too, and RFC 4013 (2.1) lists the spaces first.
const otherSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;

// RFC 3454, B.1. Alternatives, as most of these combine with their neighbours.
const mappedToNothing = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;

// RFC 4013, 2.3: C.2.1 and part of C.2.2 (Cc), C.3 (Co), C.5 (Cs: only half a pair is left of those), C.4 and A.1 (Cn).
const prohibitedKinds = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}]/u;

// The rest of C.2.2, and C.6 to C.9.
const prohibitedOthers =
  /\u0340|\u0341|\u06DD|\u070F|\u180E|[\u200C-\u200F]|[\u2028-\u202E]|[\u2060-\u2063]|[\u206A-\u206F]|[\u2FF0-\u2FFB]|\uFEFF|[\uFFF9-\uFFFD]|[\u{1D173}-\u{1D17A}]|\u{E0001}|[\u{E0020}-\u{E007F}]/u;

const rightToLeftBlocks = '[\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFF\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}]';
const otherDigits = '(?![0-9\\u0660-\\u0669\\u06F0-\\u06F9])\\p{Nd}';
// RFC 3454, D.1: letters of these blocks, and their punctuation.
const rightToLeftMarks =
  '[\\u05BE\\u05C0\\u05C3\\u05F3\\u05F4\\u061B\\u061F\\u066D\\u06D4\\u06FD\\u06FE\\u0700-\\u070D]';
const rightToLeft = `(?:${rightToLeftMarks}|(?=${rightToLeftBlocks})\\p{L})`;
// RFC 3454, D.2, as far as letters, vowel signs and digits go; symbols in it are left out.
const leftToRight = new RegExp(`(?!${rightToLeftBlocks})[\\p{L}\\p{Mc}\\p{Nl}]|${otherDigits}`, 'u');
const someRightToLeft = new RegExp(rightToLeft, 'u');
const rightToLeftAtBothEnds = new RegExp(`^${rightToLeft}(?:.*${rightToLeft})?$`, 'su');

const plain = /^[\x20-\x7E]*$/;

// RFC 3454, section 6.
const mixesDirections = (text: string): boolean =>
  someRightToLeft.test(text) && (leftToRight.test(text) || !rightToLeftAtBothEnds.test(text));

/**
 * Prepares a user name or password (RFC 4013, section 2): other spaces become a space, characters commonly mapped to
 * nothing are removed, and the result is normalised to NFKC. Throws a TypeError for prohibited characters, for code points
 * unknown to this runtime, and for text of mixed direction. The result may be empty; the caller must refuse that.
 */
export const saslprep = (text: string): string => {
  if (plain.test(text)) return text;
  const prepared = text.replace(otherSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC');
  if (prohibitedKinds.test(prepared) || prohibitedOthers.test(prepared)) {
    throw new TypeError('the text has a character that SASLprep prohibits');
  }
  if (mixesDirections(prepared)) throw new TypeError('the text mixes directions in a way that SASLprep prohibits');
  return prepared;
};
