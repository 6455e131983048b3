import { map } from 'rxjs';
import { describe, expect, test, vi } from 'vitest';
import type { PostmasterOptions, Publication } from '../../src/index.ts';
import { WampError } from '../../src/index.ts';
import { heard, settle } from '../support/principals.ts';
import { joinV2 } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';

describe('an interceptor of a realm', () => {
  test('that cannot be begun anew ends no publisher, and what it should have seen is counted', async () => {
    const postmaster = createV2Router();
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    let isApplied = false;
    postmaster.intercept((source) => {
      if (isApplied) throw new Error('not again');
      isApplied = true;
      return source.pipe(
        map((publication) => {
          if (publication.args[0] === 13) throw new Error('thirteen');
          return publication;
        }),
      );
    });
    for (const value of [1, 13, 2, 3]) await publisher.publish(topic, [value]);
    await settle(subscriber);
    expect(heard(subscriber)).toEqual([1]);
    expect(await publisher.subscribe('com.alive')).toEqual(expect.any(Number));
    expect(postmaster.stats().counters).toMatchObject({
      interceptor_failed: 2,
      interceptor_closed: 2,
      internal_error: 0,
    });
  });

  const copies: readonly [string, (publication: Publication) => unknown][] = [
    ['as it is', (publication) => publication],
    ['by spread', (publication) => ({ ...publication })],
    ['by structuredClone', (publication) => structuredClone(publication)],
    ['by way of JSON', (publication) => JSON.parse(JSON.stringify(publication))],
  ];
  test.each(copies)('that passes a publication on %s leaves it to its audience', async (_, copy) => {
    const { postmaster, publisher, chosen, other } = await audience();
    postmaster.intercept(map((publication) => copy(publication) as Publication));
    await publisher.publish(topic, ['for one'], { eligible: [chosen.session] });
    await publisher.publish(topic, ['not for one'], { exclude: [chosen.session] });
    await publisher.publish(topic, ['by id'], { exclude_me: false });
    await Promise.all([settle(chosen), settle(other), settle(publisher)]);
    expect(heard(chosen)).toEqual(['for one', 'by id']);
    expect(heard(other)).toEqual(['not for one', 'by id']);
    expect(heard(publisher)).toEqual(['by id']);
    expect(postmaster.stats().counters.interceptor_refused).toBe(0);
  });

  const forged: readonly [string, object][] = [
    ['without an audience', { audience: undefined }],
    ['for an audience with an unknown key', { audience: { eligable: [] } }],
    ['for an audience with a list that is none', { audience: { exclude: 5 } }],
    ['for an audience with ids that are none', { audience: { exclude: ['1'] } }],
    ['with the id 0', { id: 0 }],
    ['about a reserved topic', { topic: 'wamp.session.on_join' }],
    ['about no topic', { topic: '' }],
    ['with args that are no list', { args: 'abc' }],
    ['with kwargs that are a list', { kwargs: [] }],
    ['of another realm', { realm: 'elsewhere' }],
    ['with details that are none', { details: 'secret' }],
  ];
  test.each(forged)('that emits a publication %s is refused, counted and logged once', async (_, change) => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, error: () => {}, warn };
    const { postmaster, publisher, chosen } = await audience({ logger });
    await chosen.subscribe('wamp.session.on_join');
    postmaster.intercept(map((publication) => ({ ...publication, ...change }) as Publication));
    await publisher.publish(topic, [1]);
    await publisher.publish(topic, [2]);
    await settle(chosen);
    expect(heard(chosen)).toEqual([]);
    expect(postmaster.stats().counters.interceptor_refused).toBe(2);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('emits new publications of postmaster.publication for the audience that it says', async () => {
    const { postmaster, publisher, chosen, other } = await audience();
    postmaster.intercept(map(({ args }) => postmaster.publication(topic, { args }, { eligible: [chosen.session] })));
    await publisher.publish(topic, [1]);
    await Promise.all([settle(chosen), settle(other)]);
    expect([heard(chosen), heard(other)]).toEqual([[1], []]);
    expect(() => postmaster.publication(topic, {}, { eligable: [] } as object)).toThrow('"eligable"');
    expect(() => postmaster.publication('wamp.topic', {}, {})).toThrow(WampError);
  });

  test('cannot change what it is given', async () => {
    const { postmaster, publisher, chosen } = await audience();
    postmaster.intercept(map((publication) => Object.assign(publication, { topic: 'wamp.session.on_join' })));
    await publisher.publish(topic, [1]);
    await settle(chosen);
    expect(heard(chosen)).toEqual([]);
    expect(postmaster.stats().counters.interceptor_failed).toBe(1);
  });
});

const audience = async (options: Partial<PostmasterOptions> = {}) => {
  const postmaster = createV2Router({}, options);
  const [publisher, chosen, other] = [await joinV2(postmaster), await joinV2(postmaster), await joinV2(postmaster)];
  for (const peer of [publisher, chosen, other]) await peer.subscribe(topic);
  return { postmaster, publisher, chosen, other };
};
