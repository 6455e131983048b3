/**
 * Payloads that outlive their message. The octets of a message are the link's as soon as it has been handled: here every link
 * overwrites them then.
 */

import { delay, tap } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { Postmaster, PostmasterOptions, Publication, RealmSettings } from '../../src/index.ts';
import type { Message, MessageType } from '../../src/wamp/message.ts';
import type { OctetsPeer, Received } from '../support/octets-peer.ts';
import { argsOf, joinByReusedMemory } from '../support/octets-peer.ts';
import { createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const procedure = 'com.procedure';
const values: Readonly<Record<SerializerName, Buffer>> = {
  json: Buffer.from('{"a":1.0,"b":["text",2.5]}'),
  msgpack: Buffer.from('82a161ca3f800000a16292a474657874c0', 'hex'),
  cbor: Buffer.from('a26161f93c0061628264746578741818', 'hex'),
};
const seen = {
  json: { a: 1, b: ['text', 2.5] },
  msgpack: { a: 1, b: ['text', null] },
  cbor: { a: 1, b: ['text', 24] },
};

interface Scene {
  readonly router: Postmaster;
  readonly name: SerializerName;
  /** The args that are on their way. */
  readonly args: Buffer;
  readonly join: () => Promise<OctetsPeer>;
}

interface Case {
  readonly options?: Partial<PostmasterOptions>;
  readonly realm?: Partial<RealmSettings>;
  /** Sends a payload, and resolves to what is received of it in the end. */
  readonly run: (scene: Scene) => Promise<Received>;
}

/** These peers do not take leave. */
const limits = { closeTimeout: 1 };
const patterns = { match: 'prefix' } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const publishTo = async ({ join, args }: Scene, options: object = {}): Promise<Received> => {
  const [publisher, subscriber] = [await join(), await join()];
  await subscriber.ask('SUBSCRIBE', [options, topic]);
  publisher.request('PUBLISH', [{}, topic], args);
  return subscriber.take('EVENT');
};
const requestOf = ({ message }: Received): number => (message as Message<'INVOCATION'>).request as number;
const answer = (peer: OctetsPeer, invocation: Received, payload?: Buffer): void =>
  peer.send([70, requestOf(invocation), {}], payload);

const cases: Readonly<Record<string, Case>> = {
  'waits for messageToPublish': { options: { messageToPublish: () => turn().then(() => true) }, run: publishTo },
  'waits for the authorizer': { realm: { authorizer: () => turn().then(() => true) }, run: publishTo },
  'waits for the authorizer of a pattern subscriber': {
    realm: {
      authorizer: ({ action, match }) => action !== 'subscribe' || match !== 'exact' || turn().then(() => true),
    },
    run: (scene) => publishTo(scene, patterns),
  },
  'waits behind another message of its session': {
    realm: { authorizer: ({ uri }) => uri !== 'com.first' || turn().then(() => true) },
    run: async ({ join, args }) => {
      const [publisher, subscriber] = [await join(), await join()];
      await subscriber.ask('SUBSCRIBE', [{}, topic]);
      publisher.request('PUBLISH', [{}, 'com.first']);
      publisher.request('PUBLISH', [{}, topic], args);
      return subscriber.take('EVENT');
    },
  },
  'is held back by an interceptor': {
    run: (scene) => {
      scene.router.intercept(delay(1));
      return publishTo(scene);
    },
  },
  'arrives while a subscriber in this process is served': {
    run: async ({ router, join, args }) => {
      const [publisher, subscriber] = [await join(), await join()];
      await subscriber.ask('SUBSCRIBE', [{}, topic]);
      const session = router.session();
      await session.subscribe('com.other', () => void publisher.request('PUBLISH', [{}, topic], args));
      await session.publish('com.other', [], undefined, { exclude_me: false });
      return subscriber.take('EVENT');
    },
  },
  'is retained': {
    run: async ({ join, args }) => {
      const [publisher, subscriber] = [await join(), await join()];
      await publisher.ask('PUBLISH', [{ acknowledge: true, retain: true }, topic], args);
      await subscriber.ask('SUBSCRIBE', [{ get_retained: true }, topic]);
      return subscriber.take('EVENT');
    },
  },
  'is a testament': {
    run: async ({ join, args, name }) => {
      const [publisher, subscriber] = [await join(), await join()];
      await subscriber.ask('SUBSCRIBE', [{}, topic]);
      const call = serializers[name].encodeHead([topic], 1) as Uint8Array;
      const tail = Buffer.from(serializers[name].tail);
      await publisher.ask('CALL', [{}, 'wamp.session.add_testament'], Buffer.concat([Buffer.from(call), args, tail]));
      publisher.send([6, {}, 'wamp.close.normal']);
      return subscriber.take('EVENT');
    },
  },
  'is a call that waits for its callee': {
    run: async ({ join, args }) => {
      const [caller, callee] = [await join(), await join()];
      await callee.ask('REGISTER', [{ concurrency: 1 }, procedure]);
      caller.request('CALL', [{}, procedure]);
      const first = await callee.take('INVOCATION');
      caller.request('CALL', [{}, procedure], args);
      await caller.ask('SUBSCRIBE', [{}, topic]);
      answer(callee, first);
      return callee.take('INVOCATION');
    },
  },
  'is a part of a call that waits for its callee': {
    run: async ({ join, args }) => {
      const [caller, callee] = [await join(), await join()];
      await callee.ask('REGISTER', [{ concurrency: 1 }, procedure]);
      caller.request('CALL', [{}, procedure]);
      const first = await callee.take('INVOCATION');
      const request = caller.request('CALL', [{ progress: true }, procedure]);
      caller.send([48, request, {}, procedure], args);
      await caller.ask('SUBSCRIBE', [{}, topic]);
      answer(callee, first);
      await callee.take('INVOCATION');
      return callee.take('INVOCATION');
    },
  },
  'is a call that is sent on to another callee': {
    run: async ({ join, args }) => {
      const [caller, first, second] = [await join(), await join(), await join()];
      for (const callee of [first, second]) await callee.ask('REGISTER', [{ invoke: 'first' }, procedure]);
      caller.request('CALL', [{}, procedure], args);
      first.send([8, 68, requestOf(await first.take('INVOCATION')), {}, 'wamp.error.unavailable']);
      return second.take('INVOCATION');
    },
  },
  'is a call that the authorizer decides about': {
    realm: { authorizer: ({ action }) => action !== 'call' || turn().then(() => true) },
    run: async ({ join, args }) => {
      const [caller, callee] = [await join(), await join()];
      await callee.ask('REGISTER', [{}, procedure]);
      caller.request('CALL', [{}, procedure], args);
      return callee.take('INVOCATION');
    },
  },
};

/** The octets of a payload at the end of a message. */
const endOf = ({ data }: Received, { length }: Buffer, name: SerializerName): Buffer => {
  const end = data.length - serializers[name].tail.length;
  return data.subarray(end - length, end);
};

describe.each(Object.entries(cases))('a payload that %s', (_, { options, realm, run }) => {
  test.each(serializerNames)('arrives as it came in %s', async (name) => {
    const router = createV2Router(realm, { ...options, limits });
    const args = argsOf(values[name], name);
    const received = await run({ router, name, args, join: () => joinByReusedMemory(router, name) });
    expect(endOf(received, args, name).toString('latin1')).toBe(args.toString('latin1'));
  });
});

describe.each(serializerNames)('what a program reads later of a payload in %s', (name) => {
  const args = argsOf(values[name], name);
  const setUp = async () => {
    const router = createV2Router({}, { limits });
    return { router, session: router.session(), peer: await joinByReusedMemory(router, name) };
  };
  const values_ = [seen[name]];

  test('is what came, of an event', async () => {
    const { router, session, peer } = await setUp();
    const events: Publication[] = [];
    await session.subscribe(topic, (publication) => void events.push(publication));
    router.topic(topic).subscribe((publication) => events.push(publication));
    router.intercept(tap((publication) => void events.push(publication)));
    await peer.ask('PUBLISH', [{ acknowledge: true }, topic], args);
    await turn();
    expect(events.map((publication) => publication.args)).toEqual([values_, values_, values_]);
  });

  test('is what came, of a call and its result', async () => {
    const { router, session, peer } = await setUp();
    router.registerUnauthRPC('com.local', async (call) => {
      await turn();
      return call.args[0];
    });
    const { message } = await peer.ask('CALL', [{}, 'com.local'], args);
    expect((message as Message<'RESULT'>).payload.args).toEqual(values_);
    await peer.ask('REGISTER', [{}, procedure]);
    const result = session.call(procedure);
    answer(peer, await peer.take('INVOCATION' satisfies MessageType), args);
    expect((await result).args).toEqual(values_);
  });
});
