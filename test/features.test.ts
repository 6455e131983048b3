/** The features that WELCOME announces: each has tests, which are named here. */

import { describe, expect, test } from 'vitest';
import { routerRoles } from '../src/wamp/feature.ts';
import { titlesOfOthers, titlesThatRun } from './support/test-titles.ts';

/** By feature: a piece of the title of a test that fails when the feature is broken. */
const proofs: Readonly<Record<string, readonly string[]>> = {
  publisher_identification: ['in a realm with %j that publishes with %j is shown as %j'],
  publisher_exclusion: ['are equal to a naive model of sets, in every mix'],
  subscriber_blackwhite_listing: ['are equal to a naive model of sets, in every mix', '%s that is empty is nobody'],
  pattern_based_subscription: ['by prefix are textual, by wildcard component by component'],
  subscription_meta_api: ['list, lookup, match, get, list_subscribers and count_subscribers tell what there is'],
  session_meta_api: ['count and list tell sessions', 'on_join and on_leave are told to who subscribes'],
  event_history: ['holds what was published to a topic in its order', 'answers each condition'],
  event_retention: ['are kept one per topic, told as retained', 'are told to those who would have heard them'],
  subscription_revocation: ['is told to its subscriber where that announced it'],
  payload_passthru_mode: ['passes its four attributes and the binary payload on', 'of calls goes both ways'],
  caller_identification: ['of a registration with %j names the caller'],
  progressive_call_results: ['reach a caller that asked for them, in their order'],
  progressive_call_invocations: ['goes to one callee as one invocation'],
  call_canceling: ['in the mode kill waits for the callee', 'in the mode %s answers at once and interrupts'],
  call_timeout: ['is in ms, ends it with wamp.error.timeout', 'begins anew with each progressive result'],
  pattern_based_registration: ['a call of %s is %s', 'by the textual prefix'],
  shared_registration: ['with %s invokes %j', 'keeps its round when callees come and go'],
  registration_meta_api: ['list, lookup, match, get, list_callees and count_callees tell what there is'],
  registration_revocation: ['remove_callee revokes, and tells a callee that announced it'],
  testament_meta_api: ['are published when the session ends, whatever ends it', 'can be flushed by scope'],
  call_reroute: ['sends a call on by %s'],
};

const running = titlesOfOthers('features.test.ts');

describe('a feature that WELCOME announces', () => {
  const announced = [...new Set(Object.values(routerRoles).flatMap(({ features }) => Object.keys(features)))];

  test('is one of those that are proved, and none is proved in vain', () => {
    expect(announced.sort()).toEqual(Object.keys(proofs).sort());
  });

  test.each(announced)('has its tests: %s', (feature) => {
    for (const title of proofs[feature] ?? []) {
      expect(
        running.filter((each) => each.includes(title)),
        title,
      ).toHaveLength(1);
    }
  });
});

describe('a test proves a feature', () => {
  test.each([
    ['in a suite', `describe('a', () => { test('proof', () => {}); })`, 1],
    ['for each of a list', `test.each([1])('proof %j', () => {})`, 1],
    ['for each row of a template', 'test.each`a`("proof", () => {})', 1],
    ['in a comment', `// test('proof', () => {})`, 0],
    ['as a text of another test', `test('other', () => { expect('proof').toBe('proof') })`, 0],
    ['that is skipped', `test.skip('proof', () => {})`, 0],
    ['that is skipped for each of a list', `test.skip.each([1])('proof', () => {})`, 0],
    ['that is skipped on a condition', `test.skipIf(true)('proof', () => {})`, 0],
    ['that is still to do', `it.todo('proof')`, 0],
    ['that is expected to fail', `it.fails('proof', () => {})`, 0],
    ['in a suite that is skipped', `describe.skip('a', () => { test('proof', () => {}); })`, 0],
  ])('when it stands %s: %s', (_, source, count) => {
    expect(titlesThatRun(source).filter((title) => title.includes('proof'))).toHaveLength(count);
  });
});
