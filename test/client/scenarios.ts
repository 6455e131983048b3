/**
 * What a client does on any platform: each function is a program against the router at `url`, and returns what it has seen as JSON.
 * `platforms.test.ts` runs them in Node and in a browser, and says what they must see.
 */

import type { ClientAuth, ClientOptions, EndFacts, WampClient } from '../../src/client.ts';
import { connect, WampError, WampResult } from '../../src/client.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';

/** Which router, and in which serializer it is spoken to. */
export interface Where {
  readonly url: string;
  readonly serializer: SerializerName;
  /** Default: realm1. */
  readonly realm?: string;
}

const join = (
  { url, serializer, realm = 'realm1' }: Where,
  options: Partial<ClientOptions> = {},
): Promise<WampClient> => connect({ url, realm, serializers: [serializer], reconnect: false, ...options });

/** What a promise is rejected with, in one line. */
const failureOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'it was not rejected',
    (error: unknown) => (error instanceof WampError ? `${error.uri}: ${error.description}` : String(error)),
  );

/** A value as JSON can show it. */
const shown = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `bigint ${value}`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 'minus zero' : value;
  if (value instanceof Uint8Array) return `octets ${[...value]}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (value instanceof Map) return { map: [...value].map(shown) };
  if (Array.isArray(value)) return value.map(shown);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
};

/** Opens a session and closes it. */
const session = async (where: Where): Promise<unknown> => {
  const ends: EndFacts[] = [];
  const client = await join(where, { onEnd: (facts) => ends.push(facts) });
  const { authrole, details } = client.session ?? {};
  await client.close();
  const after = await failureOf(client.call('com.anything'));
  return { authrole, agent: details?.agent, ends: ends.map(({ reason }) => reason), after };
};

/** Hears its own publications, and after `unsubscribe` none. */
const publishAndSubscribe = async (where: Where): Promise<unknown> => {
  const client = await join(where);
  const heard: unknown[] = [];
  const subscription = await client.subscribe(
    'com.topic.',
    ({ topic, args, kwargs }) => heard.push({ topic, args, kwargs }),
    {
      match: 'prefix',
    },
  );
  const own = { acknowledge: true, exclude_me: false };
  const publication = await client.publish('com.topic.one', [1, { deep: [true] }], { key: 'ü' }, own);
  await client.call('wamp.session.count');
  await subscription.unsubscribe();
  await client.publish('com.topic.two', [2], undefined, own);
  await client.call('wamp.session.count');
  await client.close();
  return { isPublished: Number.isSafeInteger(publication), heard };
};

/** Calls procedures that it has registered: one with a result of all kinds, one that fails, one that is gone. */
const callAndRegister = async (where: Where): Promise<unknown> => {
  const failures: unknown[] = [];
  const client = await join(where, { onError: (error, uri) => failures.push([uri, String(error)]) });
  await client.register('com.divide', ({ args: [a, b] }) => {
    if (b === 0) throw new WampError('com.error.zero', { args: ['no zero', b], kwargs: { a } });
    return new WampResult([Math.floor(Number(a) / Number(b))], { rest: Number(a) % Number(b) });
  });
  const gone = await client.register('com.gone', () => 1);
  await client.register('com.broken', () => {
    throw new TypeError('a secret');
  });
  const result = await client.call('com.divide', [7, 2]);
  const zero = await client
    .call('com.divide', [1, 0])
    .catch((error: WampError) => [error.uri, error.args, error.kwargs]);
  await gone.unregister();
  const [noSuch, broken] = [await failureOf(client.call('com.gone')), await failureOf(client.call('com.broken'))];
  await client.close();
  return { result, zero, noSuch, broken, failures };
};

/** Hears progressive results before the final one. */
const progress = async (where: Where): Promise<unknown> => {
  const client = await join(where);
  await client.register('com.count', ({ progress: tell }) => {
    tell([1]);
    tell([2], { half: true });
    return 3;
  });
  const parts: unknown[] = [];
  const result = await client.call('com.count', [], undefined, { onProgress: (part) => parts.push(part) });
  await client.close();
  return { parts, result };
};

/** Cancels a call when its procedure has begun. */
const cancel = async (where: Where): Promise<unknown> => {
  const client = await join(where);
  const controller = new AbortController();
  let tellCallee: (reason: unknown) => void = () => {};
  const callee = new Promise((resolve) => {
    tellCallee = resolve;
  });
  await client.register('com.slow', ({ signal }) => {
    controller.abort();
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        tellCallee(String(signal.reason));
        reject(signal.reason);
      });
    });
  });
  const options = { signal: controller.signal, cancelMode: 'kill' } as const;
  const caller = await failureOf(client.call('com.slow', [], undefined, options));
  const told = await callee;
  await client.close();
  return { caller, callee: told };
};

const long = 'ä'.repeat(300);
/** Values of every kind that JavaScript has and a payload may have. */
const values = {
  nothing: null,
  numbers: [0, -1, 1.5, 1e300, 2 ** 53 - 1, -(2 ** 53) + 1],
  large: [2n ** 53n, -(2n ** 63n), 2n ** 64n - 1n],
  texts: ['', 'ascii', 'ü€😀', '\ufeffmark', `\ufeff${long}`, '\u0000no base64', 'half \ud83d', '"\\\n'],
  octets: [new Uint8Array(), Uint8Array.of(0, 1, 254, 255), new Uint8Array(20_000).fill(7).subarray(0, 3)],
  date: new Date(Date.UTC(2026, 10, 26, 12, 30, 15, 250)),
  map: new Map<unknown, unknown>([['key', [true, false]]]),
  deep: { list: [[[{ of: [] }]]], empty: {}, ['__proto__']: 'own' },
};

/** What comes back of each kind of value after it has gone to the router and back, as an argument and as a result. */
const payloads = async (where: Where): Promise<unknown> => {
  const client = await join(where);
  await client.register(`com.echo.${where.serializer}`, ({ args, kwargs }) => new WampResult(args, kwargs));
  const { args, kwargs } = await client.call(`com.echo.${where.serializer}`, [values], { kwarg: values.octets });
  await client.close();
  return shown([args[0], kwargs]);
};

/** 300,000 octets, there and back, all of them. */
const largePayload = async (where: Where): Promise<unknown> => {
  const client = await join(where);
  await client.register('com.large', ({ args }) => args[0]);
  const octets = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256);
  const { args } = await client.call('com.large', [octets]);
  await client.close();
  const back = args[0] as Uint8Array;
  return { length: back.length, isSame: back.every((octet, at) => octet === octets[at]) };
};

/** Logs in, and returns who it then is, or why it may not. */
const logIn = async (where: Where, authid: string, auth: ClientAuth): Promise<unknown> => {
  const joined = join(where, { authid, auth: [auth] });
  const failure = await failureOf(joined);
  if (failure !== 'it was not rejected') return failure;
  const client = await joined;
  const { authid: name, authrole, details } = client.session ?? {};
  await client.close();
  return [name, authrole, details?.authmethod];
};

/** Loses its connection, opens another, and has what it had. */
const comeBack = async (where: Where): Promise<unknown> => {
  const ends: EndFacts[] = [];
  let opened = 0;
  let tell: () => void = () => {};
  const isBack = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const client = await join(where, {
    reconnect: { initialDelay: 1 },
    onEnd: (facts) => ends.push(facts),
    onOpen: () => {
      opened += 1;
      if (opened === 2) tell();
    },
  });
  const heard: unknown[] = [];
  await client.subscribe('com.again', ({ args }) => heard.push(args));
  await client.register('com.here', () => 'still here');
  const lost = await failureOf(client.call('com.drop'));
  await isBack;
  const { args } = await client.call('com.here');
  await client.publish('com.again', ['back'], undefined, { acknowledge: true, exclude_me: false });
  await client.call('wamp.session.count');
  await client.close();
  return { lost, args, heard, ends: ends.map(({ reason, willReconnect }) => [reason, willReconnect]) };
};

/** Why a client cannot connect. */
const refusal = (where: Where, options: Partial<ClientOptions>): Promise<string> => failureOf(join(where, options));

/** How a session ends that the client does not end. */
const ending = async (where: Where): Promise<unknown> => {
  let tell: (facts: EndFacts) => void = () => {};
  const ended = new Promise<EndFacts>((resolve) => {
    tell = resolve;
  });
  await join(where, { onEnd: (facts) => tell(facts), reconnect: { initialDelay: 1 } });
  return ended;
};

/** What is written on the console when a procedure throws and nobody has asked for that. */
const fault = async (where: Where): Promise<unknown> => {
  const said: unknown[][] = [];
  const { error } = console;
  console.error = (...given: unknown[]) =>
    said.push(given.map((each) => (typeof each === 'string' ? each : Object.entries(each as object).map(String))));
  const client = await join(where);
  await client.register('com.fault', () => {
    throw new TypeError('boom');
  });
  await failureOf(client.call('com.fault'));
  await client.close();
  console.error = error;
  return said;
};

/** All of them by name. */
export const scenarios = {
  session,
  publishAndSubscribe,
  callAndRegister,
  progress,
  cancel,
  payloads,
  largePayload,
  logIn,
  comeBack,
  refusal,
  ending,
  fault,
};
