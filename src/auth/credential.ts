/**
 * Checks principals, both in a table and in the answer of an authenticator. A principal is checked completely, because its
 * parts go into WELCOME, the meta API and events. Unknown keys are refused, since a misspelt key must not count as one that
 * was left out.
 */

import type { Dict } from '../base/dict.ts';
import { isDict, isMissing } from '../base/dict.ts';
import type { Description } from '../kind/kind.ts';

/** The longest authid, in octets. */
export const maxAuthidLength = 512;

/** Whether `value` is valid as an authid or as another name of a principal: 1 to 512 octets. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxAuthidLength;

const name = `a string of 1 to ${maxAuthidLength} octets`;
const commonKeys = ['role', 'permissions', 'authid', 'provider', 'extra'];

/** What the credentials of one method have besides the keys of `Credential`. */
export interface CredentialShape {
  /** The keys in a table. The answer of an authenticator may differ; it is checked with `fault` alone. */
  readonly evidence: Description;
  /** Keys that a table had in the past, with what to write instead. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** What a credential lacks, worded to follow "an object that has"; undefined if nothing. */
  readonly fault?: (credential: Dict) => string | undefined;
}

/**
 * What a credential should be and is not; undefined if it is valid. The text quotes nothing of the credential, since
 * anything in it may be secret. Whether the realm has the role is not checked here.
 */
export const credentialFault = (given: unknown, { evidence, fault }: CredentialShape): string | undefined => {
  if (!isDict(given) || !isName(given.role)) return `an object with a role, ${name}`;
  const known = [...commonKeys, ...Object.keys(evidence)];
  if (Object.keys(given).some((key) => !known.includes(key)))
    return `an object with no other keys than ${known.join(', ')}`;
  if (!isMissing(given.authid) && !isName(given.authid)) return `an object whose authid is ${name}`;
  if (!isMissing(given.provider) && !isName(given.provider)) return `an object whose provider is ${name}`;
  if (!isMissing(given.extra) && !isDict(given.extra)) return 'an object whose extra is a dictionary';
  const missing = fault?.({ ...given });
  return missing && `an object that has ${missing}`;
};
