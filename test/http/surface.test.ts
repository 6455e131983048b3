import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { escapeHtml } from '../../src/http/html.ts';
import { describeSpan } from '../../src/http/page.ts';
import { createRequestReader } from '../../src/net/request.ts';
import { askRaw } from '../support/raw-client.ts';
import { startSurface } from '../support/surface.ts';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const setUp = async (settings: Parameters<typeof createRequestReader>[0] = { hosts: ['Router.example'] }) => {
  const facts = { state: 'listening' };
  const { port } = await startSurface({ requests: createRequestReader(settings), state: () => facts.state });
  const ask = (path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path, agent: false, ...options }, (response) => {
        let body = '';
        response.on('data', (data: Buffer) => {
          body += data;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      sent.on('error', reject);
      sent.end();
    });
  return { ask, facts, port };
};

describe('the HTTP surface', () => {
  test('says that it lives, and whether it is ready', async () => {
    const { ask, facts } = await setUp();
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ready\n' });
    facts.state = 'draining';
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: 'draining\n' });
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  test('shows a page with what runs here and how to connect', async () => {
    const { ask, port } = await setUp();
    const { status, body, headers } = await ask('/?query');
    expect(status).toBe(200);
    for (const text of [
      `ws://127.0.0.1:${port}/ws`,
      '9.9.9',
      'listening',
      '1 minute, 5 seconds',
      'com.example.add',
      '/connection.svg',
      '<code>wamp.2.json</code>, <code>wamp.2.other</code> (WAMP v2)',
    ]) {
      expect(body).toContain(text);
    }
    expect(body).toContain('&lt;b&gt;realm&lt;/b&gt;');
    expect(body).not.toContain('<b>realm');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(body).not.toMatch(/<script|style="|onclick/);
  });

  test('allows its own style and no other', async () => {
    const { ask } = await setUp();
    const { body, headers } = await ask('/');
    const [, style = ''] = body.match(/<style>([\s\S]*)<\/style>/) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`'sha256-${hash}'`);
  });

  test('shows the page at addresses, loopback names and listed names, in any case of letters', async () => {
    const { ask } = await setUp();
    for (const host of [
      '127.0.0.1:8080',
      '[::1]',
      'localhost:8080',
      'LOCALHOST',
      'app.localhost',
      'ROUTER.example:8080',
    ]) {
      const { status, body } = await ask('/', { headers: { Host: host } });
      expect([host, status]).toEqual([host, 200]);
      expect(body).toContain(`ws://${host.toLowerCase()}/ws`);
    }
  });

  test.each(['/', '/connection.svg'])(
    'refuses %s under a name that is not listed, as any page may have given it',
    async (path) => {
      const { ask } = await setUp();
      for (const host of [
        'evil.example',
        'router.example.evil.example',
        'localhost.evil.example',
        'evillocalhost',
        'a, localhost',
        '"><img src=x>',
      ]) {
        const { status, body } = await ask(path, { headers: { Host: host } });
        expect([host, status]).toEqual([host, 403]);
        expect(body).toContain('the option "hosts"');
      }
      expect(await ask('/readyz', { headers: { Host: 'evil.example' } })).toMatchObject({ status: 200 });
    },
  );

  test('shows the page to nobody whose headers are not all known', async () => {
    const { port } = await setUp();
    const twoHosts = 'Host: localhost\r\nHost: evil.example\r\n';
    expect(await askRaw(port, `GET / HTTP/1.1\r\n${twoHosts}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    const many = 'a:\r\n'.repeat(1000);
    const hidden = `Host: localhost\r\nConnection: close\r\n${many}X-Forwarded-For: 203.0.113.5\r\n`;
    expect(await askRaw(port, `GET / HTTP/1.1\r\n${hidden}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('shows the page to this machine only', async () => {
    const { ask } = await setUp();
    for (const header of ['X-Forwarded-For', 'Forwarded']) {
      expect(await ask('/', { headers: { [header]: '127.0.0.1' } })).toMatchObject({ status: 403 });
    }
    expect(await ask('/readyz', { headers: { 'X-Forwarded-For': '1.2.3.4' } })).toMatchObject({ status: 200 });
  });

  test('shows the page behind a trusted proxy to visitors of this machine only', async () => {
    const { ask } = await setUp({ trustedProxies: ['127.0.0.1'] });
    const from = async (headers: Record<string, string>): Promise<number> => (await ask('/', { headers })).status;
    expect(await from({ 'X-Forwarded-For': '127.0.0.1' })).toBe(200);
    expect(await from({ 'X-Forwarded-For': '203.0.113.5' })).toBe(403);
    expect(await from({ 'X-Forwarded-For': '127.0.0.1, 203.0.113.5' })).toBe(403);
    expect(await from({ 'X-Forwarded-For': 'unknown' })).toBe(403);
    expect(await from({ 'X-Forwarded-For': '127.0.0.1', Forwarded: 'for=203.0.113.5' })).toBe(403);
    expect(await from({ 'X-Forwarded-For': '127.0.0.1', Host: 'evil.example' })).toBe(403);
    const { body } = await ask('/', { headers: { 'X-Forwarded-Proto': 'https', Host: 'localhost' } });
    expect(body).toContain('wss://localhost/ws');
  });

  test('serves the chart, and answers HEAD, other methods and other paths', async () => {
    const { ask } = await setUp();
    const body = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    expect(await ask('/connection.svg')).toMatchObject({ status: 200, body });
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await ask('/', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await ask('/nothing')).toMatchObject({ status: 404 });
  });
});

describe('words of the page', () => {
  test.each([
    [0, '0 seconds'],
    [1_000, '1 second'],
    [61_000, '1 minute, 1 second'],
    [3_600_000, '1 hour'],
    [90_000_000, '1 day, 1 hour'],
  ])('say %i ms as %s', (ms, words) => {
    expect(describeSpan(ms)).toBe(words);
  });

  test('escape what HTML would read', () => {
    expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
  });
});
