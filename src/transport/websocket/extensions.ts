/**
 * The WebSocket extensions that a client offers. An offer of compression that a server must decline is left out here (RFC 7692,
 * 7), as `ws` would refuse the whole connection over it; what is no list of offers at all stays, for `ws` to refuse.
 */

import type { IncomingMessage } from 'node:http';

const header = 'sec-websocket-extensions';
const compression = 'permessage-deflate';

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const piece = new RegExp(`^(${token})(?:=(?:(${token})|"(${token})"))?$`);

interface Parameter {
  readonly name: string;
  readonly value: string | undefined;
}

const isAbsent = (value: string | undefined): boolean => value === undefined;
// zlib compresses with 9 where 8 is asked for, which a peer with a window of 8 could not read.
const isOurWindow = (value: string | undefined): boolean => /^(9|1[0-5])$/.test(value ?? '');
const isWindow = (value: string | undefined): boolean => /^([89]|1[0-5])$/.test(value ?? '');

/** What RFC 7692, 7.1, lets a client say, each once. */
const parameters: ReadonlyMap<string, (value: string | undefined) => boolean> = new Map([
  ['server_no_context_takeover', isAbsent],
  ['client_no_context_takeover', isAbsent],
  ['server_max_window_bits', isOurWindow],
  ['client_max_window_bits', (value) => isAbsent(value) || isWindow(value)],
]);

/** The name of an extension and its parameters; undefined when the text is no offer. */
const readOffer = (text: string): readonly Parameter[] | undefined => {
  const pieces = text.split(';').map((each) => piece.exec(each.trim()));
  return pieces.every((each) => each !== null)
    ? pieces.map(([, name = '', plain, quoted]) => ({ name, value: plain ?? quoted }))
    : undefined;
};

const mayBeAccepted = ([extension, ...given]: readonly Parameter[]): boolean =>
  extension?.name !== compression ||
  (new Set(given.map(({ name }) => name)).size === given.length &&
    given.every(({ name, value }) => parameters.get(name)?.(value) === true));

/** The request without the offers that are to be declined: itself, or one that differs from it in this header alone. */
export const declineOffers = (request: IncomingMessage): IncomingMessage => {
  const given = request.headers[header];
  if (given === undefined) return request;
  const texts = given.split(',');
  const offers = texts.map(readOffer);
  if (!offers.every((offer) => offer !== undefined) || offers.every(mayBeAccepted)) return request;
  const kept = texts.filter((_, at) => mayBeAccepted(offers[at] ?? []));
  const headers = { ...request.headers, [header]: kept.length === 0 ? undefined : kept.join(',').trim() };
  return Object.create(request, { headers: { value: headers } }) as IncomingMessage;
};

const offersOf = (request: IncomingMessage): readonly (readonly Parameter[])[] =>
  (request.headers[header]?.split(',') ?? []).flatMap((text) => {
    const offer = readOffer(text);
    return offer ? [offer] : [];
  });

/** The smallest window that an offer wants of the router's compressor, as a power of two; 15 where none wants a smaller one. */
export const askedWindow = (request: IncomingMessage): number => {
  const asked = offersOf(request).flatMap((offer) => offer.filter(({ name }) => name === 'server_max_window_bits'));
  return Math.min(15, ...asked.map(({ value }) => Number(value)));
};
