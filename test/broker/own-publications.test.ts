import { expect, test } from 'vitest';
import { OwnPublications } from '../../src/broker/own-publications.ts';
import { createTurnQueue } from '../../src/session/turn-queue.ts';
import type { Waiter } from '../../src/session/work-limit.ts';
import type { RoutedPublication } from '../../src/wamp/publication.ts';
import { publicationOf } from '../support/publication.ts';

const publication = (topic: string): RoutedPublication => publicationOf([], topic);

const setUp = (onPublished: (topic: string, own: OwnPublications) => void = () => {}) => {
  const published: string[] = [];
  const faults: unknown[] = [];
  const waiting: Waiter[] = [];
  const spent = { deliveries: 0 };
  const work = {
    isOver: false,
    spend: (deliveries: number) => {
      spent.deliveries += deliveries;
    },
    wait: (each: Waiter) => void waiting.push(each),
  };
  const turns = createTurnQueue((error) => faults.push(error));
  const own = new OwnPublications({
    turns,
    work,
    publish: ({ topic }) => {
      published.push(topic);
      onPublished(topic, own);
    },
    onEndless: () => {},
    onFault: (error) => faults.push(error),
  });
  return { own, turns, work, spent, waiting, published, faults };
};

test('one that cannot be published is reported, and those behind it are published', () => {
  const { own, turns, published, faults } = setUp((topic) => {
    if (topic === 'broken') throw topic;
  });
  own.push(publication('broken'));
  turns.enter(() => {
    own.push(publication('broken'));
    own.push(publication('inside'));
  });
  own.push(publication('next'));
  expect(published).toEqual(['broken', 'broken', 'inside', 'next']);
  expect(faults).toEqual(['broken', 'broken']);
});

test('is published at once outside of a turn, behind the turn inside of one', () => {
  const { own, turns, published } = setUp((topic, self) => {
    if (topic === 'first') self.push(publication('made while the first is delivered'));
  });
  turns.enter(() => {
    own.push(publication('inside'));
    expect(published).toEqual([]);
  });
  own.push(publication('first'));
  expect(published).toEqual(['inside', 'first', 'made while the first is delivered']);
});

test('waits behind those that wait already, also when the realm is free again', () => {
  const { own, work, waiting, published } = setUp();
  work.isOver = true;
  own.push(publication('first'));
  work.isOver = false;
  own.push(publication('second'));
  expect(published).toEqual([]);
  for (const each of waiting.splice(0)) each.step();
  expect(published).toEqual(['first']);
  for (const each of waiting.splice(0)) each.step();
  expect(published).toEqual(['first', 'second']);
});

test('costs the turn more when it is made inside of one: a row of them need not end', () => {
  const { own, spent, published } = setUp((topic, self) => {
    if (topic !== 'aaaa') self.push(publication(`${topic}a`));
  });
  own.push(publication('aaaa'));
  expect(spent.deliveries).toBe(0);
  own.push(publication('a'));
  expect(published).toEqual(['aaaa', 'a', 'aa', 'aaa', 'aaaa']);
  expect(spent.deliveries).toBeGreaterThanOrEqual(3 * 64);
});
