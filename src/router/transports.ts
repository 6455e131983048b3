/** Creates the transports of a router: which protocols each of them speaks, and when they refuse connections. */

import { agent } from '../base/version.ts';
import { serializers, subprotocolOf } from '../codec/serializers.ts';
import type { Acceptor } from '../connection/acceptor.ts';
import { leastWelcomeLength } from '../connection/v2/protocol.ts';
import { createRequestReader } from '../net/request.ts';
import type { Settings } from '../options/router.ts';
import type { RawSocketServer, RawSocketServerOptions } from '../transport/rawsocket/server.ts';
import { createRawSocketServer } from '../transport/rawsocket/server.ts';
import type { Refusal, Subprotocol, UpgradeHandler } from '../transport/websocket/server.ts';
import { createWebSocketServer } from '../transport/websocket/server.ts';
import type { Lifecycle } from './lifecycle.ts';

/** What both transports share. */
type TransportBase = Pick<RawSocketServerOptions, 'addresses' | 'clock' | 'report'>;

/** WAMP v1 as the transports know it. */
const v1Subprotocol: Subprotocol = { name: 'wamp.1', isBinary: false };

/** Creates the handler of WebSocket upgrades of a router. */
export const createUpgradeHandler = (
  settings: Settings,
  acceptor: Acceptor,
  lifecycle: Lifecycle,
  base: TransportBase,
): UpgradeHandler => {
  const { limits, v1, origins, compression } = settings;
  return createWebSocketServer({
    ...base,
    ...limits,
    protocols: new Map([
      ...Object.values(serializers).map(({ name, isBinary }): [string, Subprotocol] => {
        const subprotocol = subprotocolOf(name);
        return [subprotocol, { name: subprotocol, isBinary }];
      }),
      ['wamp', v1Subprotocol],
    ]),
    defaultProtocol: v1.allowMissingSubprotocol ? v1Subprotocol : undefined,
    origins,
    requests: createRequestReader(settings),
    compression: compression || undefined,
    refusal: () => refusalOf(settings, acceptor, lifecycle),
    connect: acceptor.connect,
  });
};

/** Creates the RawSocket server of a router. */
export const createRawSockets = (
  settings: Settings,
  acceptor: Acceptor,
  lifecycle: Lifecycle,
  base: TransportBase,
): RawSocketServer => {
  const names = settings.realms.map(({ name }) => name);
  return createRawSocketServer({
    ...base,
    ...settings.limits,
    handshakeTimeout: settings.limits.helloTimeout,
    serializers: new Map(
      Object.values(serializers).map((each) => [
        each.rawSocketNumber,
        {
          protocol: subprotocolOf(each.name),
          isBinary: each.isBinary,
          leastLength: leastWelcomeLength(each, agent, names),
        },
      ]),
    ),
    refusal: () => refusalOf(settings, acceptor, lifecycle),
    connect: acceptor.connect,
  });
};

/** Why no connection is accepted now; undefined when they are. */
const refusalOf = (
  { limits }: Settings,
  { connections, canMakeRoom }: Acceptor,
  { state, retryAfter }: Lifecycle,
): Refusal | undefined => {
  if (state !== 'listening') return { status: 503, message: `The router is ${state}.`, retryAfter };
  const isFull = connections.size >= limits.maxConnections && !canMakeRoom();
  return isFull ? { status: 503, message: 'The router has reached its limit of connections.' } : undefined;
};
