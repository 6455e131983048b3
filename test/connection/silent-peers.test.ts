import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { SilentPeers } from '../../src/connection/silent-peers.ts';
import type { PostmasterOptions } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { connectRaw } from '../support/raw-client.ts';
import { everything, expectNothingLeft } from '../support/router.ts';
import { askUpgrade } from '../support/upgrade.ts';
import { connectV1, connectV1InMemory } from '../support/v1-client.ts';
import { connectV2, connectV2InMemory } from '../support/v2-client.ts';
import { connectV2RawSocket } from '../support/v2-rawsocket.ts';
import { certificate, key } from '../transport/certificate.ts';

const madeRoom = { code: 1013, reason: 'postmaster.close.silent' };

const serve = async (options: Partial<PostmasterOptions> = {}, tls = false) => {
  const router = new Postmaster({ realms: [{ name: 'realm1', anonymous: everything }], ...options });
  onTestFinished(() => router.close({ drain: 0 }));
  router.registerUnauthRPC('urn:open', () => 'open');
  const { url } = await router.listen({ port: 0, ...(tls && { tls: { cert: certificate, key } }) });
  const raw = await router.listenRawSocket({ port: 0 });
  return { router, url, rawPort: raw.port as number };
};

/** A silent v1 peer from one of the addresses of this machine: 127.0.0.1, 127.0.0.2, ... */
const comeFrom = async (url: string, localAddress: string, options = {}) => {
  const socket = new WebSocket(url, 'wamp', { localAddress, perMessageDeflate: false, ...options });
  onTestFinished(() => socket.terminate());
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.on('error', reject);
  });
  return { socket, closed };
};

describe('a router that is full', () => {
  test('closes the v1 peer that has been silent for longest, and tells it why', async () => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const { router, url } = await serve({ limits: { maxConnections: 3 }, logger });
    const first = await connectV1(url);
    const speaker = await connectV1(url);
    const second = await connectV1(url);
    expect(await speaker.call('urn:open')).toBe('open');
    const third = await connectV1(url);
    expect(await first.closed).toEqual(madeRoom);
    const fourth = await connectV1(url);
    expect(await second.closed).toEqual(madeRoom);
    expect(await speaker.call('urn:open')).toBe('open');
    expect(await third.call('urn:open')).toBe('open');
    expect(router.stats()).toMatchObject({ connections: 3, counters: { silent_closed: 2, upgrade_refused: 0 } });
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ cause: 'silent_closed', remoteAddress: '127.0.0.1', reason: madeRoom.reason }),
      'a connection is closed by the router',
    );
    for (const client of [speaker, third, fourth]) await client.close();
    await expectNothingLeft(router);
  });

  test.each<[string, unknown]>([
    ['a PREFIX', [1, 'p', 'urn:']],
    ['a SUBSCRIBE that is refused', [5, 'urn:t']],
    ['a CALL of what there is not', [2, 'id', 'urn:nothing']],
  ])('closes nobody who has said anything, be it %s', async (_, message) => {
    const { router, url } = await serve({ limits: { maxConnections: 1 } });
    const speaker = await connectV1(url);
    speaker.send(JSON.stringify(message));
    expect(await speaker.call('urn:open')).toBe('open');
    expect(await askUpgrade(url)).toMatchObject({ status: 503 });
    expect(await speaker.call('urn:open')).toBe('open');
    expect(router.stats().counters.silent_closed).toBe(0);
  });

  test('takes what is no message for silence', async () => {
    const { router, url } = await serve({ limits: { maxConnections: 1 } });
    const mumbler = await connectV1(url);
    mumbler.send('rubbish');
    await vi.waitFor(() => expect(router.stats().counters.bad_message).toBe(1));
    await connectV1(url);
    expect(await mumbler.closed).toEqual(madeRoom);
  });

  test('closes no WAMP v2 peer, whose HELLO has a deadline', async () => {
    const { router, url } = await serve({ limits: { maxConnections: 1 } });
    const peer = await connectV2(url);
    expect(await askUpgrade(url)).toMatchObject({ status: 503 });
    expect((await peer.hello())[0]).toBe(2);
    expect(router.stats().counters.silent_closed).toBe(0);
  });

  test('makes room for RawSocket, and for v1 peers of an open realm, as for all others', async () => {
    const { url, rawPort } = await serve({ limits: { maxConnections: 1 }, v1: { open: true } });
    const silent = await connectV1(url);
    const peer = await connectV2RawSocket(rawPort);
    expect(await silent.closed).toEqual(madeRoom);
    expect((await peer.hello())[0]).toBe(2);
  });

  test('closes as many as come, and has no more connections than it may have', async () => {
    const maxConnections = 10;
    const { router, url } = await serve({ limits: { maxConnections } });
    const silent = await Promise.all(Array.from({ length: maxConnections }, () => connectV1(url)));
    const coming = await Promise.allSettled(Array.from({ length: 2 * maxConnections }, () => connectV2(url)));
    expect(coming.filter(({ status }) => status === 'fulfilled')).toHaveLength(maxConnections);
    for (const { closed } of silent) expect(await closed).toEqual(madeRoom);
    await vi.waitFor(() => expect(router.stats().connections).toBe(maxConnections));
    expect(router.stats().counters).toMatchObject({ silent_closed: 10, upgrade_refused: 10 });
  });

  test.each<[string, object, boolean]>([
    ['over TLS', {}, true],
    ['with compression', { compression: { threshold: 0 } }, false],
    ['run by actors of XState', { machines: 'xstate' }, false],
  ])('tells a silent peer why %s', async (_, options, tls) => {
    const { router, url } = await serve({ limits: { maxConnections: 1 }, ...options }, tls);
    const settings = { ca: certificate, perMessageDeflate: { threshold: 0 } };
    const silent = await comeFrom(url, '127.0.0.1', settings);
    await comeFrom(url, '127.0.0.1', settings);
    expect(await silent.closed).toEqual(madeRoom);
    await vi.waitFor(() => expect(router.stats().connections).toBe(1));
  });

  test('closes one for each that comes, also in one turn of the event loop', async () => {
    const { router } = await serve({ limits: { maxConnections: 2 } });
    const silent = [await connectV1InMemory(router), await connectV1InMemory(router)];
    const coming = [connectV2InMemory(router), connectV2InMemory(router)];
    for (const { closed } of silent) expect(await closed).toEqual(madeRoom);
    for (const peer of coming) expect((await peer.hello())[0]).toBe(2);
    expect(router.stats()).toMatchObject({ connections: 2, counters: { silent_closed: 2 } });
  });

  test('does not wait for a silent peer to answer its close frame', async () => {
    const { router, url } = await serve({ limits: { maxConnections: 1, closeTimeout: 60_000 } });
    const silent = await connectRaw(Number(new URL(url).port));
    const peer = await connectV2(url);
    await silent.ended;
    expect(silent.closing).toEqual(madeRoom);
    expect((await peer.hello())[0]).toBe(2);
    expect(router.stats().connections).toBe(1);
  });

  test('does not count on silent peers that have gone by themselves', async () => {
    const { router, url } = await serve({ limits: { maxConnections: 2 } });
    await (await connectV1(url)).close();
    await vi.waitFor(() => expect(router.stats().connections).toBe(0));
    const [speaker, silent] = [await connectV1(url), await connectV1(url)];
    await speaker.barrier();
    await connectV2(url);
    expect(await silent.closed).toEqual(madeRoom);
    expect(await askUpgrade(url)).toMatchObject({ status: 503 });
  });

  test('closes nobody for one that is refused for another reason', async () => {
    const { router, url } = await serve({ limits: { maxConnections: 1, maxJoinsPerSecond: 1 }, limitLoopback: true });
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const silent = await connectV1(url);
    expect(await askUpgrade(url)).toMatchObject({ status: 429 });
    expect(await silent.call('urn:open')).toBe('open');
    expect(router.stats().counters.silent_closed).toBe(0);
  });
});

describe('an address that has as many connections as it may have', () => {
  const bounded = { limitLoopback: true, limits: { maxConnectionsPerAddress: 2 } };

  test('loses the one of its own that has been silent for longest, and nobody else does', async () => {
    const { router, url } = await serve(bounded);
    const elsewhere = await comeFrom(url, '127.0.0.2');
    const [first, second] = [await comeFrom(url, '127.0.0.1'), await comeFrom(url, '127.0.0.1')];
    const third = await comeFrom(url, '127.0.0.1');
    expect(await first.closed).toEqual(madeRoom);
    for (const { socket } of [second, third]) {
      socket.send(JSON.stringify([2, 'id', 'urn:open']));
      await new Promise((answered) => socket.once('message', answered));
    }
    expect(await askUpgrade(url)).toMatchObject({ status: 429 });
    expect(elsewhere.socket.readyState).toBe(WebSocket.OPEN);
    expect(router.stats()).toMatchObject({ connections: 3, counters: { silent_closed: 1 } });
  });

  test('in a router that is full makes room for its own', async () => {
    const { router, url } = await serve({ ...bounded, limits: { ...bounded.limits, maxConnections: 3 } });
    const elsewhere = await comeFrom(url, '127.0.0.2');
    const first = await comeFrom(url, '127.0.0.1');
    await comeFrom(url, '127.0.0.1');
    await comeFrom(url, '127.0.0.1');
    expect(await first.closed).toEqual(madeRoom);
    // Another address is not at its limit: the oldest of all makes room.
    await comeFrom(url, '127.0.0.3');
    expect(await elsewhere.closed).toEqual(madeRoom);
    await vi.waitFor(() => expect(router.stats()).toMatchObject({ connections: 3, counters: { silent_closed: 2 } }));
  });
});

test('silent peers are known in the order in which they came, of all and of each address', () => {
  const step = fc.record({ leaves: fc.boolean(), at: fc.nat(20), remoteAddress: fc.constantFrom('a', 'b', undefined) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const peers = new SilentPeers<{ readonly remoteAddress: string | undefined }>();
      let known: { readonly remoteAddress: string | undefined }[] = [];
      for (const { leaves, at, remoteAddress } of steps) {
        const leaving = known[at % (known.length || 1)];
        if (leaves && leaving) {
          peers.delete(leaving);
          peers.delete(leaving);
          known = known.filter((peer) => peer !== leaving);
        } else {
          const coming = { remoteAddress };
          peers.add(coming);
          known.push(coming);
        }
        expect(peers.oldest()).toBe(known[0]);
        for (const address of ['a', 'b', undefined]) {
          expect(peers.oldestOf(address)).toBe(known.find((peer) => peer.remoteAddress === address));
        }
      }
    }),
  );
});
