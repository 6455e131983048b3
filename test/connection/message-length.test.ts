import { describe, expect, test, vi } from 'vitest';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames, serializers } from '../../src/codec/serializers.ts';
import type { V2Options } from '../../src/connection/v2/protocol.ts';
import { createV2Protocol, leastWelcomeLength } from '../../src/connection/v2/protocol.ts';
import type { AuthenticatorSettings, PostmasterOptions, RealmSettings } from '../../src/index.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import { authenticate } from '../support/v2-auth.ts';
import type { List, V2Peer } from '../support/v2-client.ts';
import { joinV2 } from '../support/v2-client.ts';
import { connectV2RawSocket } from '../support/v2-rawsocket.ts';
import { code, createV2Router, everythingAndMeta } from '../support/v2-router.ts';

/** 1024 octets, the least that a router's WELCOME fits into. A peer of these tests fails on a message that is longer. */
const shortest = 1;
const long = 'x'.repeat(2000);
/** A sentence that others may be told, and that no message to these peers has room for. */
const words = 'x'.repeat(1024);
const tooLong = (type: string) => [
  code.ABORT,
  { message: `the ${type} is larger than the peer accepts` },
  'wamp.error.payload_size_exceeded',
];

const start = async (realm: Partial<RealmSettings> = {}, options: Partial<PostmasterOptions> = {}) => {
  const router = createV2Router(realm, options);
  const { port = 0 } = await router.listenRawSocket({ port: 0 });
  const connect = (serializer: SerializerName = 'json', length = shortest): Promise<V2Peer> =>
    connectV2RawSocket(port, { serializer, length });
  const join = async (): Promise<V2Peer> => {
    const peer = await connect();
    expect((await peer.hello())[0]).toBe(code.WELCOME);
    return peer;
  };
  return { router, connect, join };
};

const withAuthenticators = (authenticators: AuthenticatorSettings): Partial<RealmSettings> => ({
  anonymous: undefined,
  roles: { user: [] },
  authenticators,
});

// Advanced Profile, "RawSocket Transport": a router MUST NOT send messages longer than the LENGTH of the client.
describe('the length that a peer announced', () => {
  test.each(serializerNames)('binds WELCOME: one too large is told by ABORT, %s', async (name) => {
    const joins: string[] = [];
    const authenticated = vi.fn();
    const disconnected = vi.fn();
    const ticket = () => ({ role: 'user', authid: 'x'.repeat(500) });
    const callbacks = { onAuthenticated: authenticated, onDisconnect: disconnected };
    const { router, connect } = await start(withAuthenticators({ ticket }), callbacks);
    router.topic('wamp.session.on_join').subscribe(() => joins.push('join'));
    const peer = await connect(name);
    expect(await peer.hello('realm1', { authmethods: ['ticket'], authid: 'joe' })).toEqual([
      code.CHALLENGE,
      'ticket',
      {},
    ]);
    expect(await authenticate(peer, 'secret')).toEqual(tooLong('WELCOME'));
    await peer.closed;
    await vi.waitFor(() => expect(router.stats()).toMatchObject({ connections: 0, sessions: 0 }));
    // It never had a session: nobody hears of one.
    expect(joins).toEqual([]);
    expect(authenticated).not.toHaveBeenCalled();
    expect(disconnected).not.toHaveBeenCalled();
    const wide = await connect(name, 3);
    await wide.hello('realm1', { authmethods: ['ticket'], authid: 'joe' });
    expect((await authenticate(wide, 'secret'))[0]).toBe(code.WELCOME);
  });

  test('binds a WELCOME that no challenge precedes', async () => {
    const name = `com.${'x'.repeat(500)}`;
    const realms = [name, 'realm1'].map((realm) => ({ name: realm, anonymous: everythingAndMeta }));
    const { connect } = await start({}, { realms });
    const [far, near] = [await connect(), await connect()];
    expect(await far.hello(name)).toEqual(tooLong('WELCOME'));
    expect((await near.hello())[0]).toBe(code.WELCOME);
  });

  test('is what a WELCOME may have, to the octet', async () => {
    const { connect } = await start(withAuthenticators({ ticket: ({ authid }) => ({ role: 'user', authid }) }));
    const join = async (authid: string, length?: number): Promise<List> => {
      const peer = await connect('cbor', length);
      await peer.hello('realm1', { authmethods: ['ticket'], authid });
      return authenticate(peer, 'secret');
    };
    const octets = serializers.cbor.encode(await join('x'.repeat(300), 15)).length;
    const exact = 300 + 1024 - octets;
    expect((await join('x'.repeat(exact)))[0]).toBe(code.WELCOME);
    expect(await join('x'.repeat(exact + 1))).toEqual(tooLong('WELCOME'));
  });

  test('binds CHALLENGE: one too large is told by ABORT', async () => {
    // Quoted in the challenge, which is quoted in the message.
    const authid = '"'.repeat(400);
    const { connect } = await start(withAuthenticators({ wampcra: { [authid]: { secret: 'secret', role: 'user' } } }));
    const peer = await connect();
    expect(await peer.hello('realm1', { authmethods: ['wampcra'], authid })).toEqual(tooLong('CHALLENGE'));
    await peer.closed;
  });

  test('binds ABORT: where there is no room for the words it is the reason alone', async () => {
    const { connect } = await start();
    const peer = await connect();
    const methods = Array.from({ length: 300 }, (_, at) => `method${at}`);
    const answer = await peer.hello('realm1', { authmethods: methods });
    expect(answer).toEqual([code.ABORT, {}, 'wamp.error.no_matching_auth_method']);
    await peer.closed;
  });

  test('binds GOODBYE: where there is no room for the words it is the reason alone', async () => {
    const { router, join } = await start();
    const peer = await join();
    const killer = await joinV2(router);
    await killer.call('wamp.session.kill', [peer.session], {}, { reason: 'com.example.bye', message: words });
    expect(await peer.take(code.GOODBYE)).toEqual([code.GOODBYE, {}, 'com.example.bye']);
  });

  test('binds what takes a subscription or a registration back: without room for the words it is the id alone', async () => {
    const { router, join } = await start();
    const peer = await join();
    const [subscription, registration] = [await peer.subscribe('com.t'), await peer.register('com.p')];
    const remover = await joinV2(router);
    await remover.call('wamp.subscription.remove_subscriber', [subscription, peer.session, words]);
    expect(await peer.take(code.UNSUBSCRIBED)).toEqual([code.UNSUBSCRIBED, 0, { subscription }]);
    await remover.call('wamp.registration.remove_callee', [registration, peer.session, words]);
    expect(await peer.take(code.UNREGISTERED)).toEqual([code.UNREGISTERED, 0, { registration }]);
  });

  test('binds EVENT, which is dropped and counted, and those that fit arrive in order', async () => {
    const { router, join } = await start();
    const peer = await join();
    await peer.subscribe('com.t');
    for (const arg of ['before', long, 'after']) router.publishEvent('com.t', arg);
    await peer.barrier();
    expect(peer.untaken(code.EVENT).map((event) => event[4])).toEqual([['before'], ['after']]);
    expect(router.stats().counters.event_dropped).toBe(1);
    expect([...router.connections()].map(({ droppedEvents }) => droppedEvents)).toEqual([1]);
  });

  test('binds RESULT, ERROR and INVOCATION: the caller is told that the payload is too large', async () => {
    const { router, join } = await start();
    const [small, large] = [await join(), await joinV2(router)];
    router.registerRPC('com.result', () => long);
    router.registerRPC('com.error', () => {
      throw new TypeError(long);
    });
    await small.register('com.small');
    const refusal = { 4: 'wamp.error.payload_size_exceeded' };
    expect(await small.call('com.result')).toMatchObject(refusal);
    expect(await large.call('com.small', [long])).toMatchObject(refusal);
    await large.register('com.large');
    const answered = small.call('com.large');
    const [, request] = await large.take(code.INVOCATION);
    large.send(code.ERROR, code.INVOCATION, request, {}, 'com.example.error', [long]);
    expect(await answered).toMatchObject(refusal);
  });
});

test.each(Object.values(serializers))(
  'a peer is refused only where the shortest WELCOME does not fit, $name',
  (serializer) => {
    const protocol = createV2Protocol({ agent: 'agent/1' } as V2Options, serializer);
    const details = { agent: 'agent/1', realm: 'realm1', authid: '', authrole: '', authmethod: '', authprovider: '' };
    const shown = protocol.frameWelcome(1, { ...details, roles: {} }, payloadFraming, false);
    expect(leastWelcomeLength(serializer, 'agent/1', ['com.example.longer', 'realm1'])).toBe(shown.length);
  },
);
