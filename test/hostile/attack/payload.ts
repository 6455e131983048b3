/** Attacks by messages that cost their receivers far more than they cost their sender. */

import { clientFrame, maskedFrame, opcode } from '../../bench/frame.ts';
import { jsonWire, type Wire, wires } from '../../bench/wire.ts';
import { type Attack, expect, type Target } from './attack.ts';
import { exchange, flood, isEnded, join, times, topic } from './peer.ts';

/** Written out, each of these numbers has 21 digits. */
const exponents = async (target: Target): Promise<void> => {
  const subscribers = await times(3, () => join(target));
  for (const each of subscribers) await exchange(each, clientFrame(jsonWire, jsonWire.subscribe(1, topic)));
  const publisher = await join(target);
  const publication = `[16,1,{"acknowledge":true},"${topic}",[${'1e20,'.repeat(200_000)}1]]`;
  await exchange(publisher, maskedFrame(opcode.text, Buffer.from(publication)));
  await exchange(publisher, clientFrame(jsonWire, jsonWire.ask(2)));
  const closed = subscribers.filter(isEnded).length;
  expect(closed === 0, `${closed} of 3 subscribers were closed`);
};

/** How many empty maps make a mebibyte: they take two octets and a comma in JSON, one octet in the others. */
const mapsIn: Readonly<Record<string, number>> = { json: 348_000, msgpack: 1_047_000, cbor: 1_047_000 };
/** So many are within the values that a message may have by default. */
const allowedMaps = 130_000;
/** So many lists hold them, as a list in MessagePack may have 65,536 elements. */
const lists = 16;

const tinyMaps =
  (wire: Wire, count: number) =>
  async (target: Target): Promise<void> => {
    const list = Array.from({ length: count / lists }, () => ({}));
    const publication = clientFrame(wire, [16, 1, {}, topic, Array.from({ length: lists }, () => list)]);
    const publishers = await times(8, () => join(target, wire));
    await Promise.all(publishers.map((publisher) => flood(publisher, publication, 5_000)));
  };

/** Attacks by payloads. */
export const payload: readonly Attack[] = [
  {
    id: 'payload/exponents',
    does: 'publishes a list of `1e20` of 1 MiB, which is 4.4 MiB when it is written out, to subscribers in JSON',
    before: 'closed every subscriber',
    bound: { growth: 128 },
    run: exponents,
  },
  ...wires
    .filter(({ name }) => name in mapsIn)
    .flatMap((wire) => [
      {
        id: `payload/tiny-maps-${wire.name}`,
        does: `floods with messages of a MiB of empty maps, from eight peers in ${wire.name}`,
        before: 'stalled everybody for 7 s',
        bound: { growth: 256 },
        run: tinyMaps(wire, mapsIn[wire.name] ?? 0),
      },
      {
        id: `payload/many-maps-${wire.name}`,
        does: `floods with messages of ${allowedMaps} empty maps, from eight peers in ${wire.name}`,
        before: 'not tried',
        bound: {
          p99: 200,
          growth: 512,
          because:
            'one message of as many values as are allowed takes 20 ms to decode, and its garbage as much to collect',
        },
        run: tinyMaps(wire, allowedMaps),
      },
    ]),
];
