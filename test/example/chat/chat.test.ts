import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ClientOptions, ReceivedEvent, WampClient } from '../../../src/client.ts';
import { connect } from '../../../src/client.ts';
import { useBrowser } from '../../support/browser.ts';
import { start } from './main.ts';

const topic = 'com.chat.message';

const startChat = async (): Promise<string> => {
  const { url, close } = await start(0);
  onTestFinished(close);
  return url;
};

const logIn = (url: string, name: string, password: string): Promise<Response> =>
  fetch(new URL('/login', url), {
    method: 'POST',
    body: new URLSearchParams({ name, password }),
    redirect: 'manual',
  });

/** The cookie of somebody who logs in, as a browser sends it back. */
const cookieOf = async (url: string, name: string, password: string): Promise<string> => {
  const response = await logIn(url, name, password);
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^member=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  return cookie.slice(0, cookie.indexOf(';'));
};

/** Joins as the page does. */
const join = async (url: string, options: Partial<ClientOptions> = {}): Promise<WampClient> => {
  const client = await connect({
    url: new URL('/ws', url.replace('http', 'ws')).href,
    realm: 'chat',
    auth: [{ method: 'cookie' }, { method: 'anonymous' }],
    reconnect: false,
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
};

const write = (client: WampClient, text: unknown): Promise<unknown> =>
  client.publish(topic, [text], undefined, { acknowledge: true });

describe('the chat', () => {
  test('knows a member by the cookie, and tells everybody who has written', async () => {
    const url = await startChat();
    const guest = await join(url);
    const heard: ReceivedEvent[] = [];
    await guest.subscribe(topic, (event) => heard.push(event));

    const alice = await join(url, { headers: { cookie: await cookieOf(url, 'alice', 'wonderland') } });
    expect(alice.session).toMatchObject({ authid: 'alice', authrole: 'member' });
    await write(alice, 'hello');
    await vi.waitFor(() => expect(heard).toMatchObject([{ args: ['hello'], details: { publisher_authid: 'alice' } }]));
  });

  test('lets nobody write who has not logged in, or has a cookie of nobody', async () => {
    const url = await startChat();
    for (const headers of [{}, { cookie: 'member=alice' }]) {
      const guest = await join(url, { authid: 'alice', headers });
      expect(guest.session).toMatchObject({ authrole: 'anonymous', authid: expect.not.stringMatching(/^alice$/) });
      await expect(write(guest, 'hello')).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    }
  });

  test.each([
    ['alice', 'builder'],
    ['carol', ''],
    ['constructor', 'wonderland'],
  ])('gives %s no cookie for the password "%s"', async (name, password) => {
    const response = await logIn(await startChat(), name, password);
    expect({ status: response.status, cookies: response.headers.getSetCookie() }).toEqual({ status: 403, cookies: [] });
  });

  test.each([[''], ['x'.repeat(501)], [{ text: 'hello' }]])('refuses a message of the wrong kind: %j', async (text) => {
    const url = await startChat();
    const bob = await join(url, { headers: { cookie: await cookieOf(url, 'bob', 'builder') } });
    await expect(write(bob, text)).rejects.toBeInstanceOf(Error);
    await write(bob, 'x'.repeat(500));
  });

  test('refuses the page of another site, although its browser sends the cookie', async () => {
    const url = await startChat();
    const cookie = await cookieOf(url, 'alice', 'wonderland');
    await expect(join(url, { headers: { cookie, origin: 'https://other.example' } })).rejects.toThrow('403');
    await join(url, { headers: { cookie, origin: new URL(url).origin } });
  });
});

describe('logging out', () => {
  const logOut = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(new URL('/logout', url), { method: 'POST', headers, redirect: 'manual' });

  test("ends the cookies of a member and the sessions that began with them, and nobody else's", async () => {
    const url = await startChat();
    const bob = await join(url, { headers: { cookie: await cookieOf(url, 'bob', 'builder') } });
    const cookies = [await cookieOf(url, 'alice', 'wonderland'), await cookieOf(url, 'alice', 'wonderland')];
    const ended: string[] = [];
    for (const cookie of cookies) await join(url, { headers: { cookie }, onEnd: ({ reason }) => ended.push(reason) });

    const response = await logOut(url, { cookie: `theme=dark; ${cookies[0]}` });
    expect(response.headers.getSetCookie()).toEqual(['member=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    await vi.waitFor(() => expect(ended).toEqual(['wamp.close.killed', 'wamp.close.killed']));
    for (const cookie of cookies) {
      expect((await join(url, { headers: { cookie } })).session).toMatchObject({ authrole: 'anonymous' });
    }
    await write(bob, 'still here');
  });

  test('without a cookie of a member ends nothing', async () => {
    const url = await startChat();
    const [guest, bob] = [
      await join(url),
      await join(url, { headers: { cookie: await cookieOf(url, 'bob', 'builder') } }),
    ];
    for (const headers of [{}, { cookie: 'member=bob' }]) expect((await logOut(url, headers)).status).toBe(302);
    await write(bob, 'still here');
    await guest.subscribe(topic, () => {});
  });
});

describe('the page of the chat', { timeout: 60_000 }, () => {
  const pageOr = useBrowser('The page of the chat');

  test('is served with its client', async () => {
    const url = await startChat();
    const page = await (await fetch(url)).text();
    const [, script = ''] = /<script src="([^"]+)">/.exec(page) ?? [];
    expect(await (await fetch(new URL(script, url))).text()).toContain('Wampy');
  });

  test('lets a guest read, write after logging in, and only read after logging out', async ({ skip }) => {
    const page = pageOr(skip);
    const url = await startChat();
    const bob = await join(url, { headers: { cookie: await cookieOf(url, 'bob', 'builder') } });
    const shown = (text: string): Promise<void> =>
      vi.waitFor(async () => expect(await page.evaluate('document.body.innerText')).toContain(text), 20_000);

    await page.open(url, { width: 800, height: 600, scheme: 'light' });
    await shown('You are a guest');
    expect(await page.evaluate('document.forms.write.hidden')).toBe(true);
    await write(bob, '<b>hello</b>');
    await shown('bob: <b>hello</b>');

    await page.evaluate(`{
      const { login } = document.forms;
      login.elements.name.value = 'alice';
      login.elements.password.value = 'wonderland';
      login.requestSubmit();
    }`);
    await shown('You are alice.');
    await page.evaluate(`{
      const { write } = document.forms;
      write.elements.text.value = 'hello bob';
      write.requestSubmit();
    }`);
    await shown('alice: hello bob');
    expect(await page.evaluate('document.cookie')).toBe('');

    await page.evaluate('document.forms.logout.requestSubmit()');
    await shown('You are a guest');
    expect(await page.evaluate('document.forms.logout.hidden')).toBe(true);
  });
});
