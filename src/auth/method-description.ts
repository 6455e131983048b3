/** What the router has to know of an authentication method. Each file of `method/` exports one such description. */

import type { AnyKind, Description } from '../kind/kind.ts';
import type { Method } from './authentication.ts';
import type { CredentialShape } from './credential.ts';
import { isName, maxAuthidLength } from './credential.ts';

/** What a method needs from outside. */
export interface MethodContext<Decoy = unknown> {
  /** At least 16 unguessable characters. */
  readonly createText: () => string;
  /** ms since 1970. */
  readonly now: () => number;
  /** What decoys are made from. */
  readonly decoySecret: string;
  /** What principals look like; undefined where the realm does not say. */
  readonly decoys: readonly Decoy[] | undefined;
  /** Told once by a method whose principals look like none of `decoys`. */
  readonly onStrange: () => void;
}

/**
 * One authentication method that looks principals up. The types of its settings are those of the parameters of `create`, which
 * is given what has been checked by the rest.
 */
export interface MethodDescription {
  readonly credential: CredentialShape;
  /** What the keys of a table of principals must be, to be put behind "a table whose". Default: names. */
  readonly keysFault?: (keys: readonly string[]) => string | undefined;
  /** What the method is configured with beside its principals, which then stand under `principals`. */
  readonly parameters?: Description;
  /** Present where an authid that is not known is challenged with a decoy which has a look of its own: see `DecoySettings`. */
  readonly decoy?: AnyKind;
  /** The method of one realm, over its principals: a table, or a function that finds one. */
  readonly create: (principals: never, context: MethodContext<never>, parameters: never) => Method;
}

/** Keys that are authids: 1 to 512 octets. */
export const namesFault = (keys: readonly string[]): string | undefined =>
  keys.every(isName) ? undefined : `every key is a text of 1 to ${maxAuthidLength} octets`;
