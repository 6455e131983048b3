/**
 * Creates the parts of a router and connects them: which option goes to which part, and which part calls which. No part is
 * created anywhere else.
 */

import { randomFillSync } from 'node:crypto';
import type { Observable } from 'rxjs';
import type { PermissionsInput } from '../auth/permission.ts';
import { createRandomText } from '../auth/random-text.ts';
import { createV1Authenticator } from '../auth/wampcra-v1.ts';
import type { Clock, CountingClock } from '../base/clock.ts';
import { countTimers } from '../base/clock.ts';
import type { Later } from '../base/line-limit.ts';
import type { Report } from '../base/report.ts';
import { createReport } from '../base/report.ts';
import { attempt } from '../base/thenable.ts';
import { agent } from '../base/version.ts';
import type { Inspect } from '../chart/inspect.ts';
import { createPayloadParts } from '../codec/parts.ts';
import { serializers, subprotocolOf } from '../codec/serializers.ts';
import type { Acceptor } from '../connection/acceptor.ts';
import { createAcceptor } from '../connection/acceptor.ts';
import { createConnectionEngine } from '../connection/chart.ts';
import { createFlushQueue, type FlushQueue } from '../connection/flush-queue.ts';
import { ReadTurns } from '../connection/read-turns.ts';
import type { V1Protocol } from '../connection/v1/protocol.ts';
import { createV1Protocol } from '../connection/v1/protocol.ts';
import type { V2Options, V2Protocol, V2Realm } from '../connection/v2/protocol.ts';
import { createV2Protocol, refuseUris } from '../connection/v2/protocol.ts';
import type { Fact } from '../inspect/fact.ts';
import { Feed } from '../inspect/feed.ts';
import type { CheckedRealm } from '../options/realm.ts';
import type { Settings } from '../options/router.ts';
import type { LocalPeer } from '../realm/local-peer.ts';
import { GuardedObservable } from '../realm/observation.ts';
import { Realm } from '../realm/realm.ts';
import { type BusyRealms, WorkLimit, type WorkLimitOptions } from '../session/work-limit.ts';
import type { AddressBook } from '../transport/address-limits.ts';
import { createAddressBook } from '../transport/address-limits.ts';
import type { Listeners } from '../transport/listen.ts';
import { createListeners } from '../transport/listen.ts';
import type { RawSocketServer } from '../transport/rawsocket/server.ts';
import type { UpgradeHandler } from '../transport/websocket/server.ts';
import { ConfigError } from '../wamp/error.ts';
import { createRandomIds, createSequentialIds } from '../wamp/id.ts';
import type { Lifecycle } from './lifecycle.ts';
import { createLifecycle } from './lifecycle.ts';
import type { LocalBase } from './local-sessions.ts';
import { createRouterPeer } from './local-sessions.ts';
import { createAuthorizer, createRealmAuthentication, unlikeDecoys } from './realm-authentication.ts';
import { createRawSockets, createUpgradeHandler } from './transports.ts';

/** What all parts share. */
interface Base extends LocalBase {
  readonly clock: CountingClock;
  readonly addresses: AddressBook;
  readonly busyRealms: BusyRealms;
  /** The outboxes that are flushed at the end of a turn of the event loop. */
  readonly queue: FlushQueue;
  /** How long a turn of the event loop may be, for all parts that interrupt their work. */
  readonly turn: Omit<WorkLimitOptions, 'busy'>;
  /** Told of what every connection does. */
  readonly feed: Feed;
  /** The application's inspector of XState actors. If it fails, the router goes on. */
  readonly inspect: Inspect | undefined;
}

/** The parts of a router. */
export interface Parts extends Base {
  readonly realms: ReadonlyMap<string, Realm>;
  /** What connections do, as the embedding program sees it. */
  readonly facts$: Observable<Fact>;
  /** In-process sessions of the embedding program. */
  readonly peers: Set<LocalPeer>;
  readonly acceptor: Acceptor;
  readonly lifecycle: Lifecycle;
  readonly upgradeHandler: UpgradeHandler;
  readonly rawSocketServer: RawSocketServer;
  readonly listeners: Listeners;
}

const systemClock: Clock = {
  setTimeout: (task, delay) => setTimeout(task, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  now: () => Date.now(),
  elapsed: () => performance.now(),
};

/** What programs are given in octets. CBOR has a place for all that values of JavaScript are. */
const payloadParts = createPayloadParts(serializers.cbor);

/** Starts a timer that does not keep the process alive. */
const unheld: Later = (task, delay) => setTimeout(task, delay).unref();

const createRealm = (given: CheckedRealm, settings: Settings, base: Base): V2Realm => {
  const { limits, messageToPublish } = settings;
  const { name, disclosure, history, forceReregister, progressWithoutCanceling, uris, requestIds } = given;
  const { clock, report } = base;
  const router = createRouterPeer(() => realm, base, limits.authTimeout);
  const realm: Realm = new Realm({
    ...base,
    name,
    limits,
    random: Math.random,
    payloadParts,
    work: new WorkLimit({ ...base.turn, busy: base.busyRealms }),
    disclosure,
    history,
    forceReregisterRoles: forceReregister,
    progressWithoutCanceling,
    authorizer: createAuthorizer(given, router),
    guard: messageToPublish && (({ info }, publication, asked) => messageToPublish(info, publication, asked)),
  });
  const authentication = createRealmAuthentication(given, settings, { ...router, report, now: clock.now });
  return {
    realm,
    authentication,
    uriRefusal: refuseUris(uris, limits.maxUriLength),
    hasHistory: history.length > 0,
    requestIds,
  };
};

const createV2 = (
  realms: ReadonlyMap<string, V2Realm>,
  { limits }: Settings,
  { report, addresses, nextId }: Base,
): ReadonlyMap<string, V2Protocol> => {
  const options: V2Options = {
    realms,
    limits,
    report,
    agent,
    nextSessionId: nextId,
    onAuthFailed: (address) => addresses.authFailed(address),
    rejoin: (address) => addresses.rejoin(address),
  };
  return new Map(
    Object.values(serializers).map((serializer) => [
      subprotocolOf(serializer.name),
      createV2Protocol(options, serializer),
    ]),
  );
};

const createV1 = (realm: Realm, settings: Settings, { clock, report, addresses }: Base): V1Protocol => {
  const { v1, v1Realm, realms, limits, getAuthSecret, getAuthPermissions } = settings;
  const own = realms.find(({ name }) => name === v1Realm);
  return createV1Protocol({
    realm,
    options: { ...v1, ...limits, ident: agent },
    limits,
    report,
    onAuthFailed: (address) => addresses.authFailed(address),
    authenticator: createV1Authenticator({
      getAuthSecret,
      getAuthPermissions,
      anonymous: own?.anonymous,
      discloseUnknownKeys: v1.discloseUnknownKeys,
      postmasterCompat: v1.postmasterCompat,
      createText: createRandomText,
      decoySecret: own?.decoySecret ?? createRandomText(),
      decoys: own?.decoys?.wampcra,
      onUnlikeDecoys: () => report.info({ realm: v1Realm, method: 'WAMP-CRA of v1' }, unlikeDecoys),
      now: clock.now,
      onFault: (error, callback) => report.error('callback_failed', { err: error, callback }, 'a callback failed'),
    }),
  });
};

/** Calls a callback of the application. If it throws or rejects, that is logged and the router goes on. */
const callApplication = (report: Report, callback: string, call: () => unknown): void => {
  attempt(call, (error) => report.error('callback_failed', { err: error, callback }, 'a callback failed'));
};

/** Returns the application's inspector, which may be a function or an observer, as a function. */
const createInspect = ({ inspect }: Settings, report: Report): Inspect | undefined => {
  if (!inspect) return undefined;
  return (event) =>
    callApplication(report, 'inspect', () => (typeof inspect === 'function' ? inspect(event) : inspect.next?.(event)));
};

const createConnections = (
  settings: Settings,
  realms: ReadonlyMap<string, V2Realm>,
  base: Base,
  onGone: () => void,
): Acceptor => {
  const { limits, outboxPolicy, machines, onAuthenticated, onDisconnect } = settings;
  const { helloTimeout, authTimeout, v1AuthTimeout, closeTimeout } = limits;
  const { clock, report, addresses, nextConnection, inspect, queue, turn } = base;
  return createAcceptor({
    v1: createV1(realmOf(realms, settings.v1Realm).realm, settings, base),
    v2: createV2(realms, settings, base),
    v1Deadlines: { helloTimeout, authTimeout: v1AuthTimeout, closeTimeout },
    nextSessionId: base.nextId,
    nextId: nextConnection,
    maxConnections: limits.maxConnections,
    isFull: addresses.isFull,
    deadlines: { helloTimeout, authTimeout, closeTimeout },
    runChart: createConnectionEngine(machines, inspect),
    outbox: {
      limit: limits.outboxSize,
      policy: outboxPolicy,
      queue,
    },
    turns: new ReadTurns({
      ...turn,
      onFault: (error) => report.error('internal_error', { err: error }, 'a message could not be read'),
    }),
    clock,
    report,
    feed: base.feed,
    onAuthenticated: ({ authKey, authExtra, permissionsInput }) =>
      callApplication(report, 'onAuthenticated', () =>
        onAuthenticated?.(authKey, authExtra, permissionsInput as PermissionsInput),
      ),
    onDisconnect: ({ authKey, authExtra }) =>
      callApplication(report, 'onDisconnect', () => onDisconnect?.(authKey, authExtra)),
    onOpen: ({ remoteAddress }) => addresses.connected(remoteAddress),
    onGone: ({ remoteAddress }) => {
      addresses.disconnected(remoteAddress);
      onGone();
    },
  });
};

/** Returns the realm called `name`. Throws a ConfigError when there is none. */
export const realmOf = <Kind>(realms: ReadonlyMap<string, Kind>, name: string): Kind => {
  const realm = realms.get(name);
  if (!realm) throw new ConfigError(`there is no realm "${name}"`);
  return realm;
};

/** Creates a router. */
export const compose = (settings: Settings): Parts => {
  const { limits, logger, limitLoopback } = settings;
  const clock = countTimers(systemClock);
  const report = createReport({ logger, later: unheld });
  const queue = createFlushQueue({
    schedule: setImmediate,
    now: clock.elapsed,
    onFault: (error) => report.error('internal_error', { err: error }, 'a flush failed'),
  });
  const base: Base = {
    clock,
    report,
    addresses: createAddressBook({ ...limits, limitLoopback }, clock.elapsed, (remoteAddress) =>
      acceptor.canMakeRoom({ remoteAddress }),
    ),
    nextId: createRandomIds(randomFillSync),
    nextConnection: createSequentialIds(),
    busyRealms: { count: 0 },
    queue,
    turn: { now: clock.elapsed, longest: () => queue.turnLength, later: setImmediate, before: queue.flush },
    feed: new Feed(),
    inspect: createInspect(settings, report),
  };
  const v2Realms = new Map(settings.realms.map((realm) => [realm.name, createRealm(realm, settings, base)]));
  const realms = new Map([...v2Realms].map(([name, { realm }]) => [name, realm]));
  const acceptor = createConnections(settings, v2Realms, base, () => lifecycle.connectionGone());
  const peers = new Set<LocalPeer>();
  const { connections } = acceptor;
  const lifecycle = createLifecycle({ realms, connections, peers }, clock, {
    closeTimeout: limits.closeTimeout,
    inspect: base.inspect,
  });
  const upgradeHandler = createUpgradeHandler(settings, acceptor, lifecycle, base);
  const rawSocketServer = createRawSockets(settings, acceptor, lifecycle, base);
  const listeners = createListeners({ upgradeHandler, rawSocketServer, report, onListening: lifecycle.listening });
  const facts$ = GuardedObservable.of(base.feed.facts$, (error) =>
    report.error('callback_failed', { err: error, callback: 'inspect$' }, 'an observer of inspect$ failed'),
  );
  return { ...base, realms, facts$, peers, acceptor, lifecycle, upgradeHandler, rawSocketServer, listeners };
};
