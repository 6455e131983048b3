import { map } from 'rxjs';
import { describe, expect, test } from 'vitest';
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
});
