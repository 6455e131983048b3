import { expect, it } from 'vitest';
import { isUtf8 as inBrowsers } from '../../src/platform/browser/octets.ts';
import { isUtf8 as inNode } from '../../src/platform/node/octets.ts';

const valid = ['', 'letters', 'é', '€', '😀', '\u{feff}mark', '\u{fffd}'].map((text) => Buffer.from(text));
const invalid = [[0xff], [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]].map(
  (octets) => Buffer.from(octets),
);

it.each(Object.entries({ Node: inNode, browsers: inBrowsers }))(
  'UTF-8 is told from other octets in %s',
  (_, isUtf8) => {
    for (const before of [0, 200]) {
      const asPart = (octets: Buffer): boolean => {
        const data = Buffer.concat([Buffer.alloc(before, 'a'), octets, Buffer.from([0xff])]);
        return isUtf8(data, 0, data.length - 1);
      };
      expect(valid.map(asPart)).toEqual(valid.map(() => true));
      expect(invalid.map(asPart)).toEqual(invalid.map(() => false));
    }
  },
);
