/** Every option once, with a value that is not its default, for tests about all of them. */

import { identity } from 'rxjs';
import type { PostmasterOptions } from '../../src/index.ts';
import { defaultLimits, defaultV1 } from '../../src/index.ts';

const everyAction = { call: true, register: true, publish: true, subscribe: true, disclose: true };
const key = Buffer.alloc(32, 1).toString('base64');
const derivation = { salt: 'salt', iterations: 5, keylen: 16 };
const scram = { kdf: 'argon2id13', salt: key, iterations: 5, memory: 64 } as const;
const permissions = [{ uri: 'com.shop', match: 'exact', ...everyAction }] as const;
const principal = { role: 'member', permissions, authid: 'someone', provider: 'ldap', extra: { anything: 1 } };
const limits = Object.fromEntries(Object.entries(defaultLimits).map(([name, value]) => [name, Number(value) + 1]));
const v1 = Object.fromEntries(Object.keys(defaultV1).map((name) => [name, true]));

/** What programs and config files share. */
export const shared = {
  realms: [
    {
      name: 'realm1',
      anonymous: {
        pubsub: [{ uri: 'com.shop', prefix: true, pub: true, sub: true }],
        rpc: [{ uri: 'com.shop', call: true }],
        PubSub: { 'com.shop': { CanPublish: true, CanSubscribe: true } },
        RPC: { 'com.shop': true },
      },
      roles: { member: permissions },
      authenticators: {
        ticket: { joe: { ticket: 't', ...principal } },
        wampcra: {
          joe: { secret: 's', ...principal },
          ann: { secret: { secret: 's', ...derivation }, ...principal },
          eve: { secret: { derivedKey: 's', ...derivation }, ...principal },
        },
        'wamp-scram': { joe: { ...scram, storedKey: key, serverKey: key, ...principal } },
        cryptosign: { joe: { authorizedKeys: ['ab'.repeat(32)], ...principal } },
        tls: { joe: principal },
        cookie: { name: 'session', principals: { joe: principal } },
      },
      authorizer: { procedure: 'com.authorize' },
      disclosure: 'always',
      requestIds: 'strict',
      uris: 'strict',
      history: [{ uri: 'com.shop', match: 'wildcard', limit: 5, maxSize: 5_000 }],
      decoySecret: 'sixteen letters!',
      decoys: { wampcra: [{ ...derivation, isDerived: true }], 'wamp-scram': [scram] },
      forceReregister: ['member'],
      progressWithoutCanceling: true,
    },
    { name: 'realm2', authenticators: { ticket: { procedure: 'com.find' }, wampcra: () => undefined } },
  ],
  v1Realm: 'realm1',
  onAuthenticated: () => {},
  onDisconnect: () => {},
  messageToPublish: () => true,
  limits,
  outboxPolicy: 'drop-oldest',
  v1,
  origins: ['https://app.example.com'],
  hosts: ['router.example'],
  trustedProxies: ['10.0.0.0/8'],
  compression: { level: 1, windowBits: 9, contextTakeover: true, threshold: 0 },
  limitLoopback: true,
  machines: 'xstate',
} satisfies PostmasterOptions;

const log = (): void => {};

/** What `new Postmaster` takes. */
export const forLibrary = {
  ...shared,
  getAuthSecret: () => 'secret',
  getAuthPermissions: () => [],
  inspect: () => {},
  logger: { debug: log, info: log, warn: log, error: log },
} satisfies PostmasterOptions;

const tls = { cert: 'cert.pem', key: 'key.pem', passphrase: 'p', clientCa: 'ca.pem' };

/** What a config file takes, but the callbacks that cannot stand beside principals. */
export const forFile = {
  ...shared,
  listeners: [{ host: 'localhost', port: 1, path: '/wamp', tls, rawSocket: true }],
  rawSockets: [
    { port: 2, host: 'localhost', tls },
    { path: 'run/wamp.sock', mode: '0660' },
  ],
  drain: 1,
  log: { level: 'warn', maxWaiting: 1 },
  procedures: { 'com.add': { open: true, handler: () => 1 } },
  interceptors: [{ realm: '*', topic: 'com.shop', match: 'exact', operator: identity }],
};
