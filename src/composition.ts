/**
 * How the parts of a router are put together: which option goes where, and who tells whom. No part is made anywhere else.
 */

import { randomBytes, randomFillSync } from 'node:crypto';
import type { PermissionsInput } from './auth/permission.ts';
import { createV1Authenticator } from './auth/wampcra-v1.ts';
import type { Acceptor } from './connection/acceptor.ts';
import { createAcceptor } from './connection/acceptor.ts';
import type { Lifecycle } from './connection/lifecycle.ts';
import { createLifecycle } from './connection/lifecycle.ts';
import { createFlushQueue } from './connection/outbox.ts';
import type { V1Protocol } from './connection/v1-protocol.ts';
import { createV1Protocol } from './connection/v1-protocol.ts';
import type { Settings } from './options.ts';
import { Realm } from './realm/realm.ts';
import type { AddressBook } from './transport/address-limits.ts';
import { createAddressBook } from './transport/address-limits.ts';
import type { Listeners } from './transport/listener.ts';
import { createListeners } from './transport/listener.ts';
import type { UpgradeHandler } from './transport/websocket-server.ts';
import { createWebSocketServer } from './transport/websocket-server.ts';
import { version } from './version.ts';
import type { Clock, CountingClock } from './wamp/clock.ts';
import { countTimers } from './wamp/clock.ts';
import { ConfigError } from './wamp/error.ts';
import type { Id } from './wamp/id.ts';
import { createRandomIds, createSequentialIds } from './wamp/id.ts';
import type { Report } from './wamp/report.ts';
import { createReport } from './wamp/report.ts';
import { asPromise } from './wamp/thenable.ts';

/** What all parts share. */
interface Base {
  readonly clock: CountingClock;
  readonly report: Report;
  readonly addresses: AddressBook;
  /** Ids of sessions and publications. */
  readonly nextId: () => Id;
  /** Numbers of connections and in-process sessions in this process. */
  readonly nextConnection: () => number;
}

/** A router in its parts. */
export interface Parts extends Base {
  readonly realms: ReadonlyMap<string, Realm>;
  readonly acceptor: Acceptor;
  readonly lifecycle: Lifecycle;
  readonly door: UpgradeHandler;
  readonly listeners: Listeners;
}

const systemClock: Clock = {
  setTimeout: (task, delay) => setTimeout(task, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  now: Date.now,
};

const createRealm = (name: string, { limits, messageToPublish }: Settings, base: Base): Realm =>
  new Realm({
    ...base,
    name,
    limits,
    callTimeout: limits.callTimeout,
    guard: messageToPublish && (({ info }, publication) => messageToPublish(info, publication)),
  });

const createV1 = (settings: Settings, { clock, report, addresses }: Base): V1Protocol => {
  const { v1, v1Realm, realms, limits, getAuthSecret, getAuthPermissions } = settings;
  return createV1Protocol({
    options: { ...v1, ...limits, ident: `Postmaster/${version}` },
    limits,
    report,
    onAuthFailed: (address) => addresses.authFailed(address),
    authenticator: createV1Authenticator({
      getAuthSecret,
      getAuthPermissions,
      anonymous: realms.find(({ name }) => name === v1Realm)?.anonymous,
      discloseUnknownKeys: v1.discloseUnknownKeys,
      postmasterCompat: v1.postmasterCompat,
      createText: () => randomBytes(12).toString('base64url'),
      now: clock.now,
      onFault: (error, callback) => report.error('callback_failed', { err: error, callback }, 'a callback failed'),
    }),
  });
};

/** Calls a callback of the application. It may fail; the router goes on. */
const tell = (report: Report, callback: string, call: () => unknown): void => {
  const fail = (error: unknown): void => report.error('callback_failed', { err: error, callback }, 'a callback failed');
  try {
    asPromise(call())?.catch(fail);
  } catch (error) {
    fail(error);
  }
};

const createConnections = (settings: Settings, realm: Realm, base: Base, onGone: () => void): Acceptor => {
  const { limits, outboxPolicy, onAuthenticated, onDisconnect } = settings;
  const { helloTimeout, v1AuthTimeout: authTimeout, closeTimeout } = limits;
  const { clock, report, nextConnection } = base;
  return createAcceptor({
    realm,
    v1: createV1(settings, base),
    nextSessionId: base.nextId,
    nextId: nextConnection,
    deadlines: { helloTimeout, authTimeout, closeTimeout },
    outbox: { limit: limits.outboxSize, policy: outboxPolicy },
    flushQueue: createFlushQueue(setImmediate),
    clock,
    report,
    onAuthenticated: ({ authKey, authExtra, permissionsInput }) =>
      tell(report, 'onAuthenticated', () =>
        onAuthenticated?.(authKey, authExtra, permissionsInput as PermissionsInput),
      ),
    onDisconnect: ({ authKey, authExtra }) => tell(report, 'onDisconnect', () => onDisconnect?.(authKey, authExtra)),
    onGone,
  });
};

const createDoor = (settings: Settings, acceptor: Acceptor, lifecycle: Lifecycle, base: Base): UpgradeHandler => {
  const { limits, v1, origins, compression } = settings;
  return createWebSocketServer({
    ...base,
    ...limits,
    protocols: new Map([['wamp', 'wamp.1']]),
    defaultProtocol: v1.allowMissingSubprotocol ? 'wamp.1' : undefined,
    origins,
    compression,
    refusal: () => {
      if (lifecycle.state !== 'listening') return { status: 503, message: `The router is ${lifecycle.state}.` };
      const isFull = acceptor.connections.size >= limits.maxConnections;
      return isFull ? { status: 503, message: 'The router has as many connections as it may have.' } : undefined;
    },
    connect: acceptor.connect,
  });
};

/** The realm called `name`. Throws a ConfigError when there is none. */
export const realmOf = (realms: ReadonlyMap<string, Realm>, name: string): Realm => {
  const realm = realms.get(name);
  if (!realm) throw new ConfigError(`there is no realm "${name}"`);
  return realm;
};

/** Puts a router together. */
export const compose = (settings: Settings): Parts => {
  const { limits, logger, limitLoopback } = settings;
  const clock = countTimers(systemClock);
  const base: Base = {
    clock,
    report: createReport({ logger, now: clock.now }),
    addresses: createAddressBook({ ...limits, limitLoopback }, clock.now),
    nextId: createRandomIds(randomFillSync),
    nextConnection: createSequentialIds(),
  };
  const realms = new Map(settings.realms.map(({ name }) => [name, createRealm(name, settings, base)]));
  const v1Realm = realmOf(realms, settings.v1Realm);
  const acceptor = createConnections(settings, v1Realm, base, () => lifecycle.connectionGone());
  const lifecycle = createLifecycle(acceptor.connections, clock);
  const door = createDoor(settings, acceptor, lifecycle, base);
  return { ...base, realms, acceptor, lifecycle, door, listeners: createListeners(door, lifecycle.listening) };
};
