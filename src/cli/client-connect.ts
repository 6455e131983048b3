/** Connects a client as the options of a client command say, or ends the command with a sentence that says why it cannot. */

import type { ClientOptions, WampClient } from '../client.ts';
import { connect } from '../client.ts';
import { ConfigError, LinkError, WampError } from '../wamp/error.ts';
import type { ClientFlags } from './client-flags.ts';
import { authOf } from './client-flags.ts';
import { runFailure, usageFailure } from './failure.ts';

/**
 * Makes a CommandFailure of an error of the client, with a sentence that says what went wrong. Any other error stays as it
 * is.
 */
export const asFailure = (error: unknown): unknown => {
  if (error instanceof ConfigError) return usageFailure(`postmaster: ${error.message}`);
  return error instanceof WampError || error instanceof LinkError ? runFailure(error.message, error) : error;
};

/** Connects as the flags say. Rejects with a CommandFailure. */
export const connectBy = async (flags: ClientFlags, more: Partial<ClientOptions> = {}): Promise<WampClient> => {
  const { url, realm, authid, serializer } = flags;
  const auth = authOf(flags);
  try {
    return await connect({
      url,
      realm,
      auth,
      ...(authid !== undefined && { authid }),
      ...(serializer !== undefined && { serializers: [serializer] }),
      ...more,
    });
  } catch (error) {
    throw asFailure(error);
  }
};
