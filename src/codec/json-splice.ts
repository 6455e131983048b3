/** Finding an element in the text of a JSON list that has been parsed already, so that nothing has to be checked. */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const space = 0x20;

const skipString = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at;
  }
  return text.length;
};

/** Where the element with an index begins in the text of a list; blanks before it may belong to it. */
export const locateInJson = (text: string, element: number): number => {
  let left = element;
  let depth = 0;
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= space) at += 1;
  for (at += 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = skipString(text, at);
    else if (code === openList || code === openObject) depth += 1;
    else if (code === closeList || code === closeObject) depth -= 1;
    else if (code === comma && depth === 0) {
      left -= 1;
      if (left === 0) return at + 1;
    }
  }
  return -1;
};
