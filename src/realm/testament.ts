/**
 * Testaments: publications that a session leaves behind, made when it is over (Advanced Profile, "Session Testament"). There
 * is no resumption, so both scopes are published at the end, those of `detached` first, each in the order they were added.
 */

import type { Payload } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import type { Disclosure } from './disclosure.ts';

/** When a testament is published. */
export type TestamentScope = 'detached' | 'destroyed';

/** The scopes in the order of their publication. */
export const testamentScopes: readonly TestamentScope[] = ['detached', 'destroyed'];

/** A publication to be made. */
export interface Testament extends Payload {
  readonly topic: string;
  readonly options: PublishOptions;
  /** Whether the session is named, as it was decided when the testament was added. */
  readonly disclosure: Disclosure;
}
