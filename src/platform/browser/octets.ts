/** What browsers do with octets. `platform/node/octets.ts` says what each function is for. */

const encoder = new TextEncoder();
// A byte order mark is kept: it is a character of the text like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const asciiDecoder = new TextDecoder('latin1');

export const allocate = (length: number): Uint8Array => new Uint8Array(length);

export const allocateKept = (length: number): Uint8Array => new Uint8Array(length);

export const copyOf = (data: Uint8Array, from = 0, to = data.length): Uint8Array => data.slice(from, to);

export const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const fromText = (text: string): Uint8Array => encoder.encode(text);

export const toText = (data: Uint8Array, from = 0, to = data.length): string => decoder.decode(data.subarray(from, to));

export const toAscii = (data: Uint8Array, from: number, to: number): string =>
  asciiDecoder.decode(data.subarray(from, to));

export const writeAscii = (data: Uint8Array, text: string, at: number): void => {
  encoder.encodeInto(text, data.subarray(at));
};

const strictDecoder = new TextDecoder('utf-8', { fatal: true });

export const isUtf8 = (data: Uint8Array, from: number, to: number): boolean => {
  try {
    strictDecoder.decode(data.subarray(from, to));
    return true;
  } catch {
    return false;
  }
};

export const lengthOfText = (text: string): number => encoder.encode(text).length;

/** A function takes only so many arguments. */
const atOnce = 8192;

export const toBase64 = (data: Uint8Array, from = 0, to = data.length): string => {
  let text = '';
  for (let at = from; at < to; at += atOnce) {
    text += String.fromCharCode(...data.subarray(at, Math.min(at + atOnce, to)));
  }
  return btoa(text);
};

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export const toHex = (data: Uint8Array): string => {
  let digits = '';
  for (const octet of data) digits += octet.toString(16).padStart(2, '0');
  return digits;
};

export const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
