/** URIs that are invalid, too long, reserved or look alike, and realms that do not exist. */

import { describe, expect, test } from 'vitest';
import { expectNothingLeft } from '../support/router.ts';
import { basicRoles, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const requests = [code.SUBSCRIBE, code.PUBLISH, code.CALL, code.REGISTER];
const bad = ['', '.a', 'a.', 'a..b', 'a#b', 'a b', 'a\tb', 'a\nb', '#', ' ', '.', 5, null, ['a'], {}];

describe('a URI that is none', () => {
  test.each(bad)('%j is refused with invalid_uri, whatever it is asked of', async (uri) => {
    const peer = await joinV2(createV2Router());
    for (const request of requests) {
      const options = request === code.PUBLISH ? { acknowledge: true } : {};
      expect((await peer.ask(request, options, uri))[4]).toBe('wamp.error.invalid_uri');
    }
  });

  test.each(['com.Example', 'com.ex-ample', 'com.beispiel.ä'])(
    '%s is one where URIs are loose, and none where strict',
    async (uri) => {
      const loose = await joinV2(createV2Router());
      expect((await loose.ask(code.SUBSCRIBE, {}, uri))[0]).toBe(code.SUBSCRIBED);
      const strict = await joinV2(createV2Router({ uris: 'strict' }));
      expect((await strict.ask(code.SUBSCRIBE, {}, uri))[4]).toBe('wamp.error.invalid_uri');
      expect((await strict.ask(code.SUBSCRIBE, {}, 'com.example_1'))[0]).toBe(code.SUBSCRIBED);
    },
  );
});

describe('a URI that is too long', () => {
  test.each([
    ['of 64 KB', 'a'.repeat(65_536)],
    ['of 513 octets', 'a'.repeat(513)],
    ['of 200 characters of three octets', 'あ'.repeat(200)],
    ['of 10,000 components', Array(10_000).fill('a').join('.')],
    ['of 33 components', Array(33).fill('a').join('.')],
  ])('%s is refused before it is looked at', async (_, uri) => {
    const peer = await joinV2(createV2Router());
    for (const match of ['exact', 'prefix', 'wildcard']) {
      expect((await peer.ask(code.SUBSCRIBE, { match }, uri))[4]).toBe('wamp.error.invalid_uri');
    }
    expect((await peer.call(uri))[4]).toBe('wamp.error.invalid_uri');
  });

  test('of 512 octets and 32 components are none too long', async () => {
    const peer = await joinV2(createV2Router());
    for (const uri of ['a'.repeat(512), Array(32).fill('a').join('.')]) {
      expect((await peer.ask(code.SUBSCRIBE, {}, uri))[0]).toBe(code.SUBSCRIBED);
    }
  });
});

describe('what the router keeps for itself', () => {
  test.each(['wamp.topic', 'wamp.session.on_join', 'wamp.a.b.c'])(
    '%s is not for clients to publish or register',
    async (uri) => {
      const peer = await joinV2(createV2Router());
      expect((await peer.publish(uri))[4]).toBe('wamp.error.invalid_uri');
      expect((await peer.ask(code.REGISTER, {}, uri))[4]).toBe('wamp.error.invalid_uri');
    },
  );
});

describe('the refusal of a URI', () => {
  test.each<[string, object, string]>([
    ['a b', {}, '"a b" is not a valid URI: a component is empty or has whitespace or "#"'],
    [
      'com.Example',
      { uris: 'strict' },
      '"com.Example" is not a valid URI: a component is empty or has other characters than lower-case letters, digits and "_"',
    ],
    ['a'.repeat(513), {}, `"${'a'.repeat(64)}..." is longer than 512 octets`],
    [
      Array(33).fill('a').join('.'),
      {},
      '"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a...." has more than 32',
    ],
  ])('names the URI, or its beginning: %j', async (uri, realm, sentence) => {
    const peer = await joinV2(createV2Router(realm));
    for (const request of [code.SUBSCRIBE, code.CALL, code.REGISTER]) {
      expect(((await peer.ask(request, {}, uri))[5] as string[])[0]).toContain(sentence);
    }
  });
});

describe('URIs that look alike', () => {
  test('are compared octet by octet', async () => {
    const postmaster = createV2Router();
    const peer = await joinV2(postmaster);
    const composed = 'com.caf\u00e9';
    const decomposed = 'com.cafe\u0301';
    const ids = [await peer.subscribe(composed), await peer.subscribe(decomposed), await peer.subscribe('com.сafé')];
    expect(new Set(ids).size).toBe(3);
    await peer.publish(decomposed, [1], { exclude_me: false });
    expect((await peer.take(36))[1]).toBe(ids[1]);
    await peer.barrier();
    expect(peer.untaken(36)).toEqual([]);
  });
});

describe('a pattern', () => {
  test('may have empty components where match is wildcard, and nowhere else', async () => {
    const peer = await joinV2(createV2Router());
    for (const uri of ['a..b', '.a', 'a.', '.', '..']) {
      expect((await peer.ask(code.SUBSCRIBE, { match: 'wildcard' }, uri))[0]).toBe(code.SUBSCRIBED);
    }
    expect((await peer.ask(code.SUBSCRIBE, { match: 'prefix' }, 'a..b'))[4]).toBe('wamp.error.invalid_uri');
    expect((await peer.ask(code.SUBSCRIBE, { match: 'prefix' }, 'a.'))[0]).toBe(code.SUBSCRIBED);
  });

  test('that cover everything need a rule that covers everything', async () => {
    const narrow = [{ uri: 'com.', match: 'prefix', subscribe: true, register: true }] as const;
    const peer = await joinV2(createV2Router({ anonymous: narrow }));
    for (const [uri, match] of [
      ['', 'prefix'],
      ['c', 'prefix'],
      ['.', 'wildcard'],
      ['.a', 'wildcard'],
    ] as const) {
      for (const request of [code.SUBSCRIBE, code.REGISTER]) {
        expect((await peer.ask(request, { match }, uri))[4]).toBe('wamp.error.not_authorized');
      }
    }
    for (const [uri, match] of [
      ['com.', 'prefix'],
      ['com.a', 'prefix'],
      ['com..b', 'wildcard'],
    ] as const) {
      expect((await peer.ask(code.SUBSCRIBE, { match }, uri))[0]).toBe(code.SUBSCRIBED);
    }
  });
});

test('100,000 overlapping patterns cost a publication less than a millisecond', async () => {
  const postmaster = createV2Router({}, { limits: { maxSubscriptions: 200_000 } });
  const peer = postmaster.session();
  const letters = 'abcdefghij';
  let events = 0;
  const count = (): void => {
    events += 1;
  };
  for (let at = 0; at < 50_000; at += 1) {
    const name = [...String(at).padStart(5, '0')].map((digit) => letters[Number(digit)]).join('.');
    await peer.subscribe(`p.${name}`, count, { match: 'prefix' });
    await peer.subscribe(`p..${name.slice(2)}.${name.slice(0, 1)}`, count, { match: 'wildcard' });
  }
  expect(postmaster.stats().topics).toBe(50_000 + 50_000);
  const before = performance.now();
  for (let at = 0; at < 100; at += 1) postmaster.publishEvent('p.a.b.c.d.e', at);
  expect((performance.now() - before) / 100).toBeLessThan(1);
  expect(events).toBeGreaterThan(0);
});

describe('HELLO for a realm', () => {
  test.each([
    ['that is no URI', 'realm one', 'wamp.error.invalid_uri'],
    ['that is empty', '', 'wamp.error.invalid_uri'],
    ['that is no text', 5, 'wamp.error.invalid_uri'],
    ['that there is not', 'realm2', 'wamp.error.no_such_realm'],
    ['with the name of something inherited', '__proto__', 'wamp.error.no_such_realm'],
  ])('%s is aborted with its reason', async (_, realm, reason) => {
    const postmaster = createV2Router();
    const peer = connectV2InMemory(postmaster);
    peer.send(1, realm, { roles: basicRoles });
    await peer.closed;
    expect(peer.received).toEqual([[code.ABORT, { message: expect.any(String) }, reason]]);
    await expectNothingLeft(postmaster);
  });
});
