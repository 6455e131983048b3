/** Routers for tests of WAMP v2 with peers in the same process, and the numbers of messages by name. */

import { onTestFinished } from 'vitest';
import type { PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import type { MessageType } from '../../src/wamp/message.ts';
import { messageTable, messageTypes } from '../../src/wamp/message.ts';

/** Message codes by name. */
export const code = Object.fromEntries(messageTypes.map((type) => [type, messageTable[type].code])) as Record<
  MessageType,
  number
>;

const everyAction = { call: true, register: true, publish: true, subscribe: true };

/** Permission to do everything, the meta API included. */
export const everythingAndMeta = [
  { uri: '', match: 'prefix', ...everyAction },
  { uri: 'wamp.', match: 'prefix', ...everyAction },
] as const;

/** A router whose peers join as anonymous and may do everything; it is closed when the test is over. */
export const createV2Router = (
  realm: Partial<RealmSettings> = {},
  options: Partial<PostmasterOptions> = {},
): Postmaster => {
  const postmaster = new Postmaster({
    realms: [{ name: 'realm1', anonymous: everythingAndMeta, ...realm }],
    logger: false,
    ...options,
    // A peer that a test leaves in the middle of something is not waited for.
    limits: { closeTimeout: 200, ...options.limits },
  });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  return postmaster;
};
