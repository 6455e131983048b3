/**
 * A publication on its way through the router, and as programs are shown it.
 *
 * What must live here: how the two belong together. The router keeps the payload as it came; a program sees values.
 */

import type { Dict } from '../base/dict.ts';
import type { Id } from './id.ts';
import type { Args, Kwargs, MessagePayload, Payload, PayloadForm, PayloadParts } from './payload.ts';

/**
 * Who may receive a publication (Advanced Profile, "Subscriber Black- and Whitelisting"). A subscriber must pass every list
 * that is present. An empty `eligible` lets no one pass; an empty audience lets every subscriber pass.
 */
export interface Audience {
  /** Session id of the publisher if it must not receive its own publication. */
  readonly publisher?: Id | undefined;
  /** The ids of sessions that do not receive it. */
  readonly exclude?: readonly Id[] | undefined;
  /** The authids of sessions that do not receive it. */
  readonly exclude_authid?: readonly string[] | undefined;
  /** The roles of sessions that do not receive it. */
  readonly exclude_authrole?: readonly string[] | undefined;
  /** The ids of the only sessions that may receive it. */
  readonly eligible?: readonly Id[] | undefined;
  /** The authids of the only sessions that may receive it. */
  readonly eligible_authid?: readonly string[] | undefined;
  /** The roles of the only sessions that may receive it. */
  readonly eligible_authrole?: readonly string[] | undefined;
}

/**
 * One accepted publication, as interceptors, `messageToPublish` and observers of a topic see it. All of it are own
 * properties, so that a copy of any kind (`{ ...publication, args }`, `structuredClone`, JSON) has the same audience. It never
 * changes: an interceptor passes it on or emits a copy. Its payload is decoded when `args` or `kwargs` is read; what nobody
 * reads goes on as the publisher sent it.
 */
export interface Publication<Form extends PayloadForm = 'values'> extends Payload<Form> {
  /** Random over 1 to 2^53 - 1; the same for every subscriber (Basic Profile, "IDs"). */
  readonly id: Id;
  /** The URI that it was published to. */
  readonly topic: string;
  /** Session id of the publisher; absent when the embedding program published. */
  readonly publisher?: Id;
  /** The name of the realm. */
  readonly realm: string;
  /** When the router accepted it, in ms since 1970. */
  readonly time: number;
  /** Who may receive it. */
  readonly audience: Audience;
  /** Entries of EVENT.Details that do not depend on the subscription. */
  readonly details?: Dict | undefined;
  /** Whether its publisher asked the broker to keep it for later subscribers (Advanced Profile, "Event Retention"). */
  readonly retain?: boolean | undefined;
}

/** One accepted publication as the router passes it on. */
export interface RoutedPublication extends Omit<Publication, 'args' | 'kwargs'> {
  readonly payload: MessagePayload;
  /** What programs have been shown of it; all are shown the same. */
  view: Publication | undefined;
}

/** What a program is shown. Its payload is not decoded before it is read. */
class PublicationView implements Publication {
  static readonly #onDemand: PropertyDescriptorMap & ThisType<PublicationView> = {
    args: {
      enumerable: true,
      get(): Args {
        return Object.freeze(this.#routed.payload.args);
      },
    },
    kwargs: {
      enumerable: true,
      get(): Kwargs | undefined {
        return Object.freeze(this.#routed.payload.kwargs);
      },
    },
  };

  readonly id: Id;
  readonly topic: string;
  declare readonly args: Args;
  declare readonly kwargs: Kwargs | undefined;
  declare readonly realm: string;
  declare readonly time: number;
  declare readonly publisher?: Id;
  declare readonly audience: Audience;
  declare readonly details?: Dict | undefined;
  declare readonly retain?: boolean | undefined;
  readonly #routed: RoutedPublication;

  constructor(routed: RoutedPublication) {
    const { id, topic, payload, realm, time, publisher, audience, details, retain } = routed;
    this.#routed = routed;
    this.id = id;
    this.topic = topic;
    if (payload.encoded) Object.defineProperties(this, PublicationView.#onDemand);
    else {
      this.args = Object.freeze(payload.args);
      this.kwargs = Object.freeze(payload.kwargs);
    }
    this.realm = realm;
    this.time = time;
    if (publisher !== undefined) this.publisher = publisher;
    this.audience = audience;
    if (details) this.details = details;
    if (retain !== undefined) this.retain = retain;
    Object.freeze(this);
  }

  /** The publication behind `value` if it is a view. */
  static routed(value: unknown): RoutedPublication | undefined {
    return typeof value === 'object' && value !== null && #routed in value ? value.#routed : undefined;
  }
}

/** What programs are shown of a publication: a frozen object, always the same one. Values deeper in the payload are not frozen. */
export const viewOf = (publication: RoutedPublication): Publication => {
  if (publication.view) return publication.view;
  publication.payload.own();
  publication.view = new PublicationView(publication);
  return publication.view;
};

/** The same publication for somebody who keeps it and counts what it takes: it does not hold what programs are shown. */
export const keptOf = (publication: RoutedPublication): RoutedPublication => ({
  ...publication,
  payload: publication.payload.kept(),
  view: undefined,
});

/** The same with the octets of its payload, which are not decoded. Throws what `parts` throws. */
export const inOctets = (view: Publication, parts: PayloadParts): Publication<'octets'> => {
  const { payload, view: _, ...facts } = PublicationView.routed(view) as RoutedPublication;
  return Object.freeze({ ...facts, ...parts.split(payload) });
};

/** The publication that `value` is the view of; undefined for a copy, and for anything else. */
export const routedOf = (value: unknown): RoutedPublication | undefined => PublicationView.routed(value);
