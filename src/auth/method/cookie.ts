/**
 * Cookie: the cookie of the upgrade request, which another part of the application has set. The authid comes from the
 * principal only. The cookie itself is a secret and is never used as authid.
 */

import type { Given } from '../../kind/kind.ts';
import { required } from '../../kind/kind.ts';
import { text } from '../../kind/plain.ts';
import type { Credential, Method } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import type { MethodContext, MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';

const parameters = {
  /** The name of the cookie. */
  name: required(text),
};

/** What `cookie` is configured with beside its principals. */
export interface CookieParameters extends Given<typeof parameters> {}

const credential: CredentialShape = { evidence: {} };

// Keys are values of cookies, which may be longer than an authid.
const keysFault = (keys: readonly string[]): string | undefined =>
  keys.includes('') ? 'keys are non-empty strings' : undefined;

// The first of two cookies with one name counts, since its path is the longer one. Quotes are not part of a value (RFC
// 6265, 4.1.1, 5.4).
const cookieOf = (header: string | readonly string[] | undefined, name: string): string | undefined => {
  const text = typeof header === 'string' ? header : header?.join('; ');
  for (const pair of text?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    return /^"(.*)"$/.exec(value)?.[1] ?? value;
  }
  return undefined;
};

const create = (
  principals: Principals<Credential, PrincipalRequest<'cookie'>>,
  _: MethodContext,
  { name }: CookieParameters,
): Method => {
  const { find, isDynamic } = toFinder(principals, credential);
  return {
    name: 'cookie',
    isDynamic,
    isPossible: ({ headers }) => Boolean(cookieOf(headers.cookie, name)),
    begin: (request) => {
      const value = cookieOf(request.headers.cookie, name);
      if (!value) return undefined;
      return whenFound(find(requestOf('cookie', request, value)), (found) => found && { proof: { credential: found } });
    },
  };
};

/** See `MethodDescription`. */
export const cookie = { credential, keysFault, parameters, create } satisfies MethodDescription;
