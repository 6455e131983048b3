/** autobahn-js: JSON, MessagePack and CBOR over WebSocket, JSON over RawSocket. */

import { createRequire } from 'node:module';
import { publicKeyOf } from '../../src/auth/cryptosign.ts';
import type { ForeignClient, ForeignSession, Handler, Heard, Method, Payload } from './client.ts';
import { privateKey, secret } from './router.ts';

type Dict = Readonly<Record<string, unknown>>;
interface Result {
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}
type CallPromise = Promise<unknown> & {
  then(done: (value: unknown) => void, fail: (error: unknown) => void, progress: (value: unknown) => void): unknown;
  cancel(options: Dict): void;
};
interface Session {
  readonly id: number;
  publish(topic: string, args: readonly unknown[], kwargs: Dict, options: Dict): Promise<unknown>;
  subscribe(
    topic: string,
    handler: (args: readonly unknown[], kwargs: Dict, details: { readonly topic: string }) => void,
    options: Dict,
  ): Promise<{ unsubscribe(): Promise<unknown> }>;
  call(procedure: string, args: readonly unknown[], kwargs: Dict, options: Dict): CallPromise;
  register(
    procedure: string,
    handler: (args: readonly unknown[], kwargs: Dict, details: Details) => unknown,
  ): Promise<{ unregister(): Promise<unknown> }>;
}
interface Details {
  readonly progress?: (args: readonly unknown[], kwargs: Dict) => void;
}
interface Connection {
  onopen: (session: Session) => void;
  onclose: (reason: string, details: unknown) => boolean;
  open(): void;
  close(): void;
}
interface Autobahn {
  readonly Connection: new (options: Dict) => Connection;
  readonly Result: new (args: readonly unknown[], kwargs: Dict) => unknown;
  readonly Error: new (uri: string, args: readonly unknown[], kwargs: Dict) => unknown;
  readonly serializer: Readonly<Record<string, new () => unknown>>;
  readonly auth_cra: {
    sign(key: string, challenge: unknown): string;
    derive_key(secret: string, salt: unknown, iterations: unknown, keylen: unknown): string;
  };
  readonly auth_cryptosign: {
    sign_challenge(key: { readonly secretKey: Uint8Array }, extra: Dict): string;
  };
}

const require = createRequire(import.meta.url);
const autobahn = require('autobahn') as Autobahn;

const toPayload = (value: unknown): Payload => {
  const { args, kwargs } = (value ?? {}) as Result;
  return args || kwargs
    ? { args: args ?? [], kwargs: kwargs ?? {} }
    : { args: value === null ? [] : [value], kwargs: {} };
};

const authOf = (method: Method): Dict => {
  const { auth_cra: cra, auth_cryptosign: cryptosign } = autobahn;
  switch (method) {
    case 'anonymous':
      return {};
    case 'ticket':
      return { authmethods: ['ticket'], authid: method, onchallenge: () => secret };
    case 'wampcra':
    case 'wampcra salted':
      return {
        authmethods: ['wampcra'],
        authid: method,
        onchallenge: (_: unknown, __: unknown, { challenge, salt, iterations, keylen }: Dict) =>
          cra.sign(salt ? cra.derive_key(secret, salt, iterations, keylen) : secret, challenge),
      };
    case 'cryptosign':
      return {
        authmethods: ['cryptosign'],
        authid: method,
        authextra: { pubkey: publicKey },
        onchallenge: (_: unknown, __: unknown, extra: Dict) => {
          // The form that tweetnacl has for it: the seed, then the public key.
          const secretKey = Buffer.from(privateKey + publicKey, 'hex');
          return cryptosign.sign_challenge({ secretKey }, extra);
        },
      };
  }
};

const publicKey = publicKeyOf(privateKey);

const wrap = (connection: Connection, session: Session): ForeignSession => ({
  id: String(session.id),
  publish: async (topic, { args, kwargs }) => {
    await session.publish(topic, args, kwargs, { acknowledge: true });
  },
  subscribe: async (topic, onEvent: (event: Heard) => void, match = 'exact') => {
    const subscription = await session.subscribe(
      topic,
      (args, kwargs, details) => onEvent({ args, kwargs, topic: details.topic }),
      { match },
    );
    return () => subscription.unsubscribe();
  },
  call: (procedure, { args, kwargs }, onProgress) =>
    new Promise((resolve, reject) => {
      const options = onProgress ? { receive_progress: true } : {};
      session.call(procedure, args, kwargs, options).then(
        (value) => resolve(toPayload(value)),
        reject,
        (value) => onProgress?.(toPayload(value)),
      );
    }),
  startCall: (procedure) => {
    const call = session.call(procedure, [], {}, {});
    return { cancel: () => call.cancel({ mode: 'kill' }), ended: call };
  },
  register: async (procedure, handler: Handler) => {
    const registration = await session.register(procedure, async (args, kwargs, details) => {
      const { progress } = details;
      const result = await handler({ args, kwargs }, progress && ((part) => progress(part.args, part.kwargs)));
      return new autobahn.Result(result.args, result.kwargs);
    });
    return () => registration.unregister();
  },
  fail: (uri, args) => new autobahn.Error(uri, args, {}),
  failureOf: (error) => {
    const { error: uri, args } = error as { readonly error: string; readonly args: readonly unknown[] };
    return { uri, args };
  },
  close: () =>
    new Promise((resolve) => {
      connection.onclose = () => {
        resolve(undefined);
        return true;
      };
      connection.close();
    }),
});

const open = (transport: Dict, method: Method): Promise<ForeignSession> =>
  new Promise((resolve, reject) => {
    const connection = new autobahn.Connection({ realm: 'realm1', max_retries: 0, ...transport, ...authOf(method) });
    connection.onopen = (session) => resolve(wrap(connection, session));
    connection.onclose = (reason, details) => {
      reject(new Error(`${reason} ${JSON.stringify(details)}`));
      return true;
    };
    connection.open();
  });

const needs = {
  'progressive results as callee': {
    realm: { progressWithoutCanceling: true },
    note: 'with the realm option `progressWithoutCanceling`, as it does not announce call_canceling as callee',
  },
} as const;

const overWebSocket = (name: string, serializer: string): ForeignClient => ({
  name: 'autobahn 22',
  serializer: `${name}, WebSocket`,
  lacks: {},
  needs,
  open: ({ url }, method) => {
    const Serializer = autobahn.serializer[serializer];
    if (!Serializer) throw new Error(`autobahn has no ${serializer}`);
    return open({ url, serializers: [new Serializer()] }, method);
  },
});

/** autobahn in everything it speaks. */
export const autobahnClients: readonly ForeignClient[] = [
  overWebSocket('JSON', 'JSONSerializer'),
  overWebSocket('MessagePack', 'MsgpackSerializer'),
  overWebSocket('CBOR', 'CBORSerializer'),
  {
    name: 'autobahn 22',
    serializer: 'JSON, RawSocket',
    lacks: {},
    needs,
    open: ({ port }, method) => open({ transports: [{ type: 'rawsocket', host: '127.0.0.1', port }] }, method),
  },
];
