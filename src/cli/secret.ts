/** The command `secret`: makes what a principal needs, and prints the part of a config file that holds it. */

import { stringify } from 'yaml';
import { createCraSecret, createKeyPair, createSalt, createTicket } from '../auth/create-secret.ts';
import { isName, maxAuthidLength } from '../auth/credential.ts';
import type { AuthenticatorName } from '../auth/methods.ts';
import { createScramVerifier, saslprep, scramDefaults } from '../auth/scram.ts';
import { usageFailure } from './failure.ts';
import { endWithReader } from './output.ts';
import { readSecret } from './read-secret.ts';

/** What has been made for one principal. */
interface Made {
  /** What its entry has beside the role. */
  readonly credential: object;
  /** What unknown authids must look like; absent if that is the default. */
  readonly decoy?: object;
  /** The name and the value of what only the peer may have. */
  readonly forPeer?: readonly [name: string, value: string];
}

interface Maker {
  readonly method: AuthenticatorName;
  readonly make: (authid: string) => Promise<Made>;
}

// With the default parameters, so that the default decoys look the same. SASLprep must leave something of the authid.
const makeScram = async (authid: string): Promise<Made> => {
  if (saslprep(authid) === '') throw new TypeError('the authid is empty when it is prepared with SASLprep');
  return { credential: await createScramVerifier(await readSecret(), { ...scramDefaults, salt: createSalt() }) };
};

const makeCra = async (): Promise<Made> => {
  const secret = await createCraSecret(await readSecret());
  const { iterations, keylen } = secret;
  return { credential: { secret }, decoy: { salt: scramDefaults.salt, iterations, keylen, isDerived: true } };
};

const makeKeys = async (): Promise<Made> => {
  const { privateKey, publicKey } = createKeyPair();
  return { credential: { authorizedKeys: [publicKey] }, forPeer: ['private key', privateKey] };
};

/** One line for each kind of secret. */
const makers = {
  ticket: { method: 'ticket', make: async () => ({ credential: { ticket: createTicket() } }) },
  wampcra: { method: 'wampcra', make: makeCra },
  scram: { method: 'wamp-scram', make: makeScram },
  cryptosign: { method: 'cryptosign', make: makeKeys },
} satisfies Readonly<Record<string, Maker>>;

/** The kinds of secrets that can be made. */
export type SecretKind = keyof typeof makers;

/** `secret`: reads a secret if it needs one. Prints YAML on stdout, and on stderr what only the peer may have. */
export const secret = async (kind: SecretKind, authid: string, { role }: { readonly role: string }): Promise<void> => {
  if (!isName(authid)) throw usageFailure(`postmaster: the authid must have 1 to ${maxAuthidLength} octets`);
  endWithReader();
  const { method, make }: Maker = makers[kind];
  const { credential, decoy, forPeer } = await make(authid).catch((error: unknown) => {
    // SASLprep refuses some authids and passwords; its message quotes nothing of them.
    throw error instanceof TypeError ? usageFailure(`postmaster: ${error.message}`) : error;
  });
  const config = {
    authenticators: { [method]: { [authid]: { role, ...credential } } },
    ...(decoy && { decoys: { [method]: [decoy] } }),
  };
  process.stdout.write(`# part of a realm in the config\n${stringify(config)}`);
  if (!forPeer) return;
  const [name, value] = forPeer;
  process.stderr.write(`postmaster: the ${name} is for the peer only and is not stored: ${value}\n`);
};
