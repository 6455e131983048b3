/** What the client has to know of an authentication method. Each file of `method/` exports one such description. */

import type { ChannelBinding } from '../auth/channel-id.ts';
import type { Dict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';

/** AUTHENTICATE. */
export interface ChallengeAnswer {
  readonly signature: string;
  readonly extra: Dict;
}

/** Who authenticates, and over what. */
export interface AttemptContext {
  readonly authid: string | undefined;
  /** What identifies the TLS connection, or why nothing does. */
  readonly channelId: (type: ChannelBinding) => Buffer | string;
}

/** One attempt by one method. */
export interface MethodAttempt {
  /** The authid in the form in which the method sends it. Default: as it is. */
  readonly authid?: string | undefined;
  /** What it adds to HELLO.Details.authextra. */
  readonly authextra?: Dict;
  /** Answers a CHALLENGE; absent where there is none. Throws, or rejects with, a WampError when it asks for something that must not be given. */
  readonly answer?: (extra: Dict) => ChallengeAnswer | Promise<ChallengeAnswer>;
  /** Why the router that sent WELCOME is not to be trusted; undefined when it is. */
  readonly distrust?: (details: Dict) => string | undefined;
}

/** How the client authenticates by one method. The type of `auth` is that of its entry in `ClientOptions.auth`. */
export type BeginAttempt = (auth: never, context: AttemptContext) => MethodAttempt;

/** More iterations of a key derivation than a router may ask for: they would stop this process. */
export const mostIterations = 10_000_000;

/** Throws what ends an attempt in which the router cannot be obeyed. */
export const refuse = (description: string): never => {
  throw new WampError(reasons.authenticationFailed, { description });
};
