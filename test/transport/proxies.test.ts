import { describe, expect, test, vi } from 'vitest';
import { createNetworkList, isNetwork } from '../../src/net/address.ts';
import { startOpenRouter, startRouter } from '../support/router.ts';
import type { Headers } from '../support/upgrade.ts';
import { askUpgrade } from '../support/upgrade.ts';
import { connectV1 } from '../support/v1-client.ts';

/** The status that an upgrade with these headers is answered with. */
const ask = async (url: string, headers: Headers): Promise<number | undefined> =>
  (await askUpgrade(url, { 'Sec-WebSocket-Protocol': 'wamp', ...headers })).status;

/** The address that the router knows the peer of such a request by. */
const addressOf = async (trustedProxies: readonly string[], forwarded: string | string[]): Promise<unknown> => {
  const { url, postmaster } = await startOpenRouter({ trustedProxies });
  expect(await ask(url, { 'X-Forwarded-For': forwarded })).toBe(101);
  return [...postmaster.connections()][0]?.remoteAddress;
};

describe('X-Forwarded-For', () => {
  test.each<[string, readonly string[], string | string[], string]>([
    ['of a proxy that is not listed does not count', [], '203.0.113.5', '127.0.0.1'],
    ['of a proxy in another network does not count', ['127.0.0.2', '10.0.0.0/8', '::1'], '203.0.113.5', '127.0.0.1'],
    ['of a listed proxy names the peer', ['127.0.0.1'], '203.0.113.5', '203.0.113.5'],
    ['of a listed network names the peer', ['127.0.0.0/8'], '2001:db8::5', '2001:db8::5'],
    ['counts from the right, as the peer may have begun it', ['127.0.0.1'], '198.51.100.1, 203.0.113.5', '203.0.113.5'],
    ['over several lines is one list', ['127.0.0.1'], ['198.51.100.1', '203.0.113.5'], '203.0.113.5'],
    ['goes through all proxies that are listed', ['127.0.0.1', '10.0.0.0/8'], '203.0.113.5, 10.1.1.1', '203.0.113.5'],
    ['that names only listed proxies names the first', ['127.0.0.1', '10.0.0.0/8'], '10.2.2.2,10.1.1.1', '10.2.2.2'],
    ['may have ports', ['127.0.0.1'], '203.0.113.5:4711', '203.0.113.5'],
    ['may have brackets', ['127.0.0.1'], '[2001:db8::5]:4711', '2001:db8::5'],
    ['that names nobody leaves the proxy', ['127.0.0.1'], '203.0.113.5, unknown', '127.0.0.1'],
    ['that is empty leaves the proxy', ['127.0.0.1'], '', '127.0.0.1'],
  ])('%s', async (_, trustedProxies, forwarded, address) => {
    expect(await addressOf(trustedProxies, forwarded)).toBe(address);
  });

  test('of a listed proxy tells addresses apart where joins are bounded, loopback exempt', async () => {
    const limits = { maxJoinsPerSecond: 2 };
    const { url } = await startOpenRouter({ trustedProxies: ['127.0.0.1'], limits });
    const from = (address: string): Promise<readonly (number | undefined)[]> =>
      Promise.all(Array.from({ length: 8 }, () => ask(url, { 'X-Forwarded-For': address })));
    expect(await from('203.0.113.5')).toContain(429);
    expect(await from('127.0.0.1')).toEqual(Array(8).fill(101));
    expect(await ask(url, { 'X-Forwarded-For': '203.0.113.6' })).toBe(101);
  });

  test('of a peer that is no listed proxy counts nowhere: not in limits, not for failed logins, not in the log', async () => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    let forged = 0;
    const forge = (): Record<string, string> => {
      forged += 1;
      return { 'X-Forwarded-For': `203.0.113.${forged}`, 'Sec-WebSocket-Protocol': 'wamp.2.json' };
    };
    const full = await startOpenRouter({ limitLoopback: true, limits: { maxConnectionsPerAddress: 2 }, logger });
    expect([await ask(full.url, forge()), await ask(full.url, forge())]).toEqual([101, 101]);
    expect(await ask(full.url, forge())).toBe(429);
    const guessed = await startRouter({ limitLoopback: true, limits: { maxFailedAuthsPerMinute: 2 }, logger });
    // The count begins anew with every minute of the clock, so more than two may be needed.
    await vi.waitFor(async () => {
      const client = await connectV1(guessed.url, { headers: { 'X-Forwarded-For': '203.0.113.99' } });
      await client.authenticate('alice', 'wrong').catch(() => {});
      await client.close();
      expect(await ask(guessed.url, forge())).toBe(429);
    });
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ remoteAddress: '127.0.0.1' }), expect.anything());
    expect(JSON.stringify(warn.mock.calls)).not.toContain('203.0.113');
  });

  test('of a listed proxy is what the log says of a refusal', async () => {
    const warn = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn, error: () => {} };
    const { url } = await startOpenRouter({ trustedProxies: ['127.0.0.1'], logger });
    expect(await ask(url, { 'X-Forwarded-For': '203.0.113.5', Origin: 'http://evil.example' })).toBe(403);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ remoteAddress: '203.0.113.5' }), expect.anything());
  });
});

describe('X-Forwarded-Proto', () => {
  const page = { Host: 'router.example', Origin: 'https://router.example' };
  const hosts = ['router.example'];

  test('of a listed proxy is the scheme that a page of the own site has', async () => {
    const { url } = await startOpenRouter({ hosts, trustedProxies: ['127.0.0.1'] });
    for (const scheme of ['https', 'wss', 'HTTPS', 'http, https']) {
      expect([scheme, await ask(url, { ...page, 'X-Forwarded-Proto': scheme })]).toEqual([scheme, 101]);
    }
    for (const scheme of ['http', 'ws', 'https, http', 'ftp', '']) {
      expect([scheme, await ask(url, { ...page, 'X-Forwarded-Proto': scheme })]).toEqual([scheme, 403]);
    }
    expect(await ask(url, page)).toBe(403);
    expect(await ask(url, { ...page, Origin: 'http://router.example', 'X-Forwarded-Proto': 'https' })).toBe(403);
  });

  test('of a proxy that is not listed does not count', async () => {
    const { url } = await startOpenRouter({ hosts, trustedProxies: ['10.0.0.0/8'] });
    expect(await ask(url, { ...page, 'X-Forwarded-Proto': 'https' })).toBe(403);
    expect(await ask(url, { ...page, Origin: 'http://router.example', 'X-Forwarded-Proto': 'https' })).toBe(101);
  });

  test('does not let a listed proxy pass a Host that is not known', async () => {
    const { url } = await startOpenRouter({ trustedProxies: ['127.0.0.1'] });
    expect(await ask(url, { ...page, 'X-Forwarded-Proto': 'https' })).toBe(403);
  });
});

describe('a list of networks', () => {
  test('knows an address in any way of writing it', () => {
    const isListed = createNetworkList(['10.0.0.0/8', 'fd00::/8', '192.0.2.1', '::ffff:198.51.100.0/120']);
    for (const address of ['10.255.0.1', '::ffff:10.0.0.1', '::ffff:a00:1', 'FD00::1', '192.0.2.1', '198.51.100.7']) {
      expect([address, isListed(address)]).toEqual([address, true]);
    }
    for (const address of ['11.0.0.1', 'fe00::1', '192.0.2.2', '', 'localhost', '10.0.0.1.example', undefined]) {
      expect([address, isListed(address)]).toEqual([address, false]);
    }
  });

  test('knows an IPv4 address in a network that is written as one of IPv6', () => {
    for (const network of ['::/0', '::ffff:0:0/96', '::ffff:c633:6400/120']) {
      expect([network, createNetworkList([network])('198.51.100.7')]).toEqual([network, true]);
    }
    for (const network of ['::ffff:198.51.100.8/128', '::/96', 'fd00::/8']) {
      expect([network, createNetworkList([network])('198.51.100.7')]).toEqual([network, false]);
    }
  });

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    '::1/-1',
    '10.0.0',
    'localhost',
    '',
    '*',
    'fe80::1%eth0',
  ])('takes no "%s"', (text) => {
    expect(isNetwork(text)).toBe(false);
  });

  test.each(['0.0.0.0/0', '::/0', '10.0.0.0/32', '::1/128'])('takes "%s"', (text) => {
    expect(isNetwork(text)).toBe(true);
  });
});
