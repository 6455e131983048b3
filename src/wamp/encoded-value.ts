/**
 * One value in the octets of a serializer. It stands for what JavaScript has no value for (a tag of CBOR that is not known, an
 * extension type of MessagePack, a time in the year 300,000), for whole args or kwargs where a handler asks for
 * `payload: 'octets'`, and for what a program wants to send exactly as it says.
 *
 * In the same serializer it goes out unchanged; in another as the table "Payloads between serializers" in PROTOCOL.md says. It is
 * checked to be one well-formed value when it is sent. Its octets must not be changed.
 *
 * @example
 * await session.publish('com.example.price', [new EncodedValue('json', Buffer.from('1.0'))]);
 */
export class EncodedValue {
  /** The name of the serializer: `json`, `msgpack` or `cbor`. */
  readonly serializer: string;
  /** The value in it, with neither a comma nor a message around it. */
  readonly octets: Uint8Array;

  constructor(serializer: string, octets: Uint8Array) {
    this.serializer = serializer;
    this.octets = octets;
    Object.freeze(this);
  }
}
