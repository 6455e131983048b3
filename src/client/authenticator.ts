/** The client's side of every authentication method: what HELLO says, what a CHALLENGE is answered with, what WELCOME must prove. */

import { randomBytes } from 'node:crypto';
import type { ChannelBinding } from '../auth/channel-id.ts';
import { publicKeyOf, signCryptosign } from '../auth/cryptosign.ts';
import type { ScramParameters } from '../auth/scram.ts';
import { authMessage, clientProof, deriveSaltedPassword, saslprep, verifyServerSignature } from '../auth/scram.ts';
import { deriveKey, signChallenge } from '../auth/wampcra.ts';
import { isDict } from '../wamp/dict.ts';
import { WampError } from '../wamp/error.ts';
import type { Dict } from '../wamp/message.ts';
import { reason } from '../wamp/reason.ts';

/**
 * One way to authenticate. `privateKey` has 64 hexadecimal digits. `channelBinding` makes the signature good for this TLS connection
 * alone: `tls-exporter` in every version of TLS, `tls-unique`, for routers that know no other, in TLS 1.2.
 */
export type ClientAuth =
  | { readonly method: 'anonymous' | 'cookie' | 'tls' }
  | { readonly method: 'ticket'; readonly ticket: string }
  | { readonly method: 'wampcra'; readonly secret: string }
  | { readonly method: 'wamp-scram'; readonly password: string }
  | { readonly method: 'cryptosign'; readonly privateKey: string; readonly channelBinding?: ChannelBinding };

/** One attempt to authenticate. */
export interface Attempt {
  /** What HELLO.Details says of it. */
  readonly hello: Dict;
  /** Answers a CHALLENGE. Rejects with a WampError when it asks for something that must not be given. */
  answer(method: string, extra: Dict): Promise<{ readonly signature: string; readonly extra: Dict }>;
  /** Why the router that sent WELCOME is not to be trusted; undefined when it is. */
  distrust(details: Dict): string | undefined;
}

/** Costs of a key derivation that a router may ask for: less would give the password away, more would stop this process. */
const costs = { leastIterations: 1_000, mostIterations: 10_000_000, mostMemory: 1024 * 1024 };

type Of<Method extends string> = Extract<ClientAuth, { readonly method: Method }>;

const refuse = (description: string): never => {
  throw new WampError(reason.authenticationFailed, { description });
};

const parametersOf = (extra: Dict): ScramParameters => {
  const { kdf, salt, iterations, memory } = extra;
  const isKnown = kdf === 'pbkdf2' || kdf === 'argon2id13';
  if (!isKnown || typeof salt !== 'string' || typeof iterations !== 'number')
    return refuse('the challenge is incomplete');
  if (kdf === 'pbkdf2' && iterations < costs.leastIterations) refuse('the router asks for too few iterations');
  if (iterations > costs.mostIterations) refuse('the router asks for too many iterations');
  if (typeof memory === 'number' && memory > costs.mostMemory) refuse('the router asks for too much memory');
  return typeof memory === 'number' ? { kdf, salt, iterations, memory } : { kdf, salt, iterations };
};

const answerCra = async ({ secret }: Of<'wampcra'>, extra: Dict): Promise<string> => {
  const { challenge, salt, iterations, keylen } = extra;
  if (typeof challenge !== 'string') return refuse('the challenge is no text');
  if (typeof salt !== 'string') return signChallenge(secret, challenge);
  if (typeof iterations !== 'number' || typeof keylen !== 'number') return refuse('the challenge is incomplete');
  if (iterations > costs.mostIterations) refuse('the router asks for too many iterations');
  return signChallenge(await deriveKey(secret, { salt, iterations, keylen }), challenge);
};

/** Begins an attempt with `methods`, best first. `channelId` is asked for when a method binds itself to TLS. */
export const createAttempt = (
  methods: readonly ClientAuth[],
  authid: string | undefined,
  channelId: (type: ChannelBinding) => Buffer | string,
): Attempt => {
  const clientNonce = randomBytes(16).toString('base64');
  let proveRouter: ((details: Dict) => boolean) | undefined;
  const find = <Method extends ClientAuth['method']>(name: Method): Of<Method> | undefined =>
    methods.find(({ method }) => method === name) as Of<Method> | undefined;
  const scram = find('wamp-scram');
  const cryptosign = find('cryptosign');
  const prepared = scram && authid !== undefined ? saslprep(authid) : authid;

  const answerScram = async ({ password }: Of<'wamp-scram'>, extra: Dict) => {
    const { nonce } = extra;
    if (typeof nonce !== 'string' || !nonce.startsWith(clientNonce)) return refuse('the nonce of the router is wrong');
    const parameters = parametersOf(extra);
    const salted = await deriveSaltedPassword(password, parameters);
    const message = authMessage({ authid: prepared ?? '', clientNonce, serverNonce: nonce, parameters });
    proveRouter = ({ authextra }) => isDict(authextra) && verifyServerSignature(salted, message, authextra.verifier);
    return { signature: clientProof(salted, message), extra: { nonce, channel_binding: null, cbind_data: null } };
  };
  const answerCryptosign = ({ privateKey, channelBinding }: Of<'cryptosign'>, extra: Dict): string => {
    const { challenge, channel_binding: binding } = extra;
    if (typeof challenge !== 'string') return refuse('the challenge is no text');
    if ((binding ?? undefined) !== channelBinding)
      return refuse('the channel binding is not the one that was asked for');
    if (!channelBinding) return signCryptosign({ privateKey, challenge });
    const id = channelId(channelBinding);
    return typeof id === 'string' ? refuse(id) : signCryptosign({ privateKey, challenge, channelId: id });
  };
  return {
    hello: {
      authmethods: methods.map(({ method }) => method),
      ...(prepared !== undefined && { authid: prepared }),
      authextra: {
        ...(scram && { nonce: clientNonce, channel_binding: null }),
        ...(cryptosign && {
          pubkey: publicKeyOf(cryptosign.privateKey),
          channel_binding: cryptosign.channelBinding ?? null,
        }),
      },
    },
    answer: async (method, extra) => {
      const auth = methods.find((known) => known.method === method);
      switch (auth?.method) {
        case 'ticket':
          return { signature: auth.ticket, extra: {} };
        case 'wampcra':
          return { signature: await answerCra(auth, extra), extra: {} };
        case 'wamp-scram':
          return answerScram(auth, extra);
        case 'cryptosign':
          return { signature: answerCryptosign(auth, extra), extra: {} };
        default:
          return refuse(`the router challenges by ${method}, which was not offered`);
      }
    },
    distrust: (details) =>
      proveRouter && !proveRouter(details) ? 'the router could not prove that it knows the password' : undefined,
  };
};
