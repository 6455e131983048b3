import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionView } from '../../src/connection/connection-view.ts';
import type { PeerInfo, ProcedureCall } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { createMemoryLink } from '../../src/transport/memory.ts';
import { payloadFraming } from '../../src/transport/websocket/frame.ts';
import { joinAs, withPrincipals } from '../support/principals.ts';
import { connectV2, connectV2InMemory, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const names = Object.getOwnPropertyNames(ConnectionView.prototype).filter((name) => name !== 'constructor');
const facts = names.filter((name) => name !== 'toJSON');

/** What can be reached from a value by its properties, other than `permissions`, which are the application's own. */
const reachable = (value: unknown, found = new Set<unknown>()): ReadonlySet<unknown> => {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  found.add(value);
  const properties = value instanceof ConnectionView ? facts : Reflect.ownKeys(value);
  for (const name of properties) if (name !== 'permissions') reachable(Reflect.get(value, name), found);
  return found;
};

const only = (router: Postmaster): PeerInfo => [...router.connections()][0] as PeerInfo;

describe('a connection, as the program sees it', () => {
  test('has what API.md lists', () => {
    const [, section = ''] = readFileSync('API.md', 'utf8').match(/^### `PeerInfo`$([\s\S]*?)^#/m) ?? [];
    const listed = [...section.matchAll(/^\s*readonly (\w+)\??:/gm)].map(([, name]) => name);
    expect([...facts].sort()).toEqual([...listed].sort());
  });

  test('is frozen, and by it nothing but its headers can be reached', async () => {
    const router = createV2Router();
    await joinV2(router);
    const view = only(router);
    const found = [...reachable(view)];
    expect(found).toEqual([view, view.headers]);
    for (const each of found) expect(Object.isFrozen(each)).toBe(true);
    for (const name of facts) expect(Reflect.set(view, name, 'else')).toBe(false);
  });

  test('has headers that are not those of the request', () => {
    const router = createV2Router();
    const headers = { cookie: 'sid=1' };
    const handshake = { protocol: 'wamp.2.json', remoteAddress: undefined, headers };
    const { close } = createMemoryLink(
      { received: () => {}, closed: () => {} },
      (link) => router.connect(link, handshake).listener,
    );
    const view = only(router);
    expect(view.headers).toEqual({ cookie: 'sid=1' });
    headers.cookie = 'sid=2';
    expect(Reflect.set(view.headers, 'cookie', 'sid=3')).toBe(false);
    expect([view.headers, headers]).toEqual([{ cookie: 'sid=1' }, { cookie: 'sid=2' }]);
    expect(view.headers).toBe(view.headers);
    close();
  });

  test('shows how things are when it is read', async () => {
    const router = createV2Router(withPrincipals([['joe', 'member']]));
    const early = connectV2InMemory(router);
    const view = only(router);
    expect(view).toMatchObject({ protocol: 'wamp.2.json', state: 'welcome', authid: null, authrole: null });
    await early.close();
    await vi.waitFor(() => expect(view.state).toBe('closed'));
    await joinAs(router, 'joe');
    expect(only(router)).toMatchObject({ state: 'authenticated', authid: 'joe', authrole: 'member', pendingBytes: 0 });
  });

  test('is one and the same for connections(), messageToPublish and procedures', async () => {
    const seen = new Set<unknown>();
    const router = createV2Router(
      {},
      {
        messageToPublish: (connection) => {
          seen.add(connection);
        },
      },
    );
    router.registerRPC('com.see', ({ connection }: ProcedureCall) => seen.add(connection).size);
    const peer = await joinV2(router);
    await peer.call('com.see');
    await peer.publish('com.topic', [], { acknowledge: true });
    seen.add(only(router));
    expect([...seen]).toEqual([only(router)]);
    expect(only(router)).toBeInstanceOf(ConnectionView);
  });

  test('is printed, and turned into JSON, without its headers', async () => {
    const router = createV2Router();
    const { session } = await joinV2(router);
    expect(session).toBeGreaterThan(0);
    const view = only(router);
    const { id, protocol, remoteAddress, state, authid, authrole } = view;
    expect(JSON.parse(JSON.stringify(view))).toEqual({ id, protocol, state, authid, authrole });
    expect(inspect(view)).toBe(inspect({ id, protocol, remoteAddress, state, authid, authrole }));
  });

  test('counts what its peer has sent and was sent', async () => {
    const router = createV2Router();
    const { url } = await router.listen({ port: 0 });
    onTestFinished(() => router.close({ drain: 0 }));
    const peer = await connectV2(url);
    const texts = [
      '[1,"realm1",{"roles":{"subscriber":{},"publisher":{}}}]',
      '[32,1,{},"com.topic"]',
      '[16,2,{"acknowledge":true,"exclude_me":false},"com.topic",["é"]]',
    ];
    for (const text of texts) peer.wire.send(text);
    for (const type of [code.WELCOME, code.SUBSCRIBED, code.PUBLISHED, code.EVENT]) await peer.take(type);
    const { messagesReceived, bytesReceived, messagesSent, bytesSent, mostPendingBytes } = only(router);
    expect([messagesReceived, bytesReceived]).toEqual([3, Buffer.byteLength(texts.join(''))]);
    // A frame of so short a message has a header of two octets, and of four from 126 octets on.
    const frames = peer.received.map((message) => Buffer.byteLength(JSON.stringify(message)));
    const octets = frames.reduce((sum, length) => sum + length + (length < 126 ? 2 : 4), 0);
    expect([messagesSent, bytesSent]).toEqual([4, octets]);
    expect(mostPendingBytes).toBeGreaterThan(100);
    expect(mostPendingBytes).toBeLessThanOrEqual(octets);
    await peer.close();
  });

  test('says how many octets have waited at most, long after they were written', () => {
    const router = createV2Router();
    const frames: number[] = [];
    let isFull = false;
    const link = {
      framing: payloadFraming,
      write: (_: readonly Uint8Array[], octets: number) => {
        frames.push(octets);
        return !isFull;
      },
      close: () => {},
      terminate: () => {},
      pause: () => {},
      resume: () => {},
    };
    const { listener, start } = router.connect(link, {
      protocol: 'wamp.2.json',
      remoteAddress: undefined,
      headers: {},
    });
    start();
    const say = (text: string): void => listener.received(Buffer.from(text), false);
    say('[1,"realm1",{"roles":{"subscriber":{},"publisher":{}}}]');
    say('[32,1,{},"com.topic"]');
    isFull = true;
    listener.flush?.();
    for (let at = 2; at < 12; at += 1) say(`[16,${at},{"exclude_me":false},"com.topic",["${'x'.repeat(1_000)}"]]`);
    const most = only(router).pendingBytes;
    expect(most).toBeGreaterThan(10_000);
    expect(only(router).mostPendingBytes).toBe(most);
    isFull = false;
    listener.drained?.();
    expect(only(router).pendingBytes).toBe(0);
    expect(only(router)).toMatchObject({ mostPendingBytes: most, bytesSent: frames.reduce((sum, each) => sum + each) });
    listener.closed();
  });

  test('is frozen for a peer in this process as well', async () => {
    const router = new Postmaster({ realms: ['realm1'] });
    const session = router.session();
    let view: PeerInfo | undefined;
    await session.register('com.see', ({ connection }) => {
      view = connection;
    });
    await session.call('com.see');
    expect(view).toMatchObject({ protocol: 'local', state: 'authenticated', droppedEvents: 0, pendingBytes: 0 });
    for (const each of reachable(view)) expect(Object.isFrozen(each)).toBe(true);
    await router.close();
  });
});
