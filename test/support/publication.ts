/** Messages and publications as the parts of a router hand them on, for tests of these parts alone. */

import type { ProtocolViolation } from '../../src/wamp/error.ts';
import type { Message } from '../../src/wamp/message.ts';
import { MessagePayload } from '../../src/wamp/payload.ts';
import type { RoutedPublication } from '../../src/wamp/publication.ts';

/** A publication of `args` by the router itself, for everybody. */
export const publicationOf = (args: readonly unknown[], topic: string, realm = 'realm1'): RoutedPublication => ({
  id: 1,
  topic,
  payload: MessagePayload.of(args),
  realm,
  time: 0,
  audience: {},
  view: undefined,
});

/** A message to compare with another: its payload is plain data. */
export const plainMessage = (message: Message | ProtocolViolation): unknown => {
  if (!('payload' in message)) return message;
  const { args, kwargs } = message.payload;
  return { ...message, payload: { args, kwargs } };
};
