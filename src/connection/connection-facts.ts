/** What an inspector is told of a connection. What must live here: what of a message may be told. It is never a payload. */

import type { ChartEvent } from '../chart/compile.ts';
import type { PeerMessage, SessionReply } from '../wamp/message.ts';
import type { ConnectionSettings } from './connection-settings.ts';

type Told = Pick<ConnectionSettings, 'feed' | 'clock'>;

/** The connection that a fact is about. */
interface Teller {
  readonly id: number;
  /** The innermost state of its chart. */
  readonly place: string;
}

/** The URI that a message is about, as a part of a fact. */
const uriOf = (message: unknown): { readonly uri?: string } => {
  const { topic, procedure, realm } = message as Readonly<Record<string, unknown>>;
  const uri = topic ?? procedure ?? realm;
  return typeof uri === 'string' ? { uri } : {};
};

/** Tells that a message arrived that is merely passed on. */
export const tellArrival = ({ feed, clock }: Told, { id, place }: Teller, message: PeerMessage, octets: number): void =>
  feed.tell({
    time: clock.now(),
    connection: id,
    event: `wamp.${message.type}`,
    from: place,
    to: place,
    octets,
    ...uriOf(message),
  });

/** Tells that a message was sent, whose frame has `octets`. */
export const tellSent = ({ feed, clock }: Told, { id, place }: Teller, { type }: SessionReply, octets: number): void =>
  feed.tell({ time: clock.now(), connection: id, event: `sent.${type}`, from: place, to: place, octets });

/**
 * Tells that the chart has taken a step from the state `from`. `octets` are those of the message that arrived last; `reason` is
 * why the connection is being closed, empty as long as it is not.
 */
export const tellStep = (
  { feed, clock }: Told,
  { id, place }: Teller,
  event: ChartEvent,
  from: string,
  octets: number,
  reason: string,
): void => {
  const isMessage = event.type.startsWith('wamp.');
  feed.tell({
    time: clock.now(),
    connection: id,
    event: event.type,
    from,
    to: place,
    octets: isMessage ? octets : 0,
    ...(isMessage && uriOf((event as { readonly message?: unknown }).message)),
    ...(reason !== '' && { reason }),
  });
};
