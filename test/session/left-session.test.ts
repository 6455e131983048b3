import { expect, test } from 'vitest';
import { settle } from '../support/calls.ts';
import { joinV2 } from '../support/v2-client.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

// A link may carry one session after the other: what is decided on late belongs to the session that asked.

/** A router that thinks about the event "slow" until it is allowed, or vetoed. */
const setUp = (verdict = true) => {
  let decide: (() => void) | undefined;
  const thinking = new Promise<boolean>((resolve) => {
    decide = () => resolve(verdict);
  });
  const realms = [
    { name: 'realm1', anonymous: everythingAndMeta },
    { name: 'strict', anonymous: everythingAndMeta, uris: 'strict' as const },
    {
      name: 'slow',
      anonymous: everythingAndMeta,
      authenticators: { ticket: () => new Promise<never>(() => {}) },
    },
  ];
  const postmaster = createV2Router(
    {},
    { realms, messageToPublish: (_, { args }) => (args[0] === 'slow' ? thinking : true) },
  );
  return { postmaster, decide: () => decide?.() };
};

const leave = async (peer: Awaited<ReturnType<typeof joinV2>>): Promise<void> => {
  peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  await peer.take(code.GOODBYE);
};

test.each([
  ['PUBLISHED', true],
  ['the ERROR of a veto', false],
])('%s of a session that said GOODBYE does not arrive in the next one', async (_, verdict) => {
  const { postmaster, decide } = setUp(verdict);
  const peer = await joinV2(postmaster);
  peer.send(code.PUBLISH, 1, { acknowledge: true }, 'com.topic', ['slow']);
  await leave(peer);
  await peer.hello();
  const before = peer.received.length;
  decide();
  await settle(peer);
  const answers = peer.received.slice(before).filter(([type, of]) => type === code.PUBLISHED || of === code.PUBLISH);
  // The one of the barrier.
  expect(answers.filter(([, request]) => request === 1)).toEqual([]);
  expect(answers.filter(([type]) => type === code.ERROR)).toEqual([]);
});

test('a violation by a session that is over does not end the next one', async () => {
  const { postmaster, decide } = setUp();
  const peer = await joinV2(postmaster, { roles: { publisher: {}, subscriber: {}, caller: {} } });
  peer.send(code.PUBLISH, 1, {}, 'com.topic', ['slow']);
  // Passthru was not announced: a violation, once it is looked at.
  peer.send(code.PUBLISH, 2, { ppt_scheme: 'x_a' }, 'com.topic', ['passed']);
  await leave(peer);
  await peer.hello();
  decide();
  await settle(peer);
  expect(peer.received.filter(([type]) => type === code.ABORT)).toEqual([]);
});

test('nothing of it comes while the next one is being authenticated', async () => {
  const { postmaster, decide } = setUp();
  const peer = await joinV2(postmaster);
  const heard: unknown[] = [];
  postmaster.topic('com.topic').subscribe(({ args }) => heard.push(args[0]));
  peer.send(code.PUBLISH, 1, { acknowledge: true }, 'com.topic', ['slow']);
  await leave(peer);
  const before = peer.received.length;
  const roles = { publisher: {} };
  peer.send(code.HELLO, 'slow', { roles, authmethods: ['ticket'], authid: 'joe' });
  await peer.take(code.CHALLENGE);
  decide();
  while (heard.length === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(peer.received.slice(before).map(([type]) => type)).toEqual([code.CHALLENGE]);
});

test('what it published is judged by the URI rule of its own realm', async () => {
  const { postmaster, decide } = setUp();
  const peer = await joinV2(postmaster);
  const heard: unknown[] = [];
  for (const [event, topic] of [
    ['slow', 'Com.UPPER-x'],
    ['second', 'Com.UPPER-y'],
  ] as const) {
    postmaster.topic(topic).subscribe(({ args }) => heard.push(args[0]));
    peer.send(code.PUBLISH, peer.next(), {}, topic, [event]);
  }
  await leave(peer);
  await peer.hello('strict');
  decide();
  await settle(peer);
  expect(heard).toEqual(['slow', 'second']);
});
