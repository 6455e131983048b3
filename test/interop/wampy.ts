/** wampy: JSON, MessagePack and CBOR over WebSocket. */

import { Wampy } from 'wampy';
import { CborSerializer } from 'wampy/CborSerializer.js';
import * as cryptosign from 'wampy/cryptosign.js';
import { JsonSerializer } from 'wampy/JsonSerializer.js';
import { MsgpackSerializer } from 'wampy/MsgpackSerializer.js';
import * as wampcra from 'wampy/wampcra.js';
import { WebSocket } from 'ws';
import { publicKeyOf } from '../../src/auth/cryptosign.ts';
import type { ForeignClient, ForeignSession, Handler, Method, Payload } from './client.ts';
import { privateKey, secret } from './router.ts';

type Dict = Readonly<Record<string, unknown>>;
interface WampyPayload {
  readonly argsList?: readonly unknown[];
  readonly argsDict?: Dict;
  readonly details?: { readonly topic?: string };
}
interface Session {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  getSessionId(): number | bigint;
  getOpStatus(): { readonly reqId: number };
  publish(topic: string, payload: WampyPayload, options: Dict): Promise<unknown>;
  subscribe(
    topic: string,
    handler: (event: WampyPayload) => void,
    options?: Dict,
  ): Promise<{ subscriptionKey: string }>;
  unsubscribe(key: string): Promise<unknown>;
  call(procedure: string, payload: WampyPayload, options: Dict): Promise<WampyPayload>;
  cancel(request: number, options: Dict): unknown;
  register(procedure: string, handler: (call: WampyCall) => unknown): Promise<unknown>;
  unregister(procedure: string): Promise<unknown>;
}
interface WampyCall extends WampyPayload {
  readonly result_handler: (result: Dict) => void;
}

/** It shows 64-bit integers of MessagePack as bigints. */
const toNumbers = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
const toPayload = ({ argsList, argsDict }: WampyPayload): Payload => ({
  args: (argsList ?? []).map(toNumbers),
  kwargs: argsDict ?? {},
});
const fromPayload = ({ args, kwargs }: Payload): WampyPayload => ({ argsList: args, argsDict: kwargs });

const authOf = (method: Method): Dict => {
  switch (method) {
    case 'anonymous':
      return {};
    case 'ticket':
      return { authid: method, authmethods: ['ticket'], onChallenge: () => secret };
    case 'wampcra':
    case 'wampcra salted':
      return { authid: method, authmethods: ['wampcra'], onChallenge: wampcra.sign(secret) };
    case 'cryptosign':
      return {
        authid: method,
        authmethods: ['cryptosign'],
        authextra: { pubkey: publicKeyOf(privateKey) },
        onChallenge: cryptosign.sign(privateKey),
      };
  }
};

const wrap = (session: Session): ForeignSession => ({
  id: String(session.getSessionId()),
  publish: async (topic, payload) => {
    await session.publish(topic, fromPayload(payload), { acknowledge: true });
  },
  subscribe: async (topic, onEvent, match = 'exact') => {
    const { subscriptionKey } = await session.subscribe(
      topic,
      (event) => onEvent({ ...toPayload(event), topic: event.details?.topic }),
      match === 'exact' ? undefined : { match },
    );
    return () => session.unsubscribe(subscriptionKey);
  },
  call: async (procedure, payload, onProgress) =>
    toPayload(
      await session.call(
        procedure,
        fromPayload(payload),
        onProgress ? { progress_callback: (part: WampyPayload) => onProgress(toPayload(part)) } : {},
      ),
    ),
  startCall: (procedure) => {
    const ended = session.call(procedure, {}, {});
    const { reqId } = session.getOpStatus();
    return { cancel: () => session.cancel(reqId, { mode: 'kill' }), ended };
  },
  register: async (procedure, handler: Handler) => {
    await session.register(procedure, async (call) => {
      const progress = (part: Payload): void =>
        call.result_handler({ ...fromPayload(part), options: { progress: true } });
      return fromPayload(await handler(toPayload(call), progress));
    });
    return () => session.unregister(procedure);
  },
  fail: (uri, args) => Object.assign(new Error(uri), { error: uri, argsList: args }),
  failureOf: (error) => {
    const { errorUri, argsList } = error as { readonly errorUri: string; readonly argsList?: readonly unknown[] };
    return { uri: errorUri, args: argsList ?? [] };
  },
  close: () => session.disconnect(),
});

const createClient = (
  serializer: string,
  Serializer: new () => unknown,
  lacks: ForeignClient['lacks'],
): ForeignClient => ({
  name: 'wampy 8',
  serializer: `${serializer}, WebSocket`,
  lacks,
  open: async ({ url }, method) => {
    const options = { realm: 'realm1', ws: WebSocket, serializer: new Serializer(), uriValidation: 'loose' };
    const all = { ...options, autoReconnect: false, maxRetries: 0, ...authOf(method) };
    const session = new Wampy(url, all as never) as unknown as Session;
    await session.connect();
    return wrap(session);
  },
});

const lacks = {
  'progressive results as callee': 'as callee it announces neither progressive_call_results nor call_canceling',
};

/** wampy in everything it speaks. */
export const wampyClients: readonly ForeignClient[] = [
  createClient('JSON', JsonSerializer, lacks),
  createClient('MessagePack', MsgpackSerializer, lacks),
  createClient('CBOR', CborSerializer, lacks),
];
