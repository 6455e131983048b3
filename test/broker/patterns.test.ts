import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/calls.ts';
import { eventsOf, heard, joinAs, settle, withPrincipals } from '../support/principals.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

const setUp = async () => {
  // No rule about `wamp.`: events about the subscription itself are not for its subscriber.
  const postmaster = createV2Router({ anonymous: everythingAndMeta.slice(0, 1) });
  return { publisher: await joinV2(postmaster), subscriber: await joinV2(postmaster, {}, 'msgpack') };
};

// Advanced Profile, "Pattern-based Subscription"
describe('a pattern', () => {
  const table = [
    ['prefix', 'com.myapp.topic.emergency', 'com.myapp.topic.emergency.11', true],
    ['prefix', 'com.myapp.topic.emergency', 'com.myapp.topic.emergency-low', true],
    ['prefix', 'com.myapp.topic.emergency', 'com.myapp.topic.emergency.category.severe', true],
    ['prefix', 'com.myapp.topic.emergency', 'com.myapp.topic.emergency', true],
    ['prefix', 'com.myapp.topic.emergency', 'com.myapp.topic.emerge', false],
    ['prefix', 'com.myapp.', 'com.myapp', false],
    ['prefix', '', 'com.myapp', true],
    ['wildcard', 'com.myapp..userevent', 'com.myapp.foo.userevent', true],
    ['wildcard', 'com.myapp..userevent', 'com.myapp.bar.userevent', true],
    ['wildcard', 'com.myapp..userevent', 'com.myapp.a12.userevent', true],
    ['wildcard', 'com.myapp..userevent', 'com.myapp.foo.userevent.bar', false],
    ['wildcard', 'com.myapp..userevent', 'com.myapp.foo.user', false],
    ['wildcard', 'com.myapp..userevent', 'com.myapp2.foo.userevent', false],
    ['wildcard', '.myapp.', 'com.myapp.foo', true],
    ['wildcard', '.myapp.', 'com.myapp', false],
    ['wildcard', 'com.myapp', 'com.myapp', true],
    ['exact', 'com.myapp', 'com.myapp.foo', false],
  ] as const;
  test.each(table)('%s "%s" hears %s: %s', async (match, pattern, topic, matches) => {
    const { publisher, subscriber } = await setUp();
    const subscription = await subscriber.subscribe(pattern, { match });
    const [, , publication] = await publisher.publish(topic, ['Hello, world!']);
    await settle(subscriber);
    // The topic that was published to is told by every event under a pattern.
    const event = [code.EVENT, subscription, publication, { topic }, ['Hello, world!']];
    expect(eventsOf(subscriber)).toEqual(matches ? [event] : []);
  });

  test('under the exact policy does not have its topic in the event', async () => {
    const { publisher, subscriber } = await setUp();
    await subscriber.subscribe('com.myapp', { match: 'exact' });
    await publisher.publish('com.myapp');
    await settle(subscriber);
    expect(eventsOf(subscriber)[0]?.[3]).toEqual({});
  });

  test('is another subscription than the exact topic or the other policy of the same text', async () => {
    const { publisher, subscriber } = await setUp();
    const ids = [];
    for (const match of ['exact', 'prefix', 'wildcard']) ids.push(await subscriber.subscribe('com.myapp', { match }));
    expect(new Set(ids).size).toBe(3);
    const [, , publication] = await publisher.publish('com.myapp');
    await settle(subscriber);
    // One event for each subscription, all with the same publication id.
    expect(eventsOf(subscriber).map(([, subscription]) => subscription)).toEqual(expect.arrayContaining(ids));
    expect(eventsOf(subscriber).map(([, , id]) => id)).toEqual([publication, publication, publication]);
    expect(errorOf(await subscriber.ask(code.UNSUBSCRIBE, ids[1]))).toBeUndefined();
    await publisher.publish('com.myapp');
    await settle(subscriber);
    expect(eventsOf(subscriber)).toHaveLength(5);
  });
});

describe('the permission to subscribe to a pattern', () => {
  const rules = [
    { uri: 'com.open.', match: 'prefix', subscribe: true },
    { uri: 'com.open.secret', subscribe: false },
    { uri: 'com.open.hidden.', match: 'prefix', subscribe: false },
    { uri: 'org..news', match: 'wildcard', subscribe: true },
    { uri: 'net.one', subscribe: true },
  ] as const;
  const setUpRules = async () => {
    const principals = [
      ['alice', 'reader'],
      ['root', 'root'],
    ] as const;
    const postmaster = createV2Router(withPrincipals(principals, { reader: rules }));
    return { reader: await joinAs(postmaster, 'alice'), root: await joinAs(postmaster, 'root') };
  };

  const table = [
    ['prefix', 'com.open.', true],
    ['prefix', 'com.open.a', true],
    ['prefix', 'com.open', false],
    ['prefix', 'com.', false],
    ['prefix', '', false],
    ['prefix', 'com.open.hidden.', false],
    ['prefix', 'com.open.hidden.x', false],
    ['wildcard', 'com.open.', true],
    ['wildcard', 'com.open..x', true],
    ['wildcard', 'com..x', false],
    ['wildcard', '.open.x', false],
    ['wildcard', 'com.open.hidden.', false],
    ['wildcard', 'org..news', true],
    ['wildcard', 'org.a.news', true],
    ['wildcard', 'org..', false],
    ['wildcard', 'org..news.', false],
    ['prefix', 'org.a.news', false],
    ['prefix', 'net.one', false],
    ['exact', 'net.one', true],
    ['exact', 'net.one.two', false],
  ] as const;
  test.each(table)('%s "%s" needs a rule that covers all of it: %s', async (match, uri, isAllowed) => {
    const { reader } = await setUpRules();
    const answer = await reader.ask(code.SUBSCRIBE, { match }, uri);
    expect(isAllowed ? answer[0] : errorOf(answer)).toBe(isAllowed ? code.SUBSCRIBED : 'wamp.error.not_authorized');
  });

  test('is no permission for the topics under it that are forbidden', async () => {
    const { reader, root } = await setUpRules();
    await reader.subscribe('com.open.', { match: 'prefix' });
    await reader.subscribe('com.open.', { match: 'wildcard' });
    for (const topic of ['com.open.secret', 'com.open.hidden.x', 'com.open.a']) await root.publish(topic, [topic]);
    await settle(reader);
    expect(heard(reader)).toEqual(['com.open.a', 'com.open.a']);
  });

  test('holds for retained events too', async () => {
    const { reader, root } = await setUpRules();
    for (const topic of ['com.open.secret', 'com.open.hidden.x', 'com.open.a']) {
      await root.publish(topic, [topic], { retain: true });
    }
    await reader.subscribe('com.open.', { match: 'prefix', get_retained: true });
    await settle(reader);
    expect(heard(reader)).toEqual(['com.open.a']);
  });

  test('for everything does not reach `wamp.`: its events stay with those whose rules name it', async () => {
    const everything = everythingAndMeta.slice(0, 1);
    const principals = [
      ['alice', 'user'],
      ['root', 'root'],
    ] as const;
    const postmaster = createV2Router(withPrincipals(principals, { user: everything }));
    const [user, root] = [await joinAs(postmaster, 'alice'), await joinAs(postmaster, 'root')];
    for (const peer of [user, root]) {
      await peer.subscribe('', { match: 'prefix' });
      await peer.subscribe('..', { match: 'wildcard' });
    }
    for (const [uri, match] of [
      ['wamp.session.on_join', 'exact'],
      ['wamp.', 'prefix'],
      ['wamp.session', 'prefix'],
      ['wamp..on_join', 'wildcard'],
    ]) {
      expect(errorOf(await user.ask(code.SUBSCRIBE, { match }, uri))).toBe('wamp.error.not_authorized');
    }
    for (const procedure of ['wamp.session.list', 'wamp.session.kill_all', 'wamp.subscription.list']) {
      expect(errorOf(await user.call(procedure))).toBe('wamp.error.not_authorized');
    }
    await joinAs(postmaster, 'alice');
    await root.publish('com.open.news', ['news']);
    await settle(user, root);
    expect(heard(user)).toEqual(['news', 'news']);
    expect(eventsOf(root).some(([, , , details]) => (details as { topic: string }).topic.startsWith('wamp.'))).toBe(
      true,
    );
  });
});

describe('an authorizer', () => {
  test('is asked about the pattern with its policy', async () => {
    const asked: unknown[] = [];
    const authorizer = ({ action, uri, match }: { action: string; uri: string; match: string }): boolean => {
      asked.push([action, uri, match]);
      return uri !== 'com.no.';
    };
    const peer = await joinV2(createV2Router({ authorizer }));
    expect(errorOf(await peer.ask(code.SUBSCRIBE, { match: 'prefix' }, 'com.no.'))).toBe('wamp.error.not_authorized');
    expect(errorOf(await peer.ask(code.SUBSCRIBE, { match: 'wildcard' }, 'com..x'))).toBeUndefined();
    expect(asked).toEqual([
      ['subscribe', 'com.no.', 'prefix'],
      ['subscribe', 'com..x', 'wildcard'],
    ]);
  });
});
