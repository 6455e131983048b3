/** Payloads of `postmaster/client`, and of programs that embed the router: values of every kind, and octets. */

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ClientOptions, SerializerName, WampClient } from '../../src/client.ts';
import { ConfigError, connect, EncodedValue, WampError, WampResult } from '../../src/client.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { Postmaster } from '../../src/index.ts';
import { joinWithOctets } from '../support/octets-peer.ts';
import { createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';
const loud = { exclude_me: false, acknowledge: true } as const;

const setUp = async (): Promise<{ readonly postmaster: Postmaster; readonly url: string }> => {
  const postmaster = createV2Router();
  const { url } = await postmaster.listen({ port: 0 });
  return { postmaster, url };
};

const join = async (url: string, name: SerializerName, more: Partial<ClientOptions> = {}): Promise<WampClient> => {
  const client = await connect({ url, realm: 'realm1', serializers: [name], reconnect: false, ...more });
  onTestFinished(() => client.close());
  return client;
};

const moment = new Date('2026-11-26T14:30:00.250Z');
const given = {
  large: 2n ** 63n + 1n,
  negative: -(2n ** 63n),
  small: 7n,
  nested: [
    [moment, { at: moment, octets: Uint8Array.of(0, 255) }],
    new Map<unknown, unknown>([[1, { big: 2n ** 60n }]]),
  ],
  text: 'é😀',
  fraction: 1.5,
  far: 1e20,
  nothing: null,
  set: new Set([1, 'a']),
  numbers: Float64Array.of(0.5, -1.5),
};

/** What arrives of `given` by a serializer, or by two. */
const arrives = (hasTimes: boolean, hasKeys: boolean): object => ({
  large: 2n ** 63n + 1n,
  negative: -(2n ** 63n),
  small: 7,
  nested: [
    [
      hasTimes ? moment : moment.toISOString(),
      { at: hasTimes ? moment : moment.toISOString(), octets: Buffer.of(0, 255) },
    ],
    hasKeys ? new Map([[1, { big: 2n ** 60n }]]) : { 1: { big: 2n ** 60n } },
  ],
  text: 'é😀',
  fraction: 1.5,
  far: 1e20,
  nothing: null,
  set: [1, 'a'],
  numbers: [0.5, -1.5],
});

const pairs = serializerNames.flatMap((from) => serializerNames.map((to) => [from, to] as const));

describe.each(pairs)('what a client gives in %s, a client that speaks %s', (from, to) => {
  const isJson = from === 'json' || to === 'json';
  const expected = arrives(!isJson, !isJson);

  test('receives as the table says: events, calls, progress, results and errors', async () => {
    const { url } = await setUp();
    const [sender, receiver] = [await join(url, from), await join(url, to)];
    const events: unknown[] = [];
    await receiver.subscribe(topic, ({ args, kwargs }) => events.push([args, kwargs]));
    await sender.publish(topic, [given], { given }, loud);
    await vi.waitFor(() => expect(events).toEqual([[[expected], { given: expected }]]));

    const calls: unknown[] = [];
    await receiver.register(procedure, ({ args, kwargs }) => void calls.push([args, kwargs]));
    await sender.call(procedure, [given], { given });
    expect(calls).toEqual([[[expected], { given: expected }]]);

    await sender.register(`${procedure}.result`, ({ progress }) => {
      progress([given], { given });
      return new WampResult([given], { given });
    });
    const onProgress = vi.fn();
    const result = await receiver.call(`${procedure}.result`, [], {}, { onProgress });
    expect(result).toEqual({ args: [expected], kwargs: { given: expected } });
    expect(onProgress.mock.calls).toEqual([[result]]);

    await sender.register(`${procedure}.error`, () => {
      throw new WampError('com.error', { args: [given], kwargs: { given } });
    });
    const failure = { uri: 'com.error', args: [expected], kwargs: { given: expected } };
    await expect(receiver.call(`${procedure}.error`)).rejects.toMatchObject(failure);
  });
});

describe.each(serializerNames)('between the program and a client that speaks %s, values', (name) => {
  const expected = arrives(name !== 'json', name !== 'json');

  test('arrive as the table says, both ways', async () => {
    const { postmaster, url } = await setUp();
    const client = await join(url, name);
    const heard: unknown[] = [];
    await client.subscribe(topic, ({ args }) => heard.push(args[0]));
    postmaster.publishEvent(topic, given);
    await vi.waitFor(() => expect(heard).toEqual([expected]));

    const observed: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => observed.push(args[0]));
    await client.publish(topic, [given], undefined, { acknowledge: true });
    expect(observed).toEqual([expected]);

    postmaster.registerRPC(procedure, ({ args }) => {
      expect(args).toEqual([expected]);
      return given;
    });
    expect((await client.call(procedure, [given])).args).toEqual([expected]);
    await client.register(`${procedure}.client`, ({ args }) => {
      expect(args).toEqual([expected]);
      return given;
    });
    const called = await postmaster.session().call(`${procedure}.client`, [given]);
    expect(called).toEqual({ args: [expected], kwargs: undefined });
  });

  test('that are octets of a serializer go out exactly as they are', async () => {
    const { postmaster, url } = await setUp();
    const peer = await joinWithOctets(url, name);
    await peer.ask('SUBSCRIBE', [{}, topic]);
    const client = await join(url, 'json');
    const value = [
      new EncodedValue('json', Buffer.from('1.0')),
      { deep: [new EncodedValue('json', Buffer.from('1e400'))] },
    ];
    const octets = { json: '[1.0]', msgpack: '91cb3ff0000000000000', cbor: '81fb3ff0000000000000' } as const;
    const expectedOctets = Buffer.from(octets[name], name === 'json' ? 'utf8' : 'hex');
    for (const publish of [
      () => client.publish(topic, [value[0]]),
      async () => postmaster.publishEvent(topic, value[0]),
      () => client.publish(topic, new EncodedValue('json', Buffer.from(' [1.0] '))),
    ]) {
      await publish();
      const { data } = await peer.take('EVENT');
      expect(data.includes(expectedOctets), data.toString('hex')).toBe(true);
    }
  });
});

test('a value that is unknown to JavaScript is shown as its octets, and goes back out unchanged', async () => {
  const { postmaster, url } = await setUp();
  const peer = await joinWithOctets(url, 'cbor');
  await peer.ask('SUBSCRIBE', [{}, `${topic}.back`]);
  const client = await join(url, 'cbor');
  const program = postmaster.session();
  const tagged = Buffer.from('d9ffff8201fb3ff0000000000000', 'hex');
  const args = Buffer.concat([Buffer.of(0x81), tagged]);
  for (const back of [client, program]) {
    const subscription = await back.subscribe(topic, (event: { readonly args: readonly unknown[] }) => {
      expect(event.args).toEqual([new EncodedValue('cbor', tagged)]);
      void back.publish(`${topic}.back`, event.args);
    });
    await peer.ask('PUBLISH', [{ acknowledge: true }, topic], args);
    expect((await peer.take('EVENT')).data.subarray(-args.length)).toEqual(args);
    await subscription.unsubscribe();
  }
});

describe('what no program can be given', () => {
  /** Arguments `[1]`, and keyword arguments of which a key is an integer. */
  const octets = Buffer.from('8101a10102', 'hex');

  test('ends no session of a client, which hears of it', async () => {
    const { url } = await setUp();
    const onError = vi.fn();
    const onEnd = vi.fn();
    const client = await join(url, 'cbor', { onError, onEnd });
    const peer = await joinWithOctets(url, 'cbor');
    const handler = vi.fn();
    await client.subscribe(topic, handler);
    await client.register(procedure, handler);
    peer.send([16, peer.next(), { acknowledge: true }, topic], octets, 2);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]).toMatchObject([
      { uri: 'wamp.error.invalid_argument', message: expect.stringContaining('keys that are not texts') },
      topic,
    ]);
    await peer.take('PUBLISHED');

    peer.send([48, peer.next(), {}, procedure], octets, 2);
    const { message } = await peer.take('ERROR');
    expect(message).toMatchObject({ error: 'wamp.error.invalid_argument' });

    await peer.ask('REGISTER', [{}, `${procedure}.peer`]);
    const answer = async (called: Promise<unknown>, send: (request: number) => void): Promise<unknown> => {
      const failure = called.catch((error: unknown) => error);
      const { message: invocation } = await peer.take('INVOCATION');
      send((invocation as { readonly request: number }).request);
      return failure;
    };
    expect(
      await answer(client.call(`${procedure}.peer`), (request) => peer.send([70, request, {}], octets, 2)),
    ).toMatchObject({ uri: 'wamp.error.invalid_argument' });
    expect(
      await answer(client.call(`${procedure}.peer`), (request) =>
        peer.send([8, 68, request, {}, 'com.error'], octets, 2),
      ),
    ).toMatchObject({
      uri: 'com.error',
      args: [],
      cause: { message: expect.stringContaining('keys that are not texts') },
    });
    expect(handler).not.toHaveBeenCalled();
    expect(onEnd).not.toHaveBeenCalled();
    expect(client.session).toBeDefined();
  });

  test.each(['client', 'program'] as const)('passes a gateway of a %s that asks for octets', async (kind) => {
    const { postmaster, url } = await setUp();
    const gateway = kind === 'client' ? await join(url, 'cbor') : postmaster.session();
    const [peer, end] = [await joinWithOctets(url, 'cbor'), await joinWithOctets(url, 'cbor')];
    await end.ask('SUBSCRIBE', [{}, `${topic}.onward`]);
    await end.ask('REGISTER', [{}, `${procedure}.onward`]);
    const asOctets = { payload: 'octets' } as const;
    await gateway.subscribe(
      topic,
      ({ args, kwargs }) => void gateway.publish(`${topic}.onward`, args, kwargs),
      asOctets,
    );
    await gateway.register(
      procedure,
      async ({ args, kwargs, progress }) => {
        const onProgress = (part: { readonly args: EncodedValue; readonly kwargs: EncodedValue | undefined }): void =>
          progress(part.args, part.kwargs);
        const result = await gateway.call(`${procedure}.onward`, args, kwargs, { ...asOctets, onProgress });
        return new WampResult(result.args, result.kwargs);
      },
      asOctets,
    );
    peer.send([16, peer.next(), {}, topic], octets, 2);
    expect((await end.take('EVENT')).data.subarray(-octets.length)).toEqual(octets);

    peer.send([48, peer.next(), { receive_progress: true }, procedure], octets, 2);
    const { data, message } = await end.take('INVOCATION');
    expect(data.subarray(-octets.length)).toEqual(octets);
    const { request } = message as { readonly request: number };
    end.send([70, request, { progress: true }], octets, 2);
    expect((await peer.take('RESULT')).data.subarray(-octets.length)).toEqual(octets);
    end.send([70, request, {}], octets, 2);
    expect((await peer.take('RESULT')).data.subarray(-octets.length)).toEqual(octets);
  });
});

describe.each(serializerNames)('octets of %s', (name) => {
  const args = { json: '[1.0, "a"]', msgpack: '92cb3ff0000000000000a161', cbor: '82fb3ff00000000000006161' }[name];
  const kwargs = { json: '{"b":1,"a":-0.0}', msgpack: '82a16201a161cb8000000000000000', cbor: 'a261620161' }[name];
  const octetsOf = (text: string): Buffer => Buffer.from(text, name === 'json' ? 'utf8' : 'hex');
  const [first, second] = [octetsOf(args), octetsOf(name === 'cbor' ? `${kwargs}61fb8000000000000000` : kwargs)];
  const both = Buffer.concat([first, Buffer.from(name === 'json' ? ',' : ''), second]);

  test('reach handlers of the program and of a client by their parts', async () => {
    const { postmaster, url } = await setUp();
    const client = await join(url, name);
    const peer = await joinWithOctets(url, name);
    const heard: unknown[] = [];
    const hear = ({ args: some, kwargs: more }: { readonly args: unknown; readonly kwargs: unknown }): void =>
      void heard.push([some, more]);
    const asOctets = { payload: 'octets' } as const;
    await client.subscribe(topic, hear, asOctets);
    await postmaster.session().subscribe(topic, hear, asOctets);
    postmaster.topic(topic, asOctets).subscribe(hear);
    peer.send([16, peer.next(), { acknowledge: true }, topic], both, 2);
    const parts = [new EncodedValue(name, first), new EncodedValue(name, second)];
    await vi.waitFor(() => expect(heard).toEqual([parts, parts, parts]));

    heard.length = 0;
    postmaster.registerRPC(procedure, hear, asOctets);
    postmaster.registerUnauthRPC(`${procedure}.open`, hear, asOctets);
    await client.register(`${procedure}.client`, hear, asOctets);
    for (const uri of ['', '.open', '.client']) {
      peer.send([48, peer.next(), {}, procedure + uri], first, 1);
      await peer.take('RESULT');
    }
    expect(heard).toEqual(Array(3).fill([parts[0], undefined]));
  });

  test('are given to one handler without harm for what others get', async () => {
    const { postmaster, url } = await setUp();
    const [peer, other] = [await joinWithOctets(url, name), await joinWithOctets(url, name)];
    const change = ({ args: { octets } }: { readonly args: EncodedValue }): void => void octets.fill(0);
    postmaster.topic(topic, { payload: 'octets' }).subscribe(change);
    await other.ask('SUBSCRIBE', [{}, topic]);
    peer.send([16, peer.next(), { acknowledge: true, retain: true }, topic], both, 2);
    expect((await other.take('EVENT')).data.includes(both)).toBe(true);
    const later = await joinWithOctets(url, name);
    await later.ask('SUBSCRIBE', [{ get_retained: true }, topic]);
    expect((await later.take('EVENT')).data.includes(both)).toBe(true);
  });

  test('that are one list and one dictionary are a payload with values beside them, too', async () => {
    const { postmaster, url } = await setUp();
    const peer = await joinWithOctets(url, name);
    await peer.ask('SUBSCRIBE', [{}, topic]);
    const session = postmaster.session();
    const publish = async (
      ...payload: Parameters<typeof session.publish> extends [string, ...infer Rest] ? Rest : never
    ) => {
      await session.publish(topic, ...payload);
      return (await peer.take('EVENT')).data;
    };
    const part = (octets: Buffer): EncodedValue => new EncodedValue(name, octets);
    expect((await publish(part(first), part(second))).includes(both)).toBe(true);
    expect((await publish(part(first), { c: 1 })).includes(first)).toBe(true);
    expect((await publish(['x'], part(second))).includes(second)).toBe(true);
    expect((await publish([], part(second))).includes(second)).toBe(true);
    // An empty tail is never sent.
    const [emptyList, emptyDictionary] = { json: ['[ ]', '{ }'], msgpack: ['90', '80'], cbor: ['9fff', 'bfff'] }[
      name
    ].map((text) => part(octetsOf(text))) as [EncodedValue, EncodedValue];
    const bare = Buffer.from(serializers[name].encode([{}])).subarray(1);
    expect((await publish(emptyList, emptyDictionary)).subarray(-bare.length)).toEqual(bare);
    const alone = Buffer.concat([first, Buffer.from(serializers[name].tail)]);
    expect((await publish(part(first), emptyDictionary)).subarray(-alone.length)).toEqual(alone);
  });

  test.each([
    ['that are not well-formed', () => octetsOf(args).subarray(0, -1), undefined],
    ['of two values', () => Buffer.concat([first, Buffer.from(name === 'json' ? ',' : ''), first]), undefined],
    ['that are no list', () => second, undefined],
    ['beside those that are no dictionary', () => first, () => first],
    ['of nothing', () => Buffer.alloc(0), undefined],
  ] as const)('%s are refused before anybody else sees them', async (_, some, more) => {
    const { postmaster, url } = await setUp();
    const client = await join(url, name);
    const part = (octets: (() => Buffer) | undefined) => octets && new EncodedValue(name, octets());
    for (const peer of [client, postmaster.session()]) {
      await expect(peer.publish(topic, part(some), part(more), { exclude_me: false })).rejects.toBeInstanceOf(
        ConfigError,
      );
      await expect(peer.call(procedure, part(some), part(more))).rejects.toBeInstanceOf(ConfigError);
    }
    const payload = { args: part(some)!, ...(more && { kwargs: part(more)! }) };
    expect(() => postmaster.publishEvent(topic, undefined, payload)).toThrow('the octets of a payload cannot be sent');
    postmaster.registerRPC(procedure, () => new WampResult(part(some), part(more)));
    postmaster.registerRPC(`${procedure}.later`, async () => new WampResult(part(some), part(more)));
    await client.register(`${procedure}.client`, () => new WampResult(part(some), part(more)));
    for (const uri of ['', '.later', '.client']) {
      await expect(client.call(procedure + uri)).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
    }
  });
});

test('parts in two serializers are a payload in that of the args; in one that there is not they are refused', async () => {
  const { postmaster, url } = await setUp();
  const session = postmaster.session();
  const peer = await joinWithOctets(url, 'json');
  await peer.ask('SUBSCRIBE', [{}, topic]);
  const part = (name: SerializerName, hex: string): EncodedValue => new EncodedValue(name, Buffer.from(hex, 'hex'));
  await session.publish(
    topic,
    new EncodedValue('json', Buffer.from('[1.0]')),
    part('cbor', 'a16161fb3ff0000000000000'),
  );
  expect((await peer.take('EVENT')).data.toString()).toMatch(/,\[1\.0\],\{"a":1\.0\}\]$/);
  const refusal = 'the octets of a payload cannot be sent';
  const inJson = new EncodedValue('json', Buffer.from('[]'));
  await expect(session.publish(topic, inJson, part('cbor', 'a1f501'))).rejects.toThrow(`${refusal}: a key that is`);
  await expect(session.publish(topic, inJson, part('cbor', 'a16161f97e00'))).rejects.toThrow(`${refusal}: NaN`);
  await expect(session.publish(topic, new EncodedValue('xml', Buffer.from('<a/>')))).rejects.toThrow(
    `${refusal}: there is no serializer "xml"; known are json, msgpack, cbor`,
  );
});

test('a value that is no octets of its serializer, deep in a payload, reaches nobody', async () => {
  const { postmaster, url } = await setUp();
  const peer = await joinWithOctets(url, 'cbor');
  await peer.ask('SUBSCRIBE', [{}, topic]);
  for (const octets of [Buffer.of(0x82, 1), Buffer.of(1, 1), Buffer.alloc(0)]) {
    postmaster.publishEvent(topic, [new EncodedValue('cbor', octets)]);
  }
  postmaster.publishEvent(topic, 'good');
  expect((await peer.take('EVENT')).message).toMatchObject({ payload: { args: ['good'] } });
  expect(postmaster.stats().counters.encode_failed).toBe(6);
});

test('octets of what the program gave as values are CBOR; to a client they are of its serializer', async () => {
  const { postmaster, url } = await setUp();
  const client = await join(url, 'json');
  const heard: unknown[] = [];
  postmaster.topic(topic, { payload: 'octets' }).subscribe(({ args, kwargs }) => heard.push(args, kwargs));
  await client.subscribe(topic, ({ args, kwargs }) => void heard.push(args, kwargs), { payload: 'octets' });
  postmaster.publishEvent(topic, [moment, 2n ** 64n]);
  await vi.waitFor(() => expect(heard).toHaveLength(4));
  expect(heard).toEqual([
    new EncodedValue(
      'cbor',
      Buffer.from('8182c07818323032362d31312d32365431343a33303a30302e3235305ac249010000000000000000', 'hex'),
    ),
    undefined,
    new EncodedValue('json', Buffer.from(`[["${moment.toISOString()}",18446744073709551616]]`)),
    undefined,
  ]);
  postmaster.registerRPC(procedure, () => {});
  expect(await client.call(procedure, [], {}, { payload: 'octets' })).toEqual({
    args: new EncodedValue('json', Buffer.from('[]')),
    kwargs: undefined,
  });
  expect((await postmaster.session().call(procedure, [], {}, { payload: 'octets' })).args).toEqual(
    new EncodedValue('cbor', Buffer.of(0x80)),
  );
});

test('values that octets cannot be made of are told as any failure of a handler, and the next event is heard', async () => {
  const { postmaster } = await setUp();
  const heard: unknown[] = [];
  const hear = ({ args }: { readonly args: EncodedValue }): void =>
    void heard.push(Buffer.from(args.octets).toString('hex'));
  postmaster.topic(topic, { payload: 'octets' }).subscribe(hear);
  await postmaster.session().subscribe(topic, hear, { payload: 'octets' });
  postmaster.publishEvent(topic, Symbol('none'));
  postmaster.publishEvent(topic, 1);
  expect(heard).toEqual(['8101', '8101']);
  expect(postmaster.stats().counters.subscriber_failed).toBe(2);
});

test('a form of payloads that there is not is refused with the two that there are', async () => {
  const { postmaster, url } = await setUp();
  const client = await join(url, 'json');
  const wrong = { payload: 'octet' as 'octets' };
  const refusal = new ConfigError('payload must be "values" or "octets"');
  for (const peer of [client, postmaster.session()]) {
    await expect(peer.subscribe(topic, () => {}, wrong)).rejects.toEqual(refusal);
    await expect(peer.register(procedure, () => {}, wrong)).rejects.toEqual(refusal);
    await expect(peer.call(procedure, [], {}, wrong)).rejects.toEqual(refusal);
  }
  expect(() => postmaster.topic(topic, wrong)).toThrow(refusal);
  expect(() => postmaster.registerRPC(procedure, () => {}, wrong)).toThrow(refusal);
  expect(() => postmaster.registerUnauthRPC(procedure, () => {}, wrong)).toThrow(refusal);
});

test('the form of payloads is nothing that a router hears of', async () => {
  const { postmaster, url } = await setUp();
  const client = await join(url, 'json');
  const asked = vi.fn();
  postmaster.topic('wamp.subscription.on_create').subscribe(({ args }) => asked(args[1]));
  await client.subscribe(topic, () => {}, { payload: 'octets', match: 'prefix' });
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(asked.mock.calls[0]![0]).not.toHaveProperty('payload');
});

test('a payload that takes one level more in the serializer of a client does not end its session', async () => {
  const { postmaster, url } = await setUp();
  const client = await join(url, 'cbor');
  const heard: unknown[] = [];
  await client.subscribe(topic, ({ args }) => heard.push(args));
  const peer = await joinWithOctets(url, 'json');
  const [open, close] = ['[', ']'].map((bracket) => bracket.repeat(63)) as [string, string];
  await peer.ask('PUBLISH', [{ acknowledge: true }, topic], Buffer.from(`${open}18446744073709551616${close}`));
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  expect((heard[0] as unknown[]).flat(Number.POSITIVE_INFINITY)).toEqual([2n ** 64n]);
  expect(postmaster.stats().counters.encode_failed).toBe(0);
});

test.each([
  ['json', '"\\u0000AQI="', '["\\u0000AQI="]'],
  ['msgpack', 'c4020102', '91c4020102'],
  ['cbor', '420102', '81420102'],
] as const)(
  'a binary value of %s in the place of args is the only argument, in octets as in values',
  async (name, value, list) => {
    const { postmaster, url } = await setUp();
    const octetsOf = (text: string): Buffer => Buffer.from(text, name === 'json' ? 'utf8' : 'hex');
    const heard: unknown[] = [];
    postmaster.topic(topic).subscribe(({ args }) => heard.push(args));
    postmaster.topic(topic, { payload: 'octets' }).subscribe(({ args, kwargs }) => heard.push(args, kwargs));
    const peer = await joinWithOctets(url, name);
    await peer.ask('PUBLISH', [{ acknowledge: true, enc_algo: 'x' }, topic], octetsOf(value));
    expect(heard).toEqual([[Buffer.of(1, 2)], new EncodedValue(name, octetsOf(list)), undefined]);
  },
);
