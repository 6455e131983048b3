/** The calls of WAMP v1, two of which are messages of their own in the core. */

import { payloadOfCall } from '../../codec/v1-payload.ts';
import type { PeerMessage, RequestId } from '../../wamp/message.ts';
import { v1Procedure } from '../../wamp/reasons.ts';

const orNull = (value: unknown): unknown => value ?? null;

/** A CALL, or HELLO or AUTHENTICATE for the two calls of WAMP-CRA. `data` is the whole message. */
export const translateCall = (
  request: RequestId,
  procedure: string,
  args: readonly unknown[],
  data: Uint8Array,
): PeerMessage => {
  if (procedure === v1Procedure.authreq) {
    return { type: 'HELLO', request, realm: '', details: { authid: orNull(args[0]), authextra: orNull(args[1]) } };
  }
  if (procedure === v1Procedure.auth) return { type: 'AUTHENTICATE', request, signature: orNull(args[0]), extra: {} };
  return { type: 'CALL', request, options: {}, procedure, payload: payloadOfCall(data, args) };
};
