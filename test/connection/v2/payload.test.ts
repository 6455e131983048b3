/** What becomes of payloads on their way through a router, over real WebSockets, octet by octet. */

import { concatMap, delay, filter, map, tap } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import type { SerializerName } from '../../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../../src/codec/serializers.ts';
import type { Interceptor, Postmaster, PostmasterOptions, Publication } from '../../../src/index.ts';
import type { Message } from '../../../src/wamp/message.ts';
import type { OctetsPeer, Received } from '../../support/octets-peer.ts';
import { argsOf, joinWithOctets } from '../../support/octets-peer.ts';
import { payloadValues } from '../../support/payload-values.ts';
import { createV2Router } from '../../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';

type Publisher = (args: Buffer) => Promise<Received>;
interface Peers {
  readonly postmaster: Postmaster;
  readonly url: string;
  readonly sender: OctetsPeer;
  readonly receiver: OctetsPeer;
}

/** What a router may have in the way of a publication, and none of which looks at its payload. */
const ways: Readonly<Record<string, { options?: Partial<PostmasterOptions>; isIntercepted?: boolean }>> = {
  untouched: {},
  'past a guard': { options: { messageToPublish: (_, publication) => publication.topic.startsWith(topic) } },
  'past a guard that takes its time': { options: { messageToPublish: async () => true } },
  'past an interceptor': { isIntercepted: true },
};

const setUp = async (
  to: SerializerName,
  from: SerializerName,
  way: keyof typeof ways = 'untouched',
  options: Partial<PostmasterOptions> = {},
) => {
  const { options: more, isIntercepted } = ways[way]!;
  const postmaster = createV2Router({}, { limits: { closeTimeout: 1 }, ...more, ...options });
  if (isIntercepted) postmaster.intercept(filter(({ audience }: Publication) => audience !== undefined));
  const { url } = await postmaster.listen({ port: 0 });
  const [sender, receiver] = [await joinWithOctets(url, from), await joinWithOctets(url, to)];
  return { postmaster, url, sender, receiver };
};

/** How a payload of one peer reaches another, for each kind of message. */
const routes: Readonly<Record<string, (peers: Peers) => Publisher | Promise<Publisher>>> = {
  event: async ({ sender, receiver }) => {
    await receiver.ask('SUBSCRIBE', [{}, topic]);
    return async (args) => {
      await sender.ask('PUBLISH', [{ acknowledge: true }, topic], args);
      return receiver.take('EVENT');
    };
  },
  'retained event': ({ sender, receiver }) => {
    let count = 0;
    return async (args) => {
      count += 1;
      const of = `${topic}.${count}`;
      await sender.ask('PUBLISH', [{ acknowledge: true, retain: true }, of], args);
      await receiver.ask('SUBSCRIBE', [{ get_retained: true }, of]);
      return receiver.take('EVENT');
    };
  },
  call: async ({ sender, receiver }) => {
    await receiver.ask('REGISTER', [{}, procedure]);
    return async (args) => {
      sender.request('CALL', [{}, procedure], args);
      const received = await receiver.take('INVOCATION');
      receiver.send([70, (received.message as { request: number }).request, {}]);
      await sender.take('RESULT');
      return received;
    };
  },
  ...answering('result', (peer, request, args) => peer.send([70, request, {}], args)),
  ...answering('error', (peer, request, args) => peer.send([8, 68, request, {}, 'com.error'], args)),
  ...answering('progressive result', (peer, request, args) => peer.send([70, request, { progress: true }], args)),
};

function answering(
  name: string,
  answer: (peer: OctetsPeer, request: number, args: Buffer) => void,
): Readonly<Record<string, (peers: Peers) => Promise<Publisher>>> {
  return {
    [name]: async ({ sender, receiver }) => {
      await sender.ask('REGISTER', [{}, procedure]);
      return async (args) => {
        receiver.request('CALL', [{ receive_progress: true }, procedure]);
        const { message } = await sender.take('INVOCATION');
        answer(sender, (message as { request: number }).request, args);
        return receiver.take('RESULT', 'ERROR');
      };
    },
  };
}

const tail = (name: SerializerName): string => (name === 'json' ? ']' : '');
const endsWith = (data: Buffer, octets: Buffer, name: SerializerName): boolean =>
  data.subarray(-octets.length - tail(name).length).equals(Buffer.concat([octets, Buffer.from(tail(name))]));

const same = serializerNames.flatMap((name) =>
  Object.keys(routes).flatMap((route) =>
    Object.keys(ways)
      .filter((way) => way === 'untouched' || route.includes('event'))
      .map((way) => [name, route, way] as const),
  ),
);

describe('a payload to a peer of the same serializer', () => {
  test.each(same)('in %s as %s, %s, arrives octet by octet', async (name, route, way) => {
    const peers = await setUp(name, name, way);
    const send = await routes[route]!(peers);
    for (const value of payloadValues.filter(({ from }) => from === name)) {
      const args = argsOf(value.octets, name);
      const { data } = await send(args);
      expect([value.name, endsWith(data, args, name), data.toString('hex')]).toEqual([
        value.name,
        true,
        data.toString('hex'),
      ]);
    }
  });
});

const pairs = serializerNames.flatMap((from) =>
  serializerNames
    .filter((to) => to !== from)
    .flatMap((to) => Object.keys(routes).map((route) => [from, to, route] as const)),
);

describe('a payload to a peer of another serializer', () => {
  test.each(pairs)('from %s to %s as %s arrives translated', async (from, to, route) => {
    const peers = await setUp(to, from);
    const send = await routes[route]!(peers);
    for (const value of payloadValues.filter((each) => each.from === from)) {
      const expected = value.becomes[to]!;
      if ('cannotHold' in expected) continue;
      const args = argsOf(expected, to);
      const { data } = await send(argsOf(value.octets, from));
      expect([value.name, data.toString('hex'), endsWith(data, args, to)]).toEqual([
        value.name,
        data.toString('hex'),
        true,
      ]);
    }
  });
});

const octetsFrom = (name: SerializerName, text: string): Buffer => Buffer.from(text, name === 'json' ? 'utf8' : 'hex');

/** What a subscriber gets of a payload, as the end of its EVENT. */
const heardOf = async (peers: Peers, payload: Buffer, count: 1 | 2 = 1): Promise<Buffer> => {
  peers.sender.send([16, 1, { exclude_me: false }, topic], payload, count);
  return (await peers.receiver.take('EVENT')).data;
};

describe('the end of a payload', () => {
  test.each<[SerializerName, string, 1 | 2, string]>([
    ['json', '[1.0],{}', 2, '{},[1.0]]'],
    ['json', '[1.0] , null', 2, '{},[1.0] ]'],
    ['json', 'null,{"a":1.0}', 2, '{},[],{"a":1.0}]'],
    ['json', 'null,null', 2, '{}]'],
    ['json', '[]', 1, '{}]'],
    ['json', '[],{}', 2, '{}]'],
    ['json', '[] , {"a":1.0} ', 2, '{},[] , {"a":1.0} ]'],
    ['msgpack', '91cb3ff000000000000080', 2, '8091cb3ff0000000000000'],
    ['msgpack', '91cb3ff0000000000000c0', 2, '8091cb3ff0000000000000'],
    ['msgpack', 'c081a161cb3ff0000000000000', 2, '809081a161cb3ff0000000000000'],
    ['msgpack', 'c0', 1, '80'],
    ['cbor', '81f93c00a0', 2, 'a081f93c00'],
    ['cbor', '81f93c00f7', 2, 'a081f93c00'],
    ['cbor', '9ff93c00ffbfff', 2, 'a09ff93c00ff'],
    ['cbor', 'f6a16161f93c00', 2, 'a080a16161f93c00'],
    ['cbor', '9fff', 1, 'a0'],
  ])('in %s: %s, of %d elements, arrives as %s', async (name, given, count, expected) => {
    const peers = await setUp(name, name);
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    const data = await heardOf(peers, octetsFrom(name, given), count);
    expect(data.toString(name === 'json' ? 'utf8' : 'hex').endsWith(expected), data.toString()).toBe(true);
  });

  test.each([
    ['is short', 'com.topic.é€😀'],
    ['is long', `com.topic.${'é€😀'.repeat(20)}`],
  ])('is behind an envelope that is no ASCII and %s', async (_, of) => {
    const peers = await setUp('json', 'json');
    await peers.receiver.ask('SUBSCRIBE', [{ match: 'prefix' }, topic]);
    peers.sender.send([16, 1, {}, of], Buffer.from('[1.0]'));
    const { data } = await peers.receiver.take('EVENT');
    expect(data.toString()).toMatch(new RegExp(`\\{"topic":"${of}"\\},\\[1\\.0\\]\\]$`));
  });

  test.each<[SerializerName, string]>([
    ['json', ' \t[\r\n16 , 1\n, { "a\\\\\\"" : "]],[,\\"" , "b":[ "]" , {"c":"}," } ] } ,"com.topic" ,'],
    ['json', '[16,1,{"":[[],{},"\\u005d\\\\"]},"com.t\\u006fpic",'],
    ['json', '[1.6e1,1,{"a":-0.5e-1,"b":null},"com.topic",'],
    // Lists and options without a length, and heads that are longer than they need be.
    ['cbor', '9f1001bf6161616261649f9fffffff69636f6d2e746f706963'],
    ['cbor', 'd9d9f7851900101b0000000000000001a069636f6d2e746f706963'],
    ['cbor', '85f94c0001b900016161419069636f6d2e746f706963'],
    ['msgpack', 'dc0005cd0010cf0000000000000001df00000001a161c40191d909636f6d2e746f706963'],
    ['msgpack', 'dd0000000510d00181a161c40190a9636f6d2e746f706963'],
  ])('is found behind any envelope: in %s, %s', async (name, head) => {
    const peers = await setUp(name, name);
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    const payload = octetsFrom(
      name,
      { json: '[ "],[",1.0 ] ', msgpack: '92c40191ca3f800000', cbor: '9f4190f93c00ff' }[name],
    );
    const end = head.startsWith('9f') ? 'ff' : name === 'json' ? '] ' : '';
    peers.sender.sendRaw(Buffer.concat([octetsFrom(name, head), payload, octetsFrom(name, end)]));
    const { data } = await peers.receiver.take('EVENT');
    expect([endsWith(data, payload, name), data.toString(name === 'json' ? 'utf8' : 'hex')]).toEqual([
      true,
      expect.anything(),
    ]);
  });

  test.each<[SerializerName, string]>([
    ['json', '[16,1,{},"com.topic",[1],{"a":1},[2]]'],
    ['json', '[16,1,{},"com.topic",[1],{"a":1}]]'],
    ['json', '[16,1,{},"com.topic",[1],{"a":1}],[2]'],
    ['json', '[16,1,{},"com.topic",[1],[2]]'],
    ['json', '[16,1,{},"com.topic",[1],]'],
    ['json', '\ufeff[16,1,{},"com.topic",[1]]'],
    ['msgpack', '951001a0a9636f6d2e746f7069639101'],
    ['msgpack', '96100180a9636f6d2e746f706963910181a1610100'],
    ['msgpack', '95100180a9636f6d2e746f706963910100'],
    ['msgpack', '96100180a9636f6d2e746f7069639101'],
    ['msgpack', '95100180a9636f6d2e746f7069639201'],
    ['msgpack', '95100180a9636f6d2e746f706963dd0000000201'],
    ['msgpack', '95100180a9636f6d2e746f70696391c6ffffffff'],
    ['msgpack', '96100180a9636f6d2e746f70696391019102'],
    ['cbor', '861001a069636f6d2e746f70696381018102'],
    ['cbor', '851001a069636f6d2e746f706963810100'],
    ['cbor', '861001a069636f6d2e746f7069638101'],
    ['cbor', '9f1001a069636f6d2e746f7069638101'],
    ['cbor', '9f1001a069636f6d2e746f7069638101ffff'],
    ['cbor', '851001a069636f6d2e746f7069639f01'],
    ['cbor', '851001a069636f6d2e746f706963819b7fffffffffffffff'],
    ['cbor', '851001a069636f6d2e746f706963c18101'],
    ['cbor', '871001a069636f6d2e746f7069638101a1616101a1616102'],
  ])('that is none ends the session of its sender, and nobody hears it: in %s, %s', async (name, message) => {
    const peers = await setUp(name, name);
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    peers.sender.sendRaw(octetsFrom(name, message));
    await peers.sender.take('ABORT');
    await peers.receiver.ask('SUBSCRIBE', [{}, `${topic}.other`]);
    expect(peers.receiver.has('EVENT')).toBe(false);
  });

  test('is where the list ends: the break of a list without a length is no part of it', async () => {
    const peers = await setUp('cbor', 'cbor');
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    const head = Buffer.from('9f1001a069636f6d2e746f706963', 'hex');
    peers.sender.sendRaw(Buffer.concat([head, octetsFrom('cbor', '81f93c00a16161f93c00ff')]));
    const { data } = await peers.receiver.take('EVENT');
    expect(data.toString('hex').endsWith('a081f93c00a16161f93c00')).toBe(true);
    expect(data[0]).toBe(0x86);
  });
});

const twice = octetsFrom('json', '[{"a":1.0,"a":2.0}]');

describe('what a program has looked at', () => {
  const look = ({ args }: Publication): boolean => args.length > 0;

  test('in messageToPublish goes on as it was seen', async () => {
    const peers = await setUp('json', 'json', 'untouched', { messageToPublish: (_, publication) => look(publication) });
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    expect((await heardOf(peers, twice)).toString()).toMatch(/\{\},\[\{"a":2\}\]\]$/);
  });

  test.each<[string, Interceptor]>([
    ['looks and passes on', filter(look)],
    ['emits a copy', map((publication) => ({ ...publication }))],
    ['looks at it later', concatMap(async (publication) => (look(publication) ? publication : publication))],
  ])('in an interceptor that %s goes on as it was seen', async (_, interceptor) => {
    const peers = await setUp('json', 'json');
    peers.postmaster.intercept(interceptor);
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    expect((await heardOf(peers, twice)).toString()).toMatch(/\{\},\[\{"a":2\}\]\]$/);
  });

  test('as a subscriber changes nothing for others, whichever subscribed first', async () => {
    const peers = await setUp('json', 'json');
    const seen: unknown[] = [];
    const handler = ({ args }: Publication): void => {
      seen.push(args);
      (args[0] as { a: number }).a = 3;
    };
    await peers.postmaster.session().subscribe(topic, handler);
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    const late = await joinWithOctets(peers.url, 'msgpack');
    await late.ask('SUBSCRIBE', [{}, topic]);
    expect((await heardOf(peers, twice)).toString()).toMatch(/\{\},\[\{"a":1\.0,"a":2\.0\}\]\]$/);
    const { data } = await late.take('EVENT');
    expect(data.toString('hex').endsWith('9182a161cb3ff0000000000000a161cb4000000000000000')).toBe(true);
    expect(seen).toHaveLength(1);
  });

  test('later, by an interceptor that has let it pass, changes nothing', async () => {
    const peers = await setUp('json', 'json');
    const passed: Publication[] = [];
    peers.postmaster.intercept(tap((publication) => void passed.push(publication)));
    peers.postmaster.intercept(delay(1));
    await peers.receiver.ask('SUBSCRIBE', [{}, topic]);
    expect((await heardOf(peers, twice)).toString()).toMatch(/\{\},\[\{"a":1\.0,"a":2\.0\}\]\]$/);
    expect(passed[0]?.args).toEqual([{ a: 2 }]);
    expect({ ...passed[0] }).toMatchObject({ topic, args: [{ a: 2 }], kwargs: undefined });
  });
});

describe('a payload that a serializer cannot hold', () => {
  test('is dropped for its peers and counted, in one line per second, and others get it', async () => {
    const warn = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn, error: warn };
    const peers = await setUp('json', 'cbor', 'untouched', { logger });
    const other = await joinWithOctets(peers.url, 'cbor');
    for (const peer of [peers.receiver, other]) await peer.ask('SUBSCRIBE', [{}, topic]);
    const notANumber = octetsFrom('cbor', '81f97e00');
    for (let at = 0; at < 20; at += 1) {
      await peers.sender.ask('PUBLISH', [{ acknowledge: true }, topic], notANumber);
      expect(endsWith((await other.take('EVENT')).data, notANumber, 'cbor')).toBe(true);
    }
    await peers.receiver.ask('SUBSCRIBE', [{}, `${topic}.other`]);
    expect(peers.receiver.has('EVENT')).toBe(false);
    const lines = warn.mock.calls.filter(([facts]) => (facts as { cause: string }).cause === 'encode_failed');
    expect(lines).toEqual([
      [{ cause: 'encode_failed', reason: 'json cannot hold NaN', topic, serializer: 'json' }, expect.any(String)],
    ]);
    expect(peers.postmaster.stats().counters.encode_failed).toBe(40);
  });

  test('in a call is answered with invalid_argument, and both sessions live', async () => {
    const peers = await setUp('json', 'cbor');
    await peers.receiver.ask('REGISTER', [{}, procedure]);
    const { message } = await peers.sender.ask('CALL', [{}, procedure], octetsFrom('cbor', '81f97e00'));
    expect(message).toMatchObject({ type: 'ERROR', error: 'wamp.error.invalid_argument' });
    expect((message as Message<'ERROR'>).payload.args).toEqual(['json cannot hold NaN']);
    expect((await peers.receiver.ask('SUBSCRIBE', [{}, topic])).message.type).toBe('SUBSCRIBED');
  });

  test('of a program neither: a procedure is not called, and its caller hears invalid_argument', async () => {
    const peers = await setUp('json', 'cbor');
    const called = vi.fn();
    peers.postmaster.registerUnauthRPC('com.local', called);
    // A key of the keyword arguments is an integer.
    peers.sender.send([48, peers.sender.next(), {}, 'com.local'], octetsFrom('cbor', '80a10102'), 2);
    const { message } = await peers.sender.take('RESULT', 'ERROR');
    expect(message).toMatchObject({ type: 'ERROR', error: 'wamp.error.invalid_argument' });
    expect(called).not.toHaveBeenCalled();
  });
});

/** Whether a program can have it. */
const isValue = (octets: Buffer, name: SerializerName): boolean => {
  try {
    serializers[name].readPayload({ octets, count: 1, reader: serializers[name] });
    return true;
  } catch {
    return false;
  }
};

describe('a payload that is kept', () => {
  test.each(serializerNames)('as testaments in %s arrives octet by octet', async (name) => {
    const { url, receiver, sender } = await setUp(name, name);
    await receiver.ask('SUBSCRIBE', [{ match: 'prefix' }, topic]);
    const values = payloadValues.filter(({ from, octets }) => from === name && isValue(octets, name)).slice(0, 100);
    for (const { octets } of values) {
      const list = serializers[name].encodeHead([topic], 1);
      const args = Buffer.concat([Buffer.from(list as Uint8Array), argsOf(octets, name), Buffer.from(tail(name))]);
      const { message } = await sender.ask('CALL', [{}, 'wamp.session.add_testament'], args);
      expect(message.type).toBe('RESULT');
    }
    sender.send([6, {}, 'wamp.close.normal']);
    for (const { octets, name: kind } of values) {
      const { data } = await receiver.take('EVENT');
      expect([kind, endsWith(data, argsOf(octets, name), name)]).toEqual([kind, true]);
    }
    expect(url).toBeTruthy();
  });

  test.each(serializerNames)('in a history in %s arrives octet by octet', async (name) => {
    const history = [{ uri: topic, limit: 1_000 }];
    const postmaster = createV2Router({ history }, { limits: { closeTimeout: 1 } });
    const { url } = await postmaster.listen({ port: 0 });
    const [sender, receiver] = [await joinWithOctets(url, name), await joinWithOctets(url, name)];
    const { message } = await receiver.ask('SUBSCRIBE', [{}, topic]);
    const { subscription } = message as Message<'SUBSCRIBED'>;
    for (const { octets, name: kind, from } of payloadValues) {
      if (from !== name) continue;
      const args = argsOf(octets, name);
      await sender.ask('PUBLISH', [{ acknowledge: true }, topic], args);
      await receiver.take('EVENT');
      const query = serializers[name].encode([[subscription, 1], { reverse: true }]);
      const elements = Buffer.from(query as Uint8Array).subarray(1, name === 'json' ? -1 : undefined);
      receiver.send([48, receiver.next(), {}, 'wamp.subscription.get_events'], elements, 2);
      const { data } = await receiver.take('RESULT', 'ERROR');
      const entry = Buffer.concat([keyOf('args', name), args, Buffer.from(name === 'json' ? '}]]' : '')]);
      expect([kind, endsWith(data, entry, name === 'json' ? 'msgpack' : name), data.toString()]).toEqual([
        kind,
        true,
        data.toString(),
      ]);
    }
  });

  test.each(serializerNames)('in a history in %s has its kwargs, and no args if it had none', async (name) => {
    const postmaster = createV2Router({ history: [{ uri: topic, limit: 1 }] });
    const { url } = await postmaster.listen({ port: 0 });
    const peer = await joinWithOctets(url, name);
    const { message } = await peer.ask('SUBSCRIBE', [{}, topic]);
    const { subscription } = message as Message<'SUBSCRIBED'>;
    const [args, none, between, kwargs, end] = halves[name].map((text) => octetsFrom(name, text)) as Buffer[];
    for (const given of [args!, none!]) {
      peer.send([16, peer.next(), { acknowledge: true }, topic], Buffer.concat([given, between!, kwargs!]), 2);
      await peer.take('PUBLISHED');
      const { data } = await peer.ask(
        'CALL',
        [{}, 'wamp.subscription.get_events'],
        argsOf(octetsOfNumber(subscription, name), name),
      );
      const first = given === args ? [keyOf('args', name), args, between!] : [];
      const entry = Buffer.concat([...first, keyOf('kwargs', name), kwargs!, end!]);
      expect([data.toString(), data.subarray(-entry.length).equals(entry)]).toEqual([data.toString(), true]);
      expect(data.includes(keyOf('args', name))).toBe(given === args);
    }
  });
});

/** A number, in octets. */
const octetsOfNumber = (value: number, name: SerializerName): Buffer =>
  Buffer.from(serializers[name].encode([value]) as Uint8Array).subarray(1, name === 'json' ? -1 : undefined);

/** Args, args that are none, what stands between them and kwargs, kwargs, and what stands behind them in a history. */
const halves: Readonly<Record<SerializerName, readonly string[]>> = {
  json: ['[1.0]', '[]', ',', '{"a":1.0}', '}]]'],
  msgpack: ['91cb3ff0000000000000', '90', '', '81a161cb3ff0000000000000', ''],
  cbor: ['81f93c00', '80', '', 'a16161f93c00', ''],
};

/** A key and what stands between it and its value. */
const keyOf = (key: string, name: SerializerName): Buffer => {
  if (name === 'json') return Buffer.from(`"${key}":`);
  return Buffer.from(serializers[name].encode([key]) as Uint8Array).subarray(1);
};
