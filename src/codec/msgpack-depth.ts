/**
 * How deep a MessagePack message is nested, found by walking its heads: the decoder would build every level first, which
 * for a hostile message of 1 MiB takes half a second and 200 MB.
 */

/** Below this size the decoder itself is quick enough. */
const harmless = 4096;

/** Octets behind the first one of each fixed-size type from 0xc0 on; undefined for those that carry a length. */
const fixedSizes: Readonly<Record<number, number>> = {
  192: 0,
  194: 0,
  195: 0,
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};
/** Octets of the length of binary and text types. */
const lengthSizes: Readonly<Record<number, number>> = { 196: 1, 197: 2, 198: 4, 217: 1, 218: 2, 219: 4 };
/** Octets of the count of lists and maps. */
const countSizes: Readonly<Record<number, number>> = { 220: 2, 221: 4, 222: 2, 223: 4 };

interface Head {
  /** Octets of the head and, for what is no container, of the value. */
  readonly size: number;
  /** Values inside. */
  readonly inner: number;
}

const readNumber = (data: Uint8Array, at: number, size: number): number => {
  let value = 0;
  for (let octet = 0; octet < size; octet += 1) value = value * 256 + (data[at + octet] ?? 0);
  return value;
};

const headAt = (data: Uint8Array, at: number): Head => {
  const first = data[at] ?? 0;
  if (first < 0x80 || first >= 0xe0) return { size: 1, inner: 0 };
  if (first < 0x90) return { size: 1, inner: (first & 0x0f) * 2 };
  if (first < 0xa0) return { size: 1, inner: first & 0x0f };
  if (first < 0xc0) return { size: 1 + (first & 0x1f), inner: 0 };
  const lengthSize = lengthSizes[first];
  if (lengthSize !== undefined) return { size: 1 + lengthSize + readNumber(data, at + 1, lengthSize), inner: 0 };
  const countSize = countSizes[first];
  if (countSize === undefined) return { size: 1 + (fixedSizes[first] ?? 0), inner: 0 };
  const count = readNumber(data, at + 1, countSize);
  return { size: 1 + countSize, inner: first >= 0xde ? count * 2 : count };
};

/** Whether `data` is nested within `maxDepth` levels. What is no MessagePack at all is left for the decoder to refuse. */
export const nestsWithin = (data: Uint8Array, maxDepth: number): boolean => {
  if (data.length <= harmless) return true;
  const open: number[] = [];
  let at = 0;
  while (at < data.length) {
    const { size, inner } = headAt(data, at);
    at += size;
    if (inner > 0) {
      if (open.length === maxDepth) return false;
      open.push(inner);
      continue;
    }
    while (open.length > 0) {
      const left = (open.at(-1) ?? 0) - 1;
      open[open.length - 1] = left;
      if (left > 0) break;
      open.pop();
    }
    if (open.length === 0) return true;
  }
  return true;
};
