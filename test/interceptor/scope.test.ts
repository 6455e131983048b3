/** Which publications an interceptor is given: of which realm and which topics. Also which scopes are refused. */

import type { MonoTypeOperatorFunction } from 'rxjs';
import { filter, map, NEVER } from 'rxjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Publication } from '../../src/index.ts';
import { ConfigError, Postmaster } from '../../src/index.ts';
import { createV2Router } from '../support/v2-router.ts';

const block = filter<Publication>(() => false);

/** A router of two realms, and what is heard in both of an event that each publishes to each topic. */
const createRouter = () => {
  const postmaster = new Postmaster({ realms: ['first', 'default', 'last'], v1Realm: 'default' });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  const heard = (topic = 'com.topic'): string[] => {
    const realms: string[] = [];
    const watching = ['first', 'default', 'last'].map((realm) =>
      postmaster.topic(topic, { realm }).subscribe((publication) => realms.push(publication.realm)),
    );
    for (const realm of ['first', 'default', 'last']) postmaster.publishEvent(topic, 1, { realm });
    for (const each of watching) each.unsubscribe();
    return realms;
  };
  return { postmaster, heard };
};

describe('an interceptor', () => {
  test('without a scope is for the realm of everything that names none', () => {
    const { postmaster, heard } = createRouter();
    const remove = postmaster.intercept(block);
    expect(heard()).toEqual(['first', 'last']);
    remove();
    expect(heard()).toEqual(['first', 'default', 'last']);
  });

  test.each([{}, { realm: undefined }, { topic: undefined, match: undefined }])(
    'with the scope %j is, too',
    (scope) => {
      const { postmaster, heard } = createRouter();
      postmaster.intercept(scope, block);
      expect(heard()).toEqual(['first', 'last']);
    },
  );

  test('with a realm is for that one', () => {
    const { postmaster, heard } = createRouter();
    postmaster.intercept({ realm: 'last' }, block);
    expect(heard()).toEqual(['first', 'default']);
  });

  test('with the realm * is for all, until it is taken out of all', () => {
    const { postmaster, heard } = createRouter();
    const remove = postmaster.intercept({ realm: '*', topic: 'com.t', match: 'prefix' }, block);
    expect(heard('com.topic')).toEqual([]);
    expect(heard('com.other')).toEqual(['first', 'default', 'last']);
    remove();
    remove();
    expect(heard('com.topic')).toEqual(['first', 'default', 'last']);
  });

  test('with the realm * has a memory of its own in each', () => {
    const { postmaster } = createRouter();
    const seen: unknown[] = [];
    postmaster.intercept({ realm: '*' }, (source) => {
      let count = 0;
      return source.pipe(
        map((publication) => {
          count += 1;
          return { ...publication, args: [count] };
        }),
      );
    });
    for (const realm of ['first', 'last'])
      postmaster.topic('com.t', { realm }).subscribe(({ args }) => seen.push(args));
    for (const realm of ['first', 'last', 'last']) postmaster.publishEvent('com.t', 'x', { realm });
    expect(seen).toEqual([[1], [1], [2]]);
  });

  test('that cannot be applied in one of all realms is in none', () => {
    const { postmaster, heard } = createRouter();
    let realms = 0;
    const failing: MonoTypeOperatorFunction<Publication> = (source) => {
      realms += 1;
      if (realms === 3) throw new Error('not in the last');
      return source.pipe(block);
    };
    expect(() => postmaster.intercept({ realm: '*' }, failing)).toThrow('not in the last');
    expect(realms).toBe(3);
    expect(heard()).toEqual(['first', 'default', 'last']);
  });

  test.each([
    ['com.topic', 'exact', 'com.topic'],
    ['http://example.com/news#today', undefined, 'http://example.com/news#today'],
    ['http://example.com/', 'prefix', 'http://example.com/news#today'],
    ['com.', 'prefix', 'com.topic'],
    ['', 'prefix', 'com.topic'],
    ['wam', 'prefix', 'wampum'],
    ['wamp', 'prefix', 'wampum'],
    ['com..topic', 'wildcard', 'com.a.topic'],
    ['.topic', 'wildcard', 'com.topic'],
  ] as const)('sees with the topic %j and the match %s what is published to %j', (topic, match, published) => {
    const { postmaster, heard } = createRouter();
    postmaster.intercept({ topic, ...(match && { match }), realm: '*' }, block);
    expect(heard(published)).toEqual([]);
  });
});

describe('a scope that cannot be meant is refused:', () => {
  const noUri = 'the scope has a topic that is not a valid URI; a pattern needs match: "prefix" or "wildcard"';
  const notAnObject = 'the scope must be an object; known are topic, match, realm';
  const rows: readonly [string, unknown, string][] = [
    ['null', null, notAnObject],
    ['a text', 'com.topic', notAnObject],
    ['a list', ['com.topic'], notAnObject],
    ['an unknown key', { topik: 'com.topic' }, 'the scope has no "topik"; did you mean "topic"?'],
    ['a match without a topic', { match: 'prefix' }, 'the scope has a match but no topic'],
    [
      'a misspelt match',
      { topic: 'com.', match: 'prefx' },
      'the scope has a match that is not one of exact, prefix, wildcard',
    ],
    [
      'a match that is null',
      { topic: 'com', match: null },
      'the scope has a match that is not one of exact, prefix, wildcard',
    ],
    ['a topic that is no text', { topic: 5 }, 'the scope has a topic that is not a string'],
    ['a topic that is null', { topic: null }, 'the scope has a topic that is not a string'],
    ['a realm that is no text', { realm: 5 }, 'the scope has a realm that is not a string'],
    ['a realm that there is not', { realm: 'nowhere' }, 'there is no realm "nowhere"'],
    ['the empty topic', { topic: '' }, noUri],
    ['a prefix without its match', { topic: 'com.ticker.' }, noUri],
    ['a wildcard pattern without its match', { topic: 'com..price' }, noUri],
    ['a blank in a topic', { topic: 'com.topic ' }, noUri],
    [
      'a blank in a prefix',
      { topic: 'com. ', match: 'prefix' },
      'the scope has a topic that is not a valid prefix of a URI',
    ],
    [
      'a wildcard as a prefix',
      { topic: 'com..', match: 'prefix' },
      'the scope has a topic that is not a valid prefix of a URI',
    ],
    [
      'an asterisk for a wildcard with a blank',
      { topic: 'com.* .x', match: 'wildcard' },
      'the scope has a topic that is not a valid wildcard pattern',
    ],
    [
      'the empty wildcard pattern',
      { topic: '', match: 'wildcard' },
      'the scope has a topic that is not a valid wildcard pattern',
    ],
    ['a topic that nobody can publish to', { topic: 'x'.repeat(513) }, noUri],
    [
      'a topic of the router',
      { topic: 'wamp.session.on_join' },
      'the scope has a topic that is reserved: what the router itself publishes does not pass interceptors',
    ],
    [
      'a prefix of the router',
      { topic: 'wamp.', match: 'prefix' },
      'the scope has a topic that is reserved: what the router itself publishes does not pass interceptors',
    ],
  ];
  test.each(rows)('%s', (_, scope, sentence) => {
    const postmaster = createV2Router();
    const refused = (() => {
      try {
        return postmaster.intercept(scope as object, block);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as Error).message).toBe(sentence);
  });

  test.each([
    ['no operator', [{ topic: 'com.topic' }], 'the interceptor must be an RxJS operator'],
    ['nothing', [], 'the interceptor must be an RxJS operator'],
    ['an operator that is none', [{}, {}], 'the interceptor must be an RxJS operator'],
    ['a number', [5], 'the interceptor must be an RxJS operator'],
    ['undefined for the scope', [undefined, block], 'the scope must be an object; known are topic, match, realm'],
    [
      'scope and operator swapped',
      [block, { topic: 'com.topic' }],
      'the arguments of intercept must be the scope and then the operator',
    ],
    ['two operators', [block, block], 'the arguments of intercept must be the scope and then the operator'],
  ])('%s', (_, args, sentence) => {
    const intercept = createV2Router().intercept as (...given: unknown[]) => unknown;
    const postmaster = createV2Router();
    expect(() => intercept.apply(postmaster, args)).toThrow(new ConfigError(sentence));
  });

  test.each([
    ['nothing', undefined],
    ['a number', 5],
    ['an operator, as one that was not called does', block],
    ['a promise of an Observable', Promise.resolve(NEVER)],
    ['what can be subscribed to and is none', { subscribe: () => ({ unsubscribe: () => {} }) }],
  ])('an operator that returns %s', (_, returned) => {
    const { postmaster, heard } = createRouter();
    const operator = (() => returned) as unknown as MonoTypeOperatorFunction<Publication>;
    const sentence = 'the interceptor must be an RxJS operator, and this function did not return an Observable';
    for (const realm of ['default', '*']) {
      expect(() => postmaster.intercept({ realm }, operator)).toThrow(new ConfigError(sentence));
    }
    expect(() => postmaster.intercept(operator)).toThrow(new ConfigError(sentence));
    expect(heard()).toEqual(['first', 'default', 'last']);
  });

  test('a topic is as long as the router lets URIs be', () => {
    const postmaster = createV2Router({}, { limits: { maxUriLength: 20 } });
    expect(() => postmaster.intercept({ topic: 'x'.repeat(21) }, block)).toThrow('not a valid URI');
    expect(() => postmaster.intercept({ topic: 'x'.repeat(20) }, block)).not.toThrow();
    expect(() => createV2Router().intercept({ topic: 'x'.repeat(512) }, block)).not.toThrow();
  });

  test('no realm can be named *', () => {
    expect(() => new Postmaster({ realms: ['a', '*'] })).toThrow(
      'realms[1].name must not be "*", which stands for all realms',
    );
  });
});
