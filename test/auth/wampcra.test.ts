import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { deriveKey, isSameSecret, signChallenge, toKey } from '../../src/auth/wampcra.ts';
import { createCraDecoys } from '../../src/auth/wampcra-decoy.ts';

const v1 =
  '{"authid":"gVHuGnJ1kF4iIbLp","authkey":"foobar","timestamp":"2013-06-01T12:00:00Z","sessionid":"v59mbCGDXZ7WTyxB","extra":{},"permissions":{"pubsub":[],"rpc":[]}}';
const v2 =
  '{"authid":"J5DkZJgByutvaDWc","authkey":"foobar","timestamp":"2013-06-01T12:00:00Z","sessionid":"NwtXQ8rdfPsy-ewS","extra":{},"permissions":{"pubsub":[{"uri":"http://example.com/topics/","prefix":true,"pub":true,"sub":true}],"rpc":[{"uri":"http://example.com/procedures/hello","call":true}]},"authextra":{"salt":"RANDOM SALT","keylen":32,"iterations":1000}}';
const v3 =
  '{"authid":"Dns3wuQo0ipOX1Xc","authkey":"schl\\u00fcssel","timestamp":"2013-06-01T12:00:00Z","sessionid":"dYqgDl0FthI6_hjb","extra":{"device":"tablet"},"permissions":{"pubsub":[],"rpc":[]},"authextra":{"salt":"salt123"}}';

describe('WAMP-CRA keys and signatures', () => {
  test('agree with the vector without a salt', () => {
    expect(v1).toHaveLength(162);
    expect(signChallenge('secret', v1)).toBe('0KE+nGv5yMiwQ2eOfmd/H3knI4+3dnQ0msBYwnWPucw=');
  });

  test('agree with the vector of a salted secret', async () => {
    expect(v2).toHaveLength(356);
    const key = await deriveKey('secret', { salt: 'RANDOM SALT', iterations: 1000, keylen: 32 });
    expect(key).toBe('znWa4bxY1glpbQlZziHIlXA2shfF+HoCr9bnmZ5HPQg=');
    expect(signChallenge(key, v2)).toBe('TL4X1zwcDEAB4PBMie+Y1UrSgRImPWNKgw9Hs/Vlz9s=');
  });

  test('agree with the vector of default rounds and letters beyond ASCII', async () => {
    expect(v3).toHaveLength(218);
    const key = await deriveKey('p\u00e4ssword', { salt: 'salt123', iterations: 10_000, keylen: 32 });
    expect(key).toBe('btqeYX1NdZJhaKuyMcHINrihHAMCLYqlmLQtqHy7tCY=');
    expect(signChallenge(key, v3)).toBe('lFW6OZTkOoVyfiFlZX7vDFMRDeGsFynfQyAW5kbcfs8=');
  });

  test('agree with the vector of a short key', async () => {
    const key = await deriveKey('secret', { salt: 'salt123', iterations: 100, keylen: 16 });
    expect(key).toBe('EX1Y3Q9BMM2oGLxsGqDgFQ==');
    expect(signChallenge(key, '{"authid":"x"}')).toBe('D/br4ylGo7hHX6Ao5mzBePtRUK8bRGFvqTT0wlN6B64=');
  });

  test('compares secrets of any length', () => {
    expect(isSameSecret('abc', 'abc')).toBe(true);
    expect(isSameSecret('abc', 'abd')).toBe(false);
    expect(isSameSecret('abc', '')).toBe(false);
  });
});

describe('a stored secret', () => {
  test.each([undefined, null, '', { secret: '' }, { derivedKey: '', salt: 's' }])(
    'counts as no such key: %j',
    (input) => {
      expect(toKey(input)).toBeUndefined();
    },
  );

  test('without a salt is the key itself, at once', () => {
    expect(toKey('secret')).toEqual({ key: 'secret', derivation: undefined });
    expect(toKey({ secret: 'secret' })).toEqual({ key: 'secret', derivation: undefined });
  });

  test('with a salt is derived with explicit rounds and length', async () => {
    expect(await toKey({ secret: 'p\u00e4ssword', salt: 'salt123' })).toEqual({
      key: 'btqeYX1NdZJhaKuyMcHINrihHAMCLYqlmLQtqHy7tCY=',
      derivation: { salt: 'salt123', iterations: 10_000, keylen: 32 },
    });
  });

  test('may be a derived key', () => {
    expect(toKey({ derivedKey: 'k', salt: 's', iterations: 5 })).toEqual({
      key: 'k',
      derivation: { salt: 's', iterations: 5, keylen: 32 },
    });
  });

  test.each([
    [{ secret: 's', salt: 'x', iterations: 0 }, 'iterations must be a positive integer'],
    [{ secret: 's', salt: 'x', keylen: 1.5 }, 'keylen must be a positive integer'],
    [{ derivedKey: 'k' }, 'salt must be a non-empty string'],
    [{ secret: 7 }, 'secret must be a string'],
    [7, 'a secret must be a string or an object'],
  ])('of another shape is refused: %j', (input, message) => {
    expect(() => toKey(input as never)).toThrow(message);
  });
});

test.each(['four', 'a', 'beef', '0123456789abcdef'])(
  'a decoy like the salt "%s" is as long, in hex only if that is, and made by the same work for everybody',
  (salt) => {
    const derive = vi.spyOn(crypto, 'hkdfSync');
    syncBuiltinESMExports();
    onTestFinished(() => {
      derive.mockRestore();
      syncBuiltinESMExports();
    });
    const derivations: number[] = [];
    let reports = 0;
    const onUnlikeDecoys = () => {
      reports += 1;
    };
    // Of 3,000 texts of four characters in base64 a dozen are hex.
    for (let at = 0; at < 3_000; at += 1) {
      const decoys = createCraDecoys({ secret: 'a secret of the realm', onUnlikeDecoys }, [{ salt, iterations: 1 }]);
      derive.mockClear();
      decoys.check(decoys.secretOf(`authid ${at}`, () => 'text'));
      derivations.push(derive.mock.calls.length);
    }
    expect(reports).toBe(0);
    expect(new Set(derivations).size).toBe(1);
  },
);
