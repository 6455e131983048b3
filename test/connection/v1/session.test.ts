import { describe, expect, test, vi } from 'vitest';
import type { PostmasterOptions } from '../../../src/index.ts';
import { Postmaster, WampError } from '../../../src/index.ts';
import { everything, expectNothingLeft } from '../../support/router.ts';
import type { V1Client } from '../../support/v1-client.ts';
import { CallError, connectV1InMemory } from '../../support/v1-client.ts';

const topic = 'http://example.com/topic';

const open = (options: Partial<PostmasterOptions> = {}): Postmaster =>
  new Postmaster({
    realms: [{ name: 'realm1', anonymous: everything }],
    ...options,
    v1: { open: true, ...options.v1 },
  });

const errorOf = async (answer: Promise<unknown>): Promise<CallError> => {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  return error as CallError;
};

const barriers = async (...clients: readonly V1Client[]): Promise<void> => {
  for (const client of clients) await client.barrier();
};

describe('WELCOME', () => {
  test('is the first message, once, with a session id of 16 characters, version 1 and the server', async () => {
    const client = await connectV1InMemory(open());
    await client.barrier();
    expect(client.received[0]).toEqual([
      0,
      expect.stringMatching(/^[A-Za-z0-9_-]{16}$/),
      1,
      expect.stringMatching(/^Postmaster\/\d/),
    ]);
    expect(client.received.filter(([code]) => code === 0)).toHaveLength(1);
  });

  test('carries another session id on every connection', async () => {
    const postmaster = open();
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await connectV1InMemory(postmaster)).sessionId),
    );
    expect(new Set(ids).size).toBe(50);
  });
});

describe('PREFIX', () => {
  test('shortens the URIs of CALL, SUBSCRIBE, UNSUBSCRIBE and PUBLISH, never those of events', async () => {
    const postmaster = open();
    postmaster.registerRPC('http://example.com/add', ({ args }) => (args[0] as number) + (args[1] as number));
    const client = await connectV1InMemory(postmaster);
    client.prefix('ex', 'http://example.com/');
    expect(await client.call('ex:add', 1, 2)).toBe(3);
    client.subscribe('ex:topic');
    client.publish('ex:topic', 'one');
    client.publish(topic, 'two');
    await client.barrier();
    expect(client.events).toEqual([
      [topic, 'one'],
      [topic, 'two'],
    ]);
    client.unsubscribe('ex:topic');
    client.publish('ex:topic', 'three');
    await client.barrier();
    expect(client.events).toHaveLength(2);
  });

  test('belongs to one connection', async () => {
    const postmaster = open();
    const [a, b] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
    a.prefix('ex', 'http://example.com/');
    b.subscribe('ex:topic');
    a.publish('ex:topic', 1);
    b.publish('ex:topic', 2);
    await barriers(a, b);
    expect(b.events).toEqual([['ex:topic', 2]]);
  });

  test('that is not defined leaves the text a URI; a defined one is cut at the first colon, once', async () => {
    const client = await connectV1InMemory(open());
    client.prefix('a', 'b:');
    client.prefix('b', 'c:');
    client.prefix('http', 'urn:shadow');
    client.prefix('', 'urn:empty:');
    for (const uri of ['unknown:x', 'a:x:y', 'http://example.com', ':x', 'a']) client.subscribe(uri);
    for (const uri of ['unknown:x', 'a:x:y', 'http://example.com', ':x', 'a']) client.publish(uri, uri);
    await client.barrier();
    expect(client.events.map(([uri]) => uri)).toEqual([
      'unknown:x',
      'b:x:y',
      'urn:shadow//example.com',
      'urn:empty:x',
      'a',
    ]);
  });

  test('may be defined anew for what follows; subscriptions stay where they are', async () => {
    const client = await connectV1InMemory(open());
    client.prefix('ex', 'http://one/');
    client.subscribe('ex:t');
    client.prefix('ex', 'http://two/');
    client.publish('ex:t', 'two');
    client.publish('http://one/t', 'one');
    await client.barrier();
    expect(client.events).toEqual([['http://one/t', 'one']]);
  });

  test('may be called like a property of every object', async () => {
    const client = await connectV1InMemory(open());
    client.subscribe('constructor:x');
    client.prefix('__proto__', 'urn:p:');
    client.subscribe('__proto__:x');
    client.publish('constructor:x', 1);
    client.publish('urn:p:x', 2);
    await client.barrier();
    expect(client.events).toEqual([
      ['constructor:x', 1],
      ['urn:p:x', 2],
    ]);
  });

  test('is limited in number, and its URIs in length', async () => {
    const postmaster = open({ limits: { maxPrefixes: 2 } });
    const client = await connectV1InMemory(postmaster);
    for (const name of ['a', 'b', 'c']) client.prefix(name, 'urn:x:');
    client.prefix('a', `urn:${'x'.repeat(500)}:`);
    expect((await errorOf(client.call(`a:${'y'.repeat(100)}`))).uri).toBe('http://api.wamp.ws/error#invalid-argument');
    client.subscribe('c:t');
    client.publish('c:t', 1);
    await client.barrier();
    expect(client.events).toEqual([['c:t', 1]]);
    expect(postmaster.stats().counters.bad_message).toBe(2);
  });
});

describe('CALL', () => {
  const setUp = async (options: Partial<PostmasterOptions> = {}) => {
    const postmaster = open(options);
    const client = await connectV1InMemory(postmaster);
    return { postmaster, client };
  };

  test('is answered with the result, null where there is none', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:nothing', () => undefined);
    postmaster.registerRPC('urn:null', () => null);
    postmaster.registerRPC('urn:args', async ({ args }) => args);
    await client.callAs('0.x-1', 'urn:nothing');
    expect(client.received.at(-1)).toEqual([3, '0.x-1', null]);
    await client.callAs('constructor', 'urn:null');
    expect(client.received.at(-1)).toEqual([3, 'constructor', null]);
    expect(await client.call('urn:args', 1, null, { a: [2] })).toEqual([1, null, { a: [2] }]);
  });

  test('runs beside others and is answered in the order of completion', async () => {
    const { postmaster, client } = await setUp();
    const release: ((value: unknown) => void)[] = [];
    postmaster.registerRPC('urn:wait', () => new Promise((resolve) => release.push(resolve)));
    const [first, second] = [client.callAs('a', 'urn:wait'), client.callAs('b', 'urn:wait')];
    release[1]?.('second');
    await second;
    release[0]?.('first');
    await first;
    expect(client.received.slice(-2)).toEqual([
      [3, 'b', 'second'],
      [3, 'a', 'first'],
    ]);
  });

  test('of an unknown procedure is answered NoSuchRPCEndpoint, with four elements', async () => {
    const { client } = await setUp();
    const error = await errorOf(client.call('urn:none'));
    expect(error).toMatchObject({ uri: 'http://api.wamp.ws/error#NoSuchRPCEndpoint', arity: 4 });
  });

  test('of a procedure that throws a WampError is answered with its URI, description and details', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:fail', () => {
      throw new WampError('urn:my-error', { description: 'no way', details: { a: 1 } });
    });
    postmaster.registerRPC('urn:bare', async () => {
      throw new WampError('urn:my-error');
    });
    postmaster.registerRPC('urn:v2', () => {
      throw new WampError('wamp.error.no_such_procedure', { args: ['gone'] });
    });
    postmaster.registerRPC('urn:both', () => {
      throw new WampError('urn:my-error', { description: 'no way', args: ['gone'] });
    });
    expect(await errorOf(client.call('urn:fail'))).toMatchObject({
      uri: 'urn:my-error',
      description: 'no way',
      details: { a: 1 },
    });
    expect(await errorOf(client.call('urn:both'))).toMatchObject({ description: 'no way', details: 'gone' });
    expect(await errorOf(client.call('urn:bare'))).toMatchObject({ uri: 'urn:my-error', description: '', arity: 4 });
    expect(await errorOf(client.call('urn:v2'))).toMatchObject({
      uri: 'wamp.error.no_such_procedure',
      description: 'gone',
      arity: 4,
    });
  });

  test('of a procedure that throws anything else is answered generic, without its text', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:sync', () => {
      throw new Error('password is hunter2');
    });
    postmaster.registerRPC('urn:async', async () => {
      throw 'hunter2';
    });
    for (const uri of ['urn:sync', 'urn:async']) {
      const error = await errorOf(client.call(uri));
      expect(error.uri).toBe('http://api.wamp.ws/error#generic');
      expect(JSON.stringify(client.received)).not.toContain('hunter2');
    }
    expect(postmaster.stats().counters.call_failed).toBe(2);
  });

  test.each([
    [
      'a circle',
      () =>
        Object.assign(
          {},
          {
            toJSON: () => {
              throw new Error('no');
            },
          },
        ),
    ],
    [
      'a cycle',
      () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      },
    ],
  ])('whose result JSON cannot hold is answered internal: %s', async (_, result) => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:odd', result);
    expect((await errorOf(client.call('urn:odd'))).uri).toBe('http://api.wamp.ws/error#internal');
  });

  test('whose error details JSON cannot hold is answered internal', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:odd', () => {
      throw new WampError('urn:my-error', { details: 1n });
    });
    expect((await errorOf(client.call('urn:odd'))).uri).toBe('http://api.wamp.ws/error#internal');
  });

  test('under a callID that is still open is answered twice', async () => {
    const { postmaster, client } = await setUp();
    const release: ((value: unknown) => void)[] = [];
    postmaster.registerRPC('urn:wait', () => new Promise((resolve) => release.push(resolve)));
    client.send([2, 'same', 'urn:wait']);
    client.send([2, 'same', 'urn:wait']);
    for (const [at, resolve] of release.entries()) resolve(at);
    await client.barrier();
    expect(client.received.filter(([, id]) => id === 'same')).toEqual([
      [3, 'same', 0],
      [3, 'same', 1],
    ]);
  });

  // Any string is a callID (specification v1, "CALL"): the empty one too.
  test('under the empty callID is answered, with a result or an error', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:echo', ({ args }) => args[0]);
    expect(await client.callAs('', 'urn:echo', 'yes')).toBe('yes');
    expect((await errorOf(client.callAs('', 'urn:none'))).uri).toBe('http://api.wamp.ws/error#NoSuchRPCEndpoint');
    expect((await errorOf(client.callAs('', ''))).uri).toBe('http://api.wamp.ws/error#invalid-argument');
    expect(postmaster.stats().counters.bad_message).toBe(1);
  });

  test('without a usable URI is answered invalid-argument', async () => {
    const { client } = await setUp();
    for (const message of ['[2,"x"]', '[2,"x",7]', '[2,"x",""]', `[2,"x",${JSON.stringify('u'.repeat(513))}]`])
      client.send(message);
    await client.barrier();
    const answers = client.received.filter(([, id]) => id === 'x');
    expect(answers).toHaveLength(4);
    for (const answer of answers)
      expect(answer.slice(0, 3)).toEqual([4, 'x', 'http://api.wamp.ws/error#invalid-argument']);
  });

  test('that nobody answers ends at the call timeout, and its signal aborts', async () => {
    const { postmaster, client } = await setUp({ limits: { callTimeout: 20 } });
    let signal: AbortSignal | undefined;
    postmaster.registerRPC('urn:never', (call) => {
      signal = call.signal;
      return new Promise(() => {});
    });
    expect((await errorOf(client.call('urn:never'))).uri).toBe('wamp.error.timeout');
    expect(signal?.aborted).toBe(true);
    expect(postmaster.stats()).toMatchObject({ pendingCalls: 0, timers: 0 });
  });

  test('is abandoned when its caller leaves: the signal aborts, the late result is swallowed', async () => {
    const { postmaster, client } = await setUp();
    let signal: AbortSignal | undefined;
    let finish: (value: unknown) => void = () => {};
    postmaster.registerRPC('urn:wait', (call) => {
      signal = call.signal;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const answer = client.call('urn:wait').catch(() => 'rejected');
    expect(postmaster.stats().pendingCalls).toBe(1);
    await client.close();
    expect(await answer).toBe('rejected');
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
    finish('late');
    await expectNothingLeft(postmaster);
  });

  test('is refused when too many of the session are pending; the others are still answered', async () => {
    const { postmaster, client } = await setUp({ limits: { maxPendingCalls: 2 } });
    const release: ((value: unknown) => void)[] = [];
    postmaster.registerRPC('urn:wait', () => new Promise((resolve) => release.push(resolve)));
    const pending = [client.call('urn:wait'), client.call('urn:wait')];
    expect((await errorOf(client.call('urn:wait'))).uri).toBe('wamp.error.unavailable');
    for (const resolve of release) resolve('done');
    expect(await Promise.all(pending)).toEqual(['done', 'done']);
    expect(postmaster.stats().pendingCalls).toBe(0);
  });

  test('shows the procedure who calls', async () => {
    const { postmaster, client } = await setUp();
    postmaster.registerRPC('urn:who', ({ connection, session, procedure }) => ({
      procedure,
      protocol: connection.protocol,
      state: connection.state,
      authrole: session.authrole,
    }));
    expect(await client.call('urn:who')).toEqual({
      procedure: 'urn:who',
      protocol: 'wamp.1',
      state: 'authenticated',
      authrole: 'anonymous',
    });
  });

  test('is answered after the procedure was unregistered, if it was under way', async () => {
    const { postmaster, client } = await setUp();
    let finish: (value: unknown) => void = () => {};
    postmaster.registerRPC(
      'urn:wait',
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const answer = client.call('urn:wait');
    expect(postmaster.unregisterRPC('urn:wait')).toBe(true);
    expect((await errorOf(client.call('urn:wait'))).uri).toContain('NoSuchRPCEndpoint');
    finish('done');
    expect(await answer).toBe('done');
  });
});

describe('SUBSCRIBE and PUBLISH', () => {
  test('deliver in the order of publishing, in force from the next message on', async () => {
    const client = await connectV1InMemory(open());
    client.publish(topic, 'before');
    client.subscribe(topic);
    for (let at = 0; at < 100; at += 1) client.publish(topic, at);
    await client.barrier();
    expect(client.events.map(([, event]) => event)).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  test('twice to one topic is one subscription, ended by one UNSUBSCRIBE', async () => {
    const postmaster = open();
    const client = await connectV1InMemory(postmaster);
    client.subscribe(topic);
    client.subscribe(topic);
    client.publish(topic, 1);
    await client.barrier();
    expect(client.events).toHaveLength(1);
    client.unsubscribe(topic);
    client.publish(topic, 2);
    await client.barrier();
    expect(client.events).toHaveLength(1);
    expect(postmaster.stats()).toMatchObject({ topics: 0, subscriptions: 0 });
  });

  test('carry any value, null included', async () => {
    const client = await connectV1InMemory(open());
    client.subscribe(topic);
    const values = [null, true, 0, -1.5e300, '', 'ä€😀\u0000', [], {}, { a: [{ b: null }] }, [[[]]]];
    for (const value of values) client.publish(topic, value);
    client.send(`[7,"${topic}",{"__proto__":{"x":1},"constructor":2}]`);
    await client.barrier();
    expect(client.events.slice(0, -1).map(([, event]) => event)).toEqual(values);
    expect(
      client.received.some((message) => JSON.stringify(message).includes('{"__proto__":{"x":1},"constructor":2}')),
    ).toBe(true);
  });

  describe('choose who hears', () => {
    const setUp = async (v1: PostmasterOptions['v1'] = {}) => {
      const postmaster = open({ v1 });
      const [p, a, b] = [
        await connectV1InMemory(postmaster),
        await connectV1InMemory(postmaster),
        await connectV1InMemory(postmaster),
      ];
      for (const client of [p, a, b]) client.subscribe(topic);
      await barriers(p, a, b);
      const heardBy = async (...options: unknown[]): Promise<string> => {
        for (const client of [p, a, b]) client.events.length = 0;
        p.publish(topic, 'x', ...options);
        await barriers(p, a, b);
        return [p, a, b].map((client, at) => (client.events.length > 0 ? 'pab'[at] : '')).join('');
      };
      return { p, a, b, heardBy };
    };

    test('by default everybody, the publisher included', async () => {
      const { heardBy } = await setUp();
      expect(await heardBy()).toBe('pab');
      expect(await heardBy(null)).toBe('pab');
      expect(await heardBy(false)).toBe('pab');
      expect(await heardBy(true)).toBe('ab');
      expect(await heardBy(null, null)).toBe('pab');
      expect(await heardBy(true, null)).toBe('ab');
    });

    test('by a list of the excluded, which leaves the publisher in', async () => {
      const { heardBy, p, a, b } = await setUp();
      expect(await heardBy([])).toBe('pab');
      expect(await heardBy([a.sessionId])).toBe('pb');
      expect(await heardBy([p.sessionId, b.sessionId])).toBe('a');
      expect(await heardBy(['unknown', 'A'.repeat(16)])).toBe('pab');
    });

    test('by a list of the eligible, which exclusion overrules', async () => {
      const { heardBy, p, a, b } = await setUp();
      expect(await heardBy([], [])).toBe('');
      expect(await heardBy(null, [])).toBe('');
      expect(await heardBy(null, [a.sessionId, 'unknown'])).toBe('a');
      expect(await heardBy([a.sessionId], [a.sessionId, b.sessionId])).toBe('b');
      expect(await heardBy(true, [p.sessionId, a.sessionId])).toBe('a');
      expect(await heardBy(false, [p.sessionId, a.sessionId])).toBe('pa');
    });

    test('with the reference server’s default when asked to', async () => {
      const { heardBy, p } = await setUp({ excludePublisherByDefault: true });
      expect(await heardBy()).toBe('ab');
      expect(await heardBy(null)).toBe('ab');
      expect(await heardBy(false)).toBe('pab');
      expect(await heardBy([])).toBe('pab');
      expect(await heardBy(null, [p.sessionId])).toBe('');
    });
  });

  test('stop at the limit of subscriptions; those that are there work on', async () => {
    const postmaster = open({ limits: { maxSubscriptions: 2 } });
    const client = await connectV1InMemory(postmaster);
    for (const uri of ['urn:a', 'urn:b', 'urn:c', 'urn:a']) client.subscribe(uri);
    for (const uri of ['urn:a', 'urn:b', 'urn:c']) client.publish(uri, uri);
    await client.barrier();
    expect(client.events.map(([uri]) => uri)).toEqual(['urn:a', 'urn:b']);
    expect(postmaster.stats().counters.limit_reached).toBe(1);
  });

  test('leave nothing behind when the peer leaves', async () => {
    const postmaster = open();
    const client = await connectV1InMemory(postmaster);
    for (let at = 0; at < 100; at += 1) client.subscribe(`urn:${at}`);
    await client.barrier();
    expect(postmaster.stats()).toMatchObject({ topics: 100, subscriptions: 100, sessions: 1 });
    await client.close();
    await expectNothingLeft(postmaster);
  });

  test('keep clients out of what is reserved', async () => {
    const postmaster = open();
    const client = await connectV1InMemory(postmaster);
    client.subscribe('wamp.session.on_join');
    client.publish('wamp.session.on_join', 'forged');
    await client.barrier();
    expect(client.events).toEqual([]);
  });
});

describe('bad input', () => {
  const bad: readonly [text: string, closeCode: number][] = [
    ['no json', 1007],
    ['', 1007],
    ['{"a":1}', 1002],
    ['"text"', 1002],
    ['[]', 1002],
    ['[null]', 1002],
    ['["5","urn:x"]', 1002],
    ['[5.5,"urn:x"]', 1002],
    ['[9,"urn:x"]', 1002],
    ['[-1]', 1002],
    ['[0,"id",1,"me"]', 1002],
    ['[8,"urn:x",1]', 1002],
    ['[3,"c1",1]', 1002],
    ['[4,"c1","urn:e","no"]', 1002],
    ['[1,"p"]', 1002],
    ['[1,"p",7]', 1002],
    ['[1,7,"urn:x"]', 1002],
    ['[2]', 1002],
    ['[2,7,"urn:x"]', 1002],
    ['[5]', 1002],
    ['[5,7]', 1002],
    ['[5,""]', 1002],
    ['[5,"urn:x",1]', 1002],
    ['[6,null]', 1002],
    ['[7,"urn:x"]', 1002],
    ['[7,7,"event"]', 1002],
    ['[7,"urn:x",1,"x"]', 1002],
    ['[7,"urn:x",1,7]', 1002],
    ['[7,"urn:x",1,[7]]', 1002],
    ['[7,"urn:x",1,null,true]', 1002],
    ['[7,"urn:x",1,null,[null]]', 1002],
    ['[7,"urn:x",1,null,null,null]', 1002],
    [`[7,"urn:x",${'['.repeat(200_000)}${']'.repeat(200_000)}]`, 1002],
  ];

  test('is ignored and counted, and the session goes on', async () => {
    const postmaster = open({ limits: { maxBadMessages: 1000 } });
    const client = await connectV1InMemory(postmaster);
    client.subscribe('urn:x');
    for (const [text] of bad) client.send(text);
    client.publish('urn:x', 'still here');
    await client.barrier();
    expect(client.events).toEqual([['urn:x', 'still here']]);
    expect(postmaster.stats().counters.bad_message).toBe(bad.length);
  });

  test.each(bad)('closes the connection when strict: %.60s', async (text, code) => {
    const client = await connectV1InMemory(open({ v1: { strict: true } }));
    client.send(text);
    expect(await client.closed).toEqual({ code, reason: 'wamp.error.protocol_violation' });
  });

  test('past the number that is allowed closes the connection', async () => {
    const postmaster = open({ limits: { maxBadMessages: 5 } });
    const client = await connectV1InMemory(postmaster);
    for (let at = 0; at < 5; at += 1) client.send('x');
    await client.barrier();
    client.send('x');
    expect(await client.closed).toEqual({ code: 1008, reason: 'postmaster.close.too_many_bad_messages' });
    await expectNothingLeft(postmaster);
  });

  test('accepts codes as JSON numbers of any spelling, and payloads at the depth limit', async () => {
    const client = await connectV1InMemory(open());
    client.send('[5.0,"urn:x"]');
    const deep = `${'['.repeat(63)}${']'.repeat(63)}`;
    const tooDeep = `${'['.repeat(64)}${']'.repeat(64)}`;
    client.send(`[7,"urn:x",${deep}]`);
    client.send(`[7,"urn:x",${tooDeep}]`);
    await client.barrier();
    expect(client.events.map(([, event]) => JSON.stringify(event))).toEqual([deep]);
  });
});
