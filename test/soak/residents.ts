/** Peers that stay connected while all others come and go: they subscribe to everything, and answer all calls. */

import { connect, type WampClient } from '../../src/client.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { connectV1 } from '../support/v1-client.ts';
import { alice } from './principals.ts';
import type { Place } from './visit.ts';

/** What all of them are called by. */
export const residentProcedure = 'com.soak.resident';

const patterns = [
  ['com.soak', 'prefix'],
  ['com.soak..', 'wildcard'],
] as const;

const settle = async (url: string, serializer: SerializerName): Promise<WampClient> => {
  const client = await connect({ url, realm: 'realm1', serializers: [serializer], reconnect: false });
  for (const [topic, match] of patterns) await client.subscribe(topic, () => {}, { match });
  await client.subscribe('com.soak.history', () => {});
  await client.register(residentProcedure, ({ args }) => args[0], { invoke: 'roundrobin' });
  return client;
};

const settleV1 = async (url: string): Promise<() => Promise<void>> => {
  const peer = await connectV1(url);
  await peer.authenticate(alice.authid, alice.secret);
  peer.subscribe('com.soak.history');
  await peer.barrier();
  // It keeps what it hears, which is not what is looked at.
  const forgetting = setInterval(() => {
    peer.received.length = 0;
    peer.events.length = 0;
  }, 1_000);
  return () => {
    clearInterval(forgetting);
    return peer.close();
  };
};

/** One in each serializer over WebSocket and over RawSocket, and one of v1. The function that is returned has them leave. */
export const moveIn = async ({ url, rawPort }: Place): Promise<() => Promise<void>> => {
  const urls = [url, `rs://127.0.0.1:${rawPort}`];
  const clients = await Promise.all(urls.flatMap((each) => serializerNames.map((name) => settle(each, name))));
  // What is decided about each topic is kept, a thousand times: by one of them, or it would drown what leaks.
  await clients[0]?.subscribe('com.slow', () => {}, { match: 'prefix' });
  const leaveV1 = await settleV1(url);
  return async () => {
    await Promise.all([leaveV1(), ...clients.map((client) => client.close())]);
  };
};
