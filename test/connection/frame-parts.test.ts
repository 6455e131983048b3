import { expect, test } from 'vitest';
import { frameParts } from '../../src/connection/frame-parts.ts';
import { createRawSocketFraming } from '../../src/transport/rawsocket/frame.ts';
import { payloadFraming, websocketFraming } from '../../src/transport/websocket/frame.ts';

const framings = { websocket: websocketFraming, bare: payloadFraming, rawsocket: createRawSocketFraming() };
const texts = [
  '',
  '[',
  'é',
  '\u{d800}',
  ...['a', 'é', '😀'].flatMap((sign) => [63, 64, 65, 200].map((n) => sign.repeat(n))),
];
const lengths = [0, 1, 63, 64, 65, 125, 126, 65_536];

test.each(Object.entries(framings))('a frame of parts is that of the whole message: %s', (_, framing) => {
  for (const head of texts) {
    for (const length of lengths) {
      const octets = Buffer.alloc(length, 'payload');
      const same = [
        Buffer.compare(frameParts(head, octets, ']', framing), framing.text(`${head}${octets}]`)),
        Buffer.compare(
          frameParts(Buffer.from(head), octets, '', framing),
          framing.binary(Buffer.concat([Buffer.from(head), octets])),
        ),
      ];
      expect([head, length, same]).toEqual([head, length, [0, 0]]);
    }
  }
});
