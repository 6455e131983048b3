/** The peer's side of each authentication method, step by step, so that a test can do something wrong in any of them. */

import { randomBytes } from 'node:crypto';
import { publicKeyOf, signCryptosign } from '../../src/auth/cryptosign.ts';
import type { ScramParameters, ScramVerifier } from '../../src/auth/scram.ts';
import {
  authMessage,
  clientProof,
  createScramVerifier,
  deriveSaltedPassword,
  verifyServerSignature,
} from '../../src/auth/scram.ts';
import { deriveKey, signChallenge } from '../../src/auth/wampcra.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import type { List } from './v2-client.ts';
import { connectV2InMemory, V2Peer } from './v2-client.ts';
import { code } from './v2-router.ts';

/** Any dictionary. */
export type Details = Readonly<Record<string, unknown>>;

/** What HELLO was answered with. */
export interface Begun {
  readonly peer: V2Peer;
  readonly answer: List;
  /** CHALLENGE.Extra. */
  readonly extra: Details;
}

/** Says HELLO. A peer to say it may be given instead of a router. */
export const begin = async (
  router: Postmaster | V2Peer,
  details: Details,
  serializer: SerializerName = 'json',
): Promise<Begun> => {
  const peer = router instanceof V2Peer ? router : connectV2InMemory(router, serializer);
  const answer = await peer.hello('realm1', details);
  return { peer, answer, extra: (answer[0] === code.CHALLENGE ? answer[2] : {}) as Details };
};

/** Says AUTHENTICATE; resolves to WELCOME or ABORT. */
export const authenticate = (peer: V2Peer, signature: unknown, extra: unknown = {}): Promise<List> => {
  peer.send(code.AUTHENTICATE, signature, extra);
  return peer.take(([type]) => type === code.WELCOME || type === code.ABORT);
};

/** The whole exchange of a ticket; resolves to WELCOME or ABORT. */
export const byTicket = async (
  router: Postmaster | V2Peer,
  authid: string,
  ticket: string,
  serializer?: SerializerName,
): Promise<List> => {
  const { peer, answer } = await begin(router, { authmethods: ['ticket'], authid }, serializer);
  return answer[0] === code.CHALLENGE ? authenticate(peer, ticket) : answer;
};

/** A peer that has joined by ticket. */
export const joinByTicket = async (
  router: Postmaster,
  authid: string,
  ticket: string,
  serializer: SerializerName = 'json',
): Promise<V2Peer> => {
  const peer = connectV2InMemory(router, serializer);
  const [type, session, details] = await byTicket(peer, authid, ticket);
  if (type !== code.WELCOME) throw new Error(`no WELCOME for ${authid}`);
  peer.session = session as number;
  peer.welcome = details as Details;
  return peer;
};

/** The signature of a WAMP-CRA challenge, salted where the challenge says so. */
export const signCra = async (secret: string, { challenge, salt, iterations, keylen }: Details): Promise<string> => {
  const key =
    salt === undefined
      ? secret
      : await deriveKey(secret, {
          salt: salt as string,
          iterations: iterations as number,
          keylen: keylen as number,
        });
  return signChallenge(key, challenge as string);
};

/** The whole exchange of WAMP-CRA. */
export const byCra = async (
  router: Postmaster | V2Peer,
  authid: string,
  secret: string,
  serializer?: SerializerName,
): Promise<List> => {
  const { peer, answer, extra } = await begin(router, { authmethods: ['wampcra'], authid }, serializer);
  return answer[0] === code.CHALLENGE ? authenticate(peer, await signCra(secret, extra)) : answer;
};

/** Octets of salt in base64. */
export const newSalt = (): string => randomBytes(16).toString('base64');

/** What a router stores of a password. */
export const storePassword = (password: string, parameters: Partial<ScramParameters> = {}): Promise<ScramVerifier> =>
  createScramVerifier(password, { kdf: 'pbkdf2', iterations: 4096, salt: newSalt(), ...parameters });

/** What HELLO says of WAMP-SCRAM. */
export const scramHello = (authid: string, nonce = newSalt()) => ({
  authmethods: ['wamp-scram'],
  authid,
  authextra: { nonce, channel_binding: null },
});

/** The answer to a challenge of WAMP-SCRAM, and whether a verifier is that of this exchange. */
export const answerScram = async (
  password: string,
  hello: ReturnType<typeof scramHello>,
  extra: Details,
): Promise<{
  readonly signature: string;
  readonly extra: Details;
  readonly proves: (verifier: unknown) => boolean;
}> => {
  const { nonce, salt, kdf, iterations, memory } = extra;
  const parameters = { kdf, salt, iterations, ...(memory !== null && { memory }) } as ScramParameters;
  const salted = await deriveSaltedPassword(password, parameters);
  const clientNonce = hello.authextra.nonce;
  const message = authMessage({ authid: hello.authid, clientNonce, serverNonce: nonce as string, parameters });
  return {
    signature: clientProof(salted, message),
    extra: { nonce, channel_binding: null, cbind_data: null },
    proves: (verifier) => verifyServerSignature(salted, message, verifier),
  };
};

/** The whole exchange of WAMP-SCRAM. */
export const byScram = async (
  router: Postmaster | V2Peer,
  authid: string,
  password: string,
  serializer?: SerializerName,
): Promise<List> => {
  const hello = scramHello(authid);
  const begun = await begin(router, hello, serializer);
  if (begun.answer[0] !== code.CHALLENGE) return begun.answer;
  const { signature, extra } = await answerScram(password, hello, begun.extra);
  return authenticate(begun.peer, signature, extra);
};

/** A new key pair of WAMP-Cryptosign, in hex. */
export const newKeyPair = (): { readonly privateKey: string; readonly publicKey: string } => {
  const privateKey = randomBytes(32).toString('hex');
  return { privateKey, publicKey: publicKeyOf(privateKey) };
};

/** What HELLO says of WAMP-Cryptosign. */
export const cryptosignHello = (pubkey: unknown, authid?: string, authextra: Details = {}): Details => ({
  authmethods: ['cryptosign'],
  ...(authid !== undefined && { authid }),
  authextra: { pubkey, ...authextra },
});

/** The whole exchange of WAMP-Cryptosign, without channel binding. */
export const byCryptosign = async (
  router: Postmaster | V2Peer,
  { privateKey, publicKey }: { readonly privateKey: string; readonly publicKey: string },
  authid?: string,
  serializer?: SerializerName,
): Promise<List> => {
  const { peer, answer, extra } = await begin(router, cryptosignHello(publicKey, authid), serializer);
  if (answer[0] !== code.CHALLENGE) return answer;
  return authenticate(peer, signCryptosign({ privateKey, challenge: extra.challenge as string }));
};

/** The reason of an ABORT. Anything else is no reason. */
export const reasonOf = ([type, , reason]: List): unknown => (type === code.ABORT ? reason : undefined);

/** The ABORT of a wrong answer. */
export const denial = [
  code.ABORT,
  { message: 'the authentication was not accepted' },
  'wamp.error.authentication_denied',
];

/** The ABORT where an authentication could not be checked. */
export const failure = [
  code.ABORT,
  { message: 'the authentication could not be checked' },
  'wamp.error.authentication_failed',
];
