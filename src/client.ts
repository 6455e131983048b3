/**
 * A WAMP v2 client: publish, subscribe, call, register, over WebSocket or RawSocket, with any serializer and any
 * authentication method of this router. After a lost connection it connects again, with growing pauses, and restores its
 * subscriptions and registrations. Requests that were pending fail.
 */

export type { WireOptions } from '#platform/wire';

import { WampClient } from './client/client.ts';
import type { ClientOptions } from './client/options.ts';

/**
 * Connects and opens a session. Resolves to a client that connects again after a lost connection, unless `reconnect` is false.
 * The first session is not tried again: rejects with a LinkError when it cannot connect, a WampError when the router refuses,
 * or a ConfigError for an invalid URL.
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

export type { ChannelBinding } from './auth/channel-binding.ts';
export type { Dict } from './base/dict.ts';
export type { ClientAuth } from './client/authenticator.ts';
export type { Invocation, InvocationHandler } from './client/invocations.ts';
export type { CryptosignAuth } from './client/method/cryptosign.ts';
export type {
  ClientCallOptions,
  ClientOptions,
  ClientRegistration,
  ClientSubscribeOptions,
  ClientSubscription,
  EndFacts,
  ReceivedEvent,
  ReconnectOptions,
  SessionFacts,
} from './client/options.ts';
export type { CommonWireOptions } from './client/wire.ts';
export type { SerializerName } from './codec/serializers.ts';
export { EncodedValue } from './wamp/encoded-value.ts';
export type { WampErrorOptions } from './wamp/error.ts';
export { ConfigError, LinkError, WampError } from './wamp/error.ts';
export type { Id } from './wamp/id.ts';
export type { Match } from './wamp/message.ts';
export type { CancelMode, InvokePolicy, PassthruOptions, PublishOptions, RegisterOptions } from './wamp/options.ts';
export type { Args, GivenArgs, GivenKwargs, Kwargs, Payload, PayloadForm } from './wamp/payload.ts';
export type { Reason } from './wamp/reasons.ts';
export { WampResult } from './wamp/result.ts';
export { WampClient };
