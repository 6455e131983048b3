import { describe, expect, test, vi } from 'vitest';
import { compilePermissions } from '../../src/auth/permission.ts';

describe('permissions as a list', () => {
  const permissions = compilePermissions({
    pubsub: [
      { uri: 'http://example.com/', prefix: true, pub: true, sub: true },
      { uri: 'http://example.com/quiet/', prefix: true, pub: false, sub: true },
      { uri: 'http://example.com/quiet/loud', pub: true },
    ],
    rpc: [{ uri: 'http://example.com/add', call: true }, { uri: 'http://example.com/no' }],
  });

  test('are decided by the exact entry, else the longest prefix, else denied', () => {
    expect(permissions.allows('publish', 'http://example.com/a')).toBe(true);
    expect(permissions.allows('publish', 'http://example.com/quiet/a')).toBe(false);
    expect(permissions.allows('subscribe', 'http://example.com/quiet/a')).toBe(true);
    expect(permissions.allows('publish', 'http://example.com/quiet/loud')).toBe(true);
    expect(permissions.allows('subscribe', 'http://example.com/quiet/loud')).toBe(false);
    expect(permissions.allows('publish', 'http://other.com/')).toBe(false);
  });

  test('allow calls of listed procedures only, whatever pubsub says', () => {
    expect(permissions.allows('call', 'http://example.com/add')).toBe(true);
    expect(permissions.allows('call', 'http://example.com/no')).toBe(false);
    expect(permissions.allows('call', 'http://example.com/other')).toBe(false);
  });

  test('are shown to a v1 peer with every flag', () => {
    expect(permissions.v1.list.pubsub[1]).toEqual({
      uri: 'http://example.com/quiet/',
      prefix: true,
      pub: false,
      sub: true,
    });
    expect(permissions.v1.list.rpc).toEqual([
      { uri: 'http://example.com/add', call: true },
      { uri: 'http://example.com/no', call: false },
    ]);
  });

  test('of two entries alike the later one counts', () => {
    const twice = compilePermissions({
      pubsub: [
        { uri: 'a', pub: true },
        { uri: 'a', pub: false },
      ],
    });
    expect(twice.allows('publish', 'a')).toBe(false);
  });
});

describe('permissions as a map', () => {
  const permissions = compilePermissions({
    RPC: { 'http://example.com/add': true, 'http://example.com/no': false },
    PubSub: { 'http://example.com/t': { CanPublish: true, CanSubscribe: false } },
  });

  test('match exactly', () => {
    expect(permissions.allows('publish', 'http://example.com/t')).toBe(true);
    expect(permissions.allows('subscribe', 'http://example.com/t')).toBe(false);
    expect(permissions.allows('publish', 'http://example.com/t2')).toBe(false);
    expect(permissions.allows('call', 'http://example.com/add')).toBe(true);
    expect(permissions.allows('call', 'http://example.com/no')).toBe(false);
  });

  test('are shown in both historic shapes', () => {
    expect(permissions.v1.list.pubsub).toEqual([{ uri: 'http://example.com/t', prefix: false, pub: true, sub: false }]);
    expect(permissions.v1.map.PubSub).toEqual({ 'http://example.com/t': { CanPublish: true, CanSubscribe: false } });
  });

  test('may be null, as nil maps are', () => {
    expect(compilePermissions({ RPC: null, PubSub: null }).allows('call', 'x')).toBe(false);
  });
});

describe('permissions as rules', () => {
  const permissions = compilePermissions([
    { uri: 'com.example', match: 'prefix', publish: true, subscribe: true, call: true },
    { uri: 'com.example.secret', match: 'exact', subscribe: true },
    { uri: 'com..status', match: 'wildcard', subscribe: true },
  ]);

  test('deny what the best rule does not mention', () => {
    expect(permissions.allows('publish', 'com.example.a')).toBe(true);
    expect(permissions.allows('publish', 'com.example.secret')).toBe(false);
    expect(permissions.allows('register', 'com.example.a')).toBe(false);
    expect(permissions.allows('subscribe', 'com.other.status')).toBe(true);
    expect(permissions.allows('subscribe', 'com.other.more.status')).toBe(false);
  });
});

describe('a rule', () => {
  const reservedUris = ['wamp', 'wamp.x', 'wamp.session.list', 'http://api.wamp.ws/topic#x'];
  const reached = (uri: string, match: 'exact' | 'prefix' | 'wildcard') => {
    const permissions = compilePermissions([
      { uri, match, call: true, register: true, publish: true, subscribe: true },
    ]);
    return reservedUris.filter((one) => permissions.allows('subscribe', one));
  };

  test.each([
    ['', 'prefix', []],
    ['wam', 'prefix', []],
    ['wamp', 'prefix', []],
    ['http:', 'prefix', []],
    ['.x', 'wildcard', []],
    ['..list', 'wildcard', []],
    ['wamp.', 'prefix', ['wamp.x', 'wamp.session.list']],
    ['wamp', 'exact', ['wamp']],
    ['wamp', 'wildcard', ['wamp']],
    ['wamp.', 'wildcard', ['wamp.x']],
    ['wamp..list', 'wildcard', ['wamp.session.list']],
    ['http://api.wamp.ws/', 'prefix', ['http://api.wamp.ws/topic#x']],
  ] as const)('%j with %s reaches what is reserved only if all that it covers is', (uri, match, expected) => {
    expect(reached(uri, match)).toEqual(expected);
  });

  test('about calls does not reach what is reserved where every call is allowed', () => {
    const permissions = compilePermissions(null, { everyCall: true });
    for (const uri of reservedUris) expect(permissions.allows('call', uri)).toBe(false);
  });
});

describe('permissions', () => {
  test.each([undefined, null, {}, []])('allow nothing when there are none: %j', (input) => {
    const permissions = compilePermissions(input);
    for (const action of ['call', 'register', 'publish', 'subscribe'] as const)
      expect(permissions.allows(action, 'x')).toBe(false);
  });

  test('with every call allowed do not ask the rules about calls', () => {
    expect(compilePermissions(null, { everyCall: true }).allows('call', 'x')).toBe(true);
    expect(compilePermissions(null, { everyCall: true }).allows('publish', 'x')).toBe(false);
  });

  test('treat odd keys as data', () => {
    const permissions = compilePermissions({ PubSub: JSON.parse('{"__proto__":{"CanPublish":true}}') });
    expect(permissions.allows('publish', '__proto__')).toBe(true);
    expect(permissions.allows('publish', 'constructor')).toBe(false);
  });

  test('remember at most 1024 answers of each action', () => {
    let most = 0;
    const { set } = Map.prototype;
    const spy = vi.spyOn(Map.prototype, 'set').mockImplementation(function (this: Map<unknown, unknown>, key, value) {
      set.call(this, key, value);
      most = Math.max(most, this.size);
      return this;
    });
    const permissions = compilePermissions([{ uri: 'a', match: 'prefix', publish: true }]);
    for (let at = 0; at < 5000; at += 1) permissions.allows('publish', `a${at}`);
    spy.mockRestore();
    expect(most).toBe(1024);
  });

  test('answer the same from the cache, also when it has overflowed', () => {
    const permissions = compilePermissions([{ uri: 'a', match: 'prefix', publish: true }]);
    for (let at = 0; at < 3000; at += 1) {
      expect(permissions.allows('publish', `a${at}`)).toBe(true);
      expect(permissions.allows('publish', `b${at}`)).toBe(false);
    }
    expect(permissions.allows('publish', 'a0')).toBe(true);
  });

  test.each([
    ['nonsense', 'the value must be an object'],
    [{ pubsub: 'all' }, 'pubsub must be a list'],
    [{ pubsub: [{ uri: '' }] }, 'pubsub[0].uri must be a non-empty string'],
    [{ pubsub: [{ uri: 'a', pub: 1 }] }, 'pubsub[0].pub must be a boolean'],
    [{ topics: [] }, '"topics" must be left out'],
    [{ PubSub: { a: true } }, 'PubSub["a"] must be an object'],
    [[{ uri: 'a', match: 'glob' }], "[0].match must be 'exact', 'prefix' or 'wildcard'"],
  ])('of another shape are refused with the path: %j', (input, message) => {
    expect(() => compilePermissions(input)).toThrow(message);
  });
});
