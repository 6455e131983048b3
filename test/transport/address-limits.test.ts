import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAddressBook } from '../../src/transport/address-limits.ts';
import { RawSocketClient, request } from '../support/rawsocket-client.ts';
import { everything, startOpenRouter, startRouter } from '../support/router.ts';
import { askUpgrade } from '../support/upgrade.ts';
import { connectV2 } from '../support/v2-client.ts';
import { connectV2RawSocket } from '../support/v2-rawsocket.ts';
import { code } from '../support/v2-router.ts';

const bounded = { limitLoopback: true, limits: { maxConnectionsPerAddress: 2 } };
const everyone = { realms: [{ name: 'realm1', anonymous: everything }] };

/** The status and body that an upgrade is refused with. */
const refusedWebSocket = async (url: string): Promise<readonly [number | undefined, string]> => {
  const { status, body } = await askUpgrade(url);
  expect(status).not.toBe(101);
  return [status, body];
};

/** The four octets that a RawSocket handshake is answered with. */
const rawReply = async (port: number): Promise<readonly number[]> => {
  const client = new RawSocketClient(connect(port, '127.0.0.1'));
  onTestFinished(() => void client.socket.destroy());
  client.write(request());
  await vi.waitFor(() => expect(client.reply).toHaveLength(4));
  client.socket.destroy();
  return client.reply;
};
const tooManyConnections = [0x7f, 0x40, 0, 0];

describe('an address that has as many connections as it may have', () => {
  test('is refused the next one, over WebSocket and RawSocket alike, until one is gone', async () => {
    const { postmaster, url } = await startRouter({ ...everyone, ...bounded });
    const { port } = await postmaster.listenRawSocket({ port: 0 });
    const web = await connectV2(url);
    const raw = await connectV2RawSocket(port!);
    expect(await refusedWebSocket(url)).toEqual([429, 'Refused: too many connections from this address.\n']);
    expect(await rawReply(port!)).toEqual(tooManyConnections);
    expect(postmaster.stats()).toMatchObject({ connections: 2, counters: { upgrade_refused: 2 } });
    await web.close();
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(1));
    const next = await connectV2RawSocket(port!);
    expect((await refusedWebSocket(url))[0]).toBe(429);
    await next.close();
    await raw.close();
    await vi.waitFor(() => expect(postmaster.stats().connections).toBe(0));
    await connectV2(url);
    await connectV2(url);
    expect(await rawReply(port!)).toEqual(tooManyConnections);
  });

  test('is not refused where it is loopback, unless asked', async () => {
    const { postmaster, url } = await startOpenRouter({ limits: bounded.limits });
    await Promise.all([connectV2(url), connectV2(url), connectV2(url)]);
    expect(postmaster.stats().connections).toBe(3);
  });
});

describe('a peer that opens one session after the other on its link', () => {
  const limited = { ...everyone, limitLoopback: true, limits: { maxJoinsPerSecond: 5 } };

  test.each(['WebSocket', 'RawSocket'])(
    'joins with each HELLO, and is ended when it joins too often: %s',
    async (kind) => {
      const { postmaster, url } = await startRouter(limited);
      const { port } = await postmaster.listenRawSocket({ port: 0 });
      const peer = await (kind === 'WebSocket' ? connectV2(url) : connectV2RawSocket(port!));
      let joins = 0;
      let answer = await peer.hello();
      while (answer[0] === code.WELCOME && joins < 1000) {
        joins += 1;
        peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
        await peer.take(code.GOODBYE);
        answer = await peer.hello();
      }
      expect(answer).toEqual([
        code.ABORT,
        { message: 'too many connections per second from this address' },
        'wamp.error.unavailable',
      ]);
      expect(joins).toBeGreaterThanOrEqual(5);
      await peer.closed;
      // It has failed no authentication, so its address is not shut out for a minute.
      expect(postmaster.stats().counters).toMatchObject({ auth_failed: 0, limit_reached: 1 });
    },
  );

  test('is not bounded on loopback, unless asked', async () => {
    const { url } = await startRouter({ ...limited, limitLoopback: false });
    const peer = await connectV2(url);
    for (let joins = 0; joins < 30; joins += 1) {
      expect((await peer.hello())[0]).toBe(code.WELCOME);
      peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
      await peer.take(code.GOODBYE);
    }
  });
});

describe('the address book', () => {
  const limits = {
    maxJoinsPerSecond: 3,
    maxFailedAuthsPerMinute: 1,
    maxConnectionsPerAddress: 2,
    limitLoopback: false,
  };
  const address = '203.0.113.5';

  test('counts the connection as one join, and each further session as another', () => {
    let time = 0;
    const book = createAddressBook(limits, () => time);
    const joins = [book.admit(address), book.rejoin(address), book.rejoin(address)];
    expect(joins).toEqual([undefined, undefined, undefined]);
    expect(book.rejoin(address)).toContain('per second');
    expect(book.admit(address)).toContain('per second');
    time = 1000;
    expect(book.rejoin(address)).toBeUndefined();
  });

  test('remembers connections over the minutes, and forgets failures', () => {
    let time = 0;
    const book = createAddressBook(limits, () => time);
    book.connected(address);
    book.connected(address);
    book.connected('127.0.0.1');
    book.authFailed(address);
    for (time = 61_000; time < 600_000; time += 61_000) {
      expect(book.admit(address)).toBe('too many connections from this address');
      expect(book.rejoin(address)).toBeUndefined();
    }
    book.disconnected(address);
    expect(book.admit(address)).toBeUndefined();
    book.authFailed(address);
    expect(book.admit(address)).toContain('failed authentications');
  });
});
