/**
 * A WAMP v2 client: publish, subscribe, call, register, over WebSocket or RawSocket, in any serializer and with any
 * authentication method of this router. When the connection is lost it comes back, with growing pauses, and so do its
 * subscriptions and registrations; requests that were under way fail.
 */

// What is exported has types of Node: a program has them with it, whatever `types` its tsconfig names.
/// <reference types="node" preserve="true" />

import { WampClient } from './client/client.ts';
import type { ClientOptions } from './client/options.ts';

/**
 * Connects and opens a session.
 *
 * @example
 * const client = await connect({ url: 'ws://127.0.0.1:8080/ws', realm: 'realm1' });
 * const { args } = await client.call('com.example.add', [2, 3]);
 */
export const connect = async (options: ClientOptions): Promise<WampClient> => {
  const client = new WampClient(options);
  await client.open();
  return client;
};

export type { Dict } from './base/dict.ts';
export type { ClientAuth } from './client/authenticator.ts';
export type { Invocation, InvocationHandler } from './client/invocations.ts';
export type {
  ClientCallOptions,
  ClientOptions,
  ClientRegistration,
  ClientSubscription,
  EndFacts,
  ReceivedEvent,
  ReconnectOptions,
  SessionFacts,
} from './client/options.ts';
export type { WireOptions } from './client/wire.ts';
export type { SerializerName } from './codec/serializers.ts';
export type { WampErrorOptions } from './wamp/error.ts';
export { ConfigError, LinkError, WampError } from './wamp/error.ts';
export type { Id } from './wamp/id.ts';
export type { Args, Kwargs, Match, Payload } from './wamp/message.ts';
export type { CancelMode, InvokePolicy, PassthruOptions, PublishOptions, RegisterOptions } from './wamp/options.ts';
export type { Reason } from './wamp/reasons.ts';
export { WampResult } from './wamp/result.ts';
export { WampClient };
