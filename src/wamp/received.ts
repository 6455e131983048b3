/** Payloads as a program receives them. */

import type { WampErrorOptions } from './error.ts';
import { WampError } from './error.ts';
import type { MessagePayload, Payload, PayloadForm, PayloadParts } from './payload.ts';
import { wantsOctets } from './payload-form.ts';
import { reasons } from './reasons.ts';

/** The values of a payload. Throws a WampError if they are none that this process can hold. */
const valuesOf = (payload: MessagePayload): Payload => {
  try {
    return payload.values;
  } catch (cause) {
    const description = `this process cannot hold ${(cause as Error).message}`;
    throw new WampError(reasons.invalidArgument, { description, cause });
  }
};

/** Returns what a payload is in the form that a program has chosen. Throws a ConfigError for a form that there is not. */
export const inForm = <Form extends PayloadForm>(
  form: Form | undefined,
  { split }: PayloadParts,
): ((payload: MessagePayload) => Payload<Form>) =>
  (wantsOctets(form) ? split : valuesOf) as (payload: MessagePayload) => Payload<Form>;

/**
 * The error that a program receives. Without a description of its own it has the text that its args begin with. If its payload is none
 * that this process can hold, it has none, but a `cause`.
 */
export const errorOf = (uri: string, payload: MessagePayload, options: WampErrorOptions): WampError => {
  const { description: given, details } = options;
  try {
    const { args, kwargs } = payload.values;
    const [first] = args;
    const description = given ?? (typeof first === 'string' ? first : '');
    return new WampError(uri, { description, details, args, ...(kwargs && { kwargs }) });
  } catch (cause) {
    return new WampError(uri, { description: given ?? '', details, cause });
  }
};
