/**
 * The WebSocket extensions that a client offers. Offers of compression that a server must decline (RFC 7692, 7) are removed
 * here, as `ws` would refuse the whole connection because of them. A header that is not a list of offers is left for `ws` to
 * refuse.
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
// zlib uses a window of 9 when 8 is asked for, and a peer with a window of 8 could not read that.
const isOurWindow = (value: string | undefined): boolean => /^(9|1[0-5])$/.test(value ?? '');
const isWindow = (value: string | undefined): boolean => /^([89]|1[0-5])$/.test(value ?? '');

/** The parameters that RFC 7692, 7.1, allows in a client's offer, each once, and what their values may be. */
const parameters: ReadonlyMap<string, (value: string | undefined) => boolean> = new Map([
  ['server_no_context_takeover', isAbsent],
  ['client_no_context_takeover', isAbsent],
  ['server_max_window_bits', isOurWindow],
  ['client_max_window_bits', (value) => isAbsent(value) || isWindow(value)],
]);

/** The name of an extension, followed by its parameters; undefined when the text is not an offer. */
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

/**
 * Returns the request without the offers that must be declined: the request itself, or one that differs from it only in this
 * header.
 */
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

/** The smallest window, as a power of two, that an offer asks of the router's compressor; 15 if none asks for a smaller one. */
export const askedWindow = (request: IncomingMessage): number => {
  const asked = offersOf(request).flatMap((offer) => offer.filter(({ name }) => name === 'server_max_window_bits'));
  return Math.min(15, ...asked.map(({ value }) => Number(value)));
};
