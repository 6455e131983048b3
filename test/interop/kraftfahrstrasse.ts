/** kraftfahrstrasse: JSON and MessagePack over WebSocket. */

import { createRequire } from 'node:module';
import type { ForeignClient, ForeignSession, Handler, Method, Payload } from './client.ts';
import { secret } from './router.ts';

type Dict = Readonly<Record<string, unknown>>;
interface Result {
  readonly args?: readonly unknown[];
  readonly kwArgs?: Dict;
  readonly nextResult?: Promise<Result> | null;
}
interface Connection {
  Open(): Promise<unknown>;
  Close(): Promise<unknown>;
  Call(procedure: string, args: readonly unknown[], kwargs: Dict, options: Dict): [Promise<Result>, number];
  CancelCall(id: number, mode: string): void;
  Register(
    procedure: string,
    handler: (args: readonly unknown[], kwargs: Dict) => Promise<Result>,
  ): Promise<{ Unregister(): Promise<unknown> }>;
  Publish(
    topic: string,
    args: readonly unknown[],
    kwargs: Dict,
    options: Dict,
  ): Promise<{ OnPublished(): Promise<unknown> }>;
  Subscribe(
    topic: string,
    handler: (args: readonly unknown[], kwargs: Dict, details: { readonly topic?: string }) => void,
    options: Dict,
  ): Promise<{ Unsubscribe(): Promise<unknown> }>;
}
interface Library {
  readonly Connection: new (options: Dict) => Connection;
  readonly JSONSerializer: new () => unknown;
  readonly NodeWebSocketTransport: unknown;
  readonly AnonymousAuthProvider: new () => unknown;
  readonly TicketAuthProvider: new (
    authid: string,
    getTicket: () => Promise<{ readonly signature: string; readonly details: Dict }>,
  ) => unknown;
}

const require = createRequire(import.meta.url);
const library = require('@verkehrsministerium/kraftfahrstrasse') as Library;
const { NodeMSGPackSerializer } = require('@verkehrsministerium/kraftfahrstrasse/build/cjs/serialize/NodeMSGPack') as {
  readonly NodeMSGPackSerializer: new () => unknown;
};

const { WampError } = require('@verkehrsministerium/kraftfahrstrasse/build/cjs/generic/WampError') as {
  readonly WampError: new (uri: string, args: readonly unknown[], kwargs: Dict) => unknown;
};

const toPayload = ({ args, kwArgs }: Result): Payload => ({ args: args ?? [], kwargs: kwArgs ?? {} });

const wrap = (connection: Connection, id: string): ForeignSession => ({
  id,
  publish: async (topic, { args, kwargs }) => {
    await (await connection.Publish(topic, args, kwargs, { acknowledge: true })).OnPublished();
  },
  subscribe: async (topic, onEvent, match = 'exact') => {
    const subscription = await connection.Subscribe(
      topic,
      (args, kwargs, { topic: from }) => onEvent({ args: args ?? [], kwargs: kwargs ?? {}, topic: from }),
      { match },
    );
    return () => subscription.Unsubscribe();
  },
  call: async (procedure, { args, kwargs }, onProgress) => {
    let [result] = await Promise.all([
      connection.Call(procedure, args, kwargs, onProgress ? { receive_progress: true } : {})[0],
    ]);
    while (result.nextResult) {
      onProgress?.(toPayload(result));
      result = await result.nextResult;
    }
    return toPayload(result);
  },
  startCall: (procedure) => {
    const [ended, id] = connection.Call(procedure, [], {}, {});
    return { cancel: () => connection.CancelCall(id, 'kill'), ended };
  },
  register: async (procedure, handler: Handler) => {
    const registration = await connection.Register(procedure, async (args, kwargs) => {
      const parts: Payload[] = [];
      const { args: last, kwargs: more } = await handler({ args: args ?? [], kwargs: kwargs ?? {} }, (part) =>
        parts.push(part),
      );
      // Every progressive result holds a promise of the next one.
      return parts.reduceRight<Result>(
        (next, part) => ({ args: part.args, kwArgs: part.kwargs, nextResult: Promise.resolve(next) }),
        { args: last, kwArgs: more },
      );
    });
    return () => registration.Unregister();
  },
  fail: (uri, args) => new WampError(uri, args, {}),
  // It shows the URI of an error and nothing else.
  failureOf: (error) => ({ uri: String(error), args: undefined }),
  close: () => connection.Close(),
});

const createClient = (name: string, Serializer: new () => unknown): ForeignClient => ({
  name: 'kraftfahrstrasse 0.9',
  serializer: `${name}, WebSocket`,
  lacks: {
    wampcra: 'the client does not have it',
    'wampcra salted': 'the client does not have it',
    cryptosign: 'the client does not have it',
  },
  open: async ({ url }, method: Method) => {
    const authProvider =
      method === 'ticket'
        ? new library.TicketAuthProvider(method, async () => ({ signature: secret, details: {} }))
        : new library.AnonymousAuthProvider();
    const connection = new library.Connection({
      endpoint: url,
      realm: 'realm1',
      serializer: new Serializer(),
      transport: library.NodeWebSocketTransport,
      authProvider,
      logFunction: () => {},
    });
    await connection.Open();
    // It does not tell its session id: the newest of the list is its own.
    const { args: [ids] = [] } = await connection.Call('wamp.session.list', [], {}, {})[0];
    return wrap(connection, String((ids as readonly unknown[]).at(-1)));
  },
});

/** kraftfahrstrasse in everything it speaks. */
export const kraftfahrstrasseClients: readonly ForeignClient[] = [
  createClient('JSON', library.JSONSerializer),
  createClient('MessagePack', NodeMSGPackSerializer),
];
