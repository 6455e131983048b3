/** The description of an authentication method for the router. Each file in `method/` exports one. */

import type { AnyKind, Description } from '../kind/kind.ts';
import type { Method } from './authentication.ts';
import type { CredentialShape } from './credential.ts';
import { isName, maxAuthidLength } from './credential.ts';

/** What a method gets from its realm. */
export interface MethodContext<Decoy = unknown> {
  /** At least 16 unguessable characters. */
  readonly createText: () => string;
  /** ms since 1970. */
  readonly now: () => number;
  /** The secret that decoys are derived from. */
  readonly decoySecret: string;
  /** The shapes of principals; undefined if the realm does not configure them. */
  readonly decoys: readonly Decoy[] | undefined;
  /** Called once if a principal of the method looks like none of `decoys`. */
  readonly onUnlikeDecoys: () => void;
}

/**
 * One authentication method that looks principals up. The types of its settings are those of the parameters of `create`,
 * whose arguments have been checked with the other entries.
 */
export interface MethodDescription {
  readonly credential: CredentialShape;
  /** What is wrong with the keys of a table of principals, worded to follow "a table whose". Default: `namesFault`. */
  readonly keysFault?: (keys: readonly string[]) => string | undefined;
  /** Settings of the method besides its principals. If there are any, the principals are under the key `principals`. */
  readonly parameters?: Description;
  /** Settings of a decoy, for methods whose challenges depend on the principal: see `DecoySettings`. */
  readonly decoy?: AnyKind;
  /** Creates the method for one realm. `principals` is a table, or a function that finds one. */
  readonly create: (principals: never, context: MethodContext<never>, parameters: never) => Method;
}

/** Checks keys that are authids: 1 to 512 octets. */
export const namesFault = (keys: readonly string[]): string | undefined =>
  keys.every(isName) ? undefined : `keys are strings of 1 to ${maxAuthidLength} octets`;
