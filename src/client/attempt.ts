/** The interface of an authentication method on the client's side. Each file of `method/` implements it. */

import type { ChannelBinding } from '../auth/channel-binding.ts';
import type { Dict } from '../base/dict.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';

/** The fields of AUTHENTICATE. */
export interface ChallengeAnswer {
  readonly signature: string;
  readonly extra: Dict;
}

/** Who authenticates, and over what. */
export interface AttemptContext {
  readonly authid: string | undefined;
  /** The 32 octets that identify the TLS connection, or a sentence that says why there are none. */
  readonly channelId: (type: ChannelBinding) => Uint8Array | string;
}

/** One attempt by one method. */
export interface MethodAttempt {
  /** The authid in the form in which the method sends it. Default: as it is. */
  readonly authid?: string | undefined;
  /** What it adds to HELLO.Details.authextra. */
  readonly authextra?: Dict;
  /**
   * Answers a CHALLENGE; absent for a method that has none. Throws, or rejects with, a WampError when the router asks for
   * something that it must not be given.
   */
  readonly answer?: (extra: Dict) => ChallengeAnswer | Promise<ChallengeAnswer>;
  /** Why the router must not be trusted after this WELCOME; undefined when it may be. */
  readonly distrust?: (details: Dict) => string | undefined;
}

/** How the client authenticates by one method. The type of `auth` is that of its entry in `ClientOptions.auth`. */
export type BeginAttempt = (auth: never, context: AttemptContext) => MethodAttempt | Promise<MethodAttempt>;

/** The most iterations of a key derivation that a router may ask for. More would stop this process for too long. */
export const mostIterations = 10_000_000;

/** Ends an attempt in which the client cannot do what the router asks for: throws a WampError. */
export const refuse = (description: string): never => {
  throw new WampError(reasons.authenticationFailed, { description });
};
