/** Which options of a publication `messageToPublish` is given. */

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { PostmasterOptions, PublishOptions } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { heard, settle } from '../support/principals.ts';
import { everything } from '../support/router.ts';
import { connectV1InMemory } from '../support/v1-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';

const setUp = (options: Partial<PostmasterOptions> = {}) => {
  const shown: PublishOptions[] = [];
  const postmaster = createV2Router(
    {},
    {
      messageToPublish: (_connection, _publication, asked) => {
        shown.push(asked);
        return true;
      },
      ...options,
    },
  );
  return { postmaster, shown };
};

describe('messageToPublish is shown', () => {
  test.each<PublishOptions>([
    {},
    { acknowledge: true },
    { acknowledge: false, exclude_me: false },
    { exclude_me: true, retain: true, disclose_me: true },
    { exclude: [1, 2], exclude_authid: ['joe'], exclude_authrole: ['staff'] },
    { eligible: [], eligible_authid: ['joe'], eligible_authrole: ['staff'], acknowledge: true },
  ])('the options %j of a WAMP v2 publisher, also when it has published to the topic before', async (options) => {
    const { postmaster, shown } = setUp();
    const publisher = await joinV2(postmaster);
    for (const _ of ['the first time', 'again']) publisher.send(16, publisher.next(), options, topic, [1]);
    await settle(publisher);
    expect(shown).toEqual([options, options]);
  });

  test('no option that is null, as it is not given', async () => {
    const { postmaster, shown } = setUp();
    const publisher = await joinV2(postmaster);
    await publisher.publish(topic, [1], { exclude_me: null, retain: null });
    expect(shown).toEqual([{ acknowledge: true }]);
  });

  test('excludeMe, exclude and eligible of a WAMP v1 publisher, with the session ids of the router', async () => {
    const { postmaster, shown } = setUp({
      realms: [{ name: 'realm1', anonymous: everything }],
      v1: { open: true },
    });
    const [publisher, other] = [await connectV1InMemory(postmaster), await connectV1InMemory(postmaster)];
    const ids: unknown[] = [];
    postmaster.topic(topic).subscribe(({ publisher: id }) => ids.push(id));
    other.publish(topic, 'who am I');
    await other.barrier();
    shown.splice(0);
    publisher.publish(topic, 1);
    publisher.publish(topic, 1, true);
    publisher.publish(topic, 1, false);
    publisher.publish(topic, 1, [other.sessionId]);
    publisher.publish(topic, 1, [], [other.sessionId]);
    await publisher.barrier();
    expect(shown).toEqual([
      { exclude_me: false },
      { exclude_me: true },
      { exclude_me: false },
      { exclude_me: false, exclude: [ids[0]] },
      { exclude_me: false, exclude: [], eligible: [ids[0]] },
    ]);
  });

  test('the publish_options of a testament', async () => {
    const { postmaster, shown } = setUp();
    const mortal = await joinV2(postmaster);
    const publish_options = { eligible_authrole: ['heir'], retain: true };
    await mortal.call('wamp.session.add_testament', [topic, [1]], {}, { publish_options });
    await mortal.close();
    await settle(await joinV2(postmaster));
    expect(shown).toEqual([publish_options]);
  });

  test('a copy of the options: what it does to them changes nothing', async () => {
    const meddle = (_connection: unknown, _publication: unknown, options: PublishOptions): boolean => {
      const change = (task: () => unknown): void => expect(task).toThrow(TypeError);
      change(() => Object.assign(options, { exclude_me: true }));
      change(() => (options.eligible as number[] | undefined)?.push(1) ?? Object.assign(options, { eligible: [] }));
      return true;
    };
    const { postmaster } = setUp({ messageToPublish: meddle, v1: { open: true } });
    const session = postmaster.session();
    const publisher = await connectV1InMemory(postmaster);
    const subscriber = await joinV2(postmaster);
    await subscriber.subscribe(topic);
    const eligible = [subscriber.session];
    await session.publish(topic, ['for one'], undefined, { eligible });
    eligible.push(1);
    publisher.publish(topic, 'for all');
    await publisher.barrier();
    await settle(subscriber);
    expect(heard(subscriber)).toEqual(['for one', 'for all']);
    expect(postmaster.stats().counters.callback_failed).toBe(0);
  });
});

describe('messageToPublish that does not answer', () => {
  const setUpPatient = async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let answer: (verdict: boolean) => void = () => {};
    const slow = new Promise<boolean>((resolve) => {
      answer = resolve;
    });
    const errors: unknown[] = [];
    const ignore = (): void => {};
    const postmaster = createV2Router(
      {},
      {
        messageToPublish: (_connection, { args }) => args[0] !== 'slow' || slow,
        logger: { debug: ignore, info: ignore, warn: ignore, error: (facts) => errors.push(facts) },
        limits: { authTimeout: 300 },
      },
    );
    const [publisher, subscriber] = [await joinV2(postmaster), await joinV2(postmaster)];
    await subscriber.subscribe(topic);
    return { postmaster, publisher, subscriber, errors, answer: (verdict: boolean) => answer(verdict) };
  };

  test('has failed after authTimeout: the event is refused, and so is none of those behind it', async () => {
    const { postmaster, publisher, subscriber, errors, answer } = await setUpPatient();
    const answers = [publisher.publish(topic, ['slow']), publisher.publish(topic, ['quick'])];
    await settle(subscriber);
    await vi.advanceTimersByTimeAsync(299);
    await settle(subscriber);
    expect(heard(subscriber)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect((await Promise.all(answers)).map(errorOf)).toEqual(['wamp.error.authorization_failed', undefined]);
    // Too late.
    answer(true);
    await settle(publisher, subscriber);
    expect(heard(subscriber)).toEqual(['quick']);
    expect(postmaster.stats()).toMatchObject({ counters: { callback_failed: 1, publish_vetoed: 0 }, timers: 0 });
    expect(errors).toMatchObject([{ cause: 'callback_failed', topic, err: { message: 'no answer within 300 ms' } }]);
  });

  test('leaves no timer behind when it has answered', async () => {
    const { postmaster, publisher, subscriber, answer } = await setUpPatient();
    const published = publisher.publish(topic, ['slow']);
    await settle(subscriber);
    answer(true);
    await published;
    await settle(subscriber);
    expect(heard(subscriber)).toEqual(['slow']);
    expect(postmaster.stats().timers).toBe(0);
  });

  test('is given up when the router closes', async () => {
    const { postmaster, publisher, subscriber } = await setUpPatient();
    publisher.send(16, publisher.next(), {}, topic, ['slow']);
    await settle(subscriber);
    vi.useRealTimers();
    await postmaster.close({ drain: 0 });
    expect(postmaster.stats().timers).toBe(0);
    expect(heard(subscriber)).toEqual([]);
  });
});
