/** The router of the soak: every feature is on and every deadline short, so that what takes an hour elsewhere takes seconds. */

import { delay } from 'rxjs';
import type { PermissionsInput } from '../../src/auth/permission.ts';
import { createScramVerifier } from '../../src/auth/scram.ts';
import { type Authorizer, type Limits, Postmaster, type RealmSettings } from '../../src/index.ts';
import { alice, keyPair } from './principals.ts';
import type { Place } from './visit.ts';

const everyAction = { call: true, register: true, publish: true, subscribe: true };
const everything: PermissionsInput = ['', 'wamp.'].map((uri) => ({ uri, match: 'prefix', ...everyAction }));

/** ms that the authorizer takes over what is slow. */
const slowness = 20;

/** A router that listens on free ports. */
export interface SoakRouter {
  readonly postmaster: Postmaster;
  readonly place: Place;
}

/** Answers at once, after a time, or never; of a pattern for all that is under it, where everybody subscribes. */
const authorize: Authorizer = ({ uri, match }) => {
  if (uri.startsWith('com.soak')) return { allow: true, covers: match !== 'exact' };
  if (uri.startsWith('com.never')) return new Promise(() => {});
  return uri.startsWith('com.slow.') ? new Promise((resolve) => setTimeout(resolve, slowness, true)) : true;
};

/** Everybody may do everything, once they are in; alice by every method. */
const createRealm = async (): Promise<RealmSettings> => {
  const { authid, secret } = alice;
  const salt = Buffer.from('salt of the soak').toString('base64');
  const scram = await createScramVerifier(secret, { kdf: 'pbkdf2', iterations: 4096, salt });
  return {
    name: 'realm1',
    anonymous: everything,
    roles: { member: everything },
    authenticators: {
      ticket: { [authid]: { ticket: secret, role: 'member' } },
      wampcra: { [authid]: { secret, role: 'member' } },
      'wamp-scram': { [authid]: { ...scram, role: 'member' } },
      cryptosign: { [authid]: { authorizedKeys: [keyPair.publicKey], role: 'member' } },
    },
    history: [{ uri: 'com.soak.history', limit: 100 }],
    authorizer: authorize,
  };
};

/** A small outbox, and room for everybody: all come from one address. */
const limitsFor = (patience: number): Partial<Limits> => ({
  helloTimeout: patience,
  authTimeout: patience,
  v1AuthTimeout: patience,
  closeTimeout: patience,
  pingInterval: Math.floor(patience / 2),
  outboxSize: 512 * 1024,
  maxConnectionsPerAddress: 10_000,
  maxJoinsPerSecond: 10_000,
  maxFailedAuthsPerMinute: 1_000_000,
});

/** Starts one, which waits for its peers `patience` ms. Whoever starts it ends it. */
export const createSoakRouter = async (patience: number): Promise<SoakRouter> => {
  const postmaster = new Postmaster({
    logger: false,
    realms: [await createRealm()],
    getAuthSecret: (authKey) => (authKey === alice.authid ? alice.secret : undefined),
    getAuthPermissions: () => everything,
    messageToPublish: (_, { topic }) => (topic.startsWith('com.soak.under') ? Promise.resolve(true) : true),
    compression: true,
    limitLoopback: true,
    limits: limitsFor(patience),
  });
  postmaster.registerRPC('urn:soak:echo', ({ args }) => args[0]);
  postmaster.intercept({ topic: 'com.soak.sudden', match: 'prefix' }, delay(10));
  const { url, port } = await postmaster.listen({ port: 0 });
  const { port: rawPort = 0 } = await postmaster.listenRawSocket({ port: 0 });
  return { postmaster, place: { url, port, rawPort } };
};
