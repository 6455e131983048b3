/** TLS: the certificate that the peer presented when it connected (`requestCert` of the listener). Its common name is the authid. */

import type { Credential, Method } from '../authentication.ts';
import type { CredentialShape } from '../credential.ts';
import type { MethodDescription } from '../method-description.ts';
import type { PrincipalRequest, Principals } from '../principals.ts';
import { requestOf, toFinder, whenFound } from '../principals.ts';

/** The request to an authenticator for certificates. */
export interface TlsRequest extends PrincipalRequest<'tls'> {
  /** SHA-256 of the certificate, hex digits with colons. */
  readonly fingerprint: string;
}

const credential: CredentialShape = { evidence: {} };

const create = (principals: Principals<Credential, TlsRequest>): Method => {
  const { find, isDynamic } = toFinder(principals, credential);
  return {
    name: 'tls',
    isDynamic,
    isPossible: ({ tls }) => tls?.certificate !== undefined,
    begin: (request) => {
      const certificate = request.tls?.certificate;
      if (!certificate) return undefined;
      const { commonName, fingerprint } = certificate;
      const asked = { ...requestOf('tls', request, commonName), fingerprint };
      return whenFound(find(asked), (found) => found && { proof: { credential: found, authid: commonName } });
    },
  };
};

/** See `MethodDescription`. */
export const tls = { credential, create } satisfies MethodDescription;
