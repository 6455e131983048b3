/** A URL may contain a password, which is sent to the router and shown nowhere. */

import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, connect, LinkError } from '../../src/client.ts';
import { createV2Router } from '../support/v2-router.ts';

const failureOf = (url: string): Promise<Error> =>
  connect({ url, realm: 'realm1' }).then(
    () => expect.fail('it was not rejected'),
    (error: Error) => error,
  );

describe('the error about a URL', () => {
  test.each([
    ['ws://joe:secret@127.0.0.1:1/ws?token=secret', 'ws://127.0.0.1:1/ws: '],
    ['wss://:secret@127.0.0.1:1/ws', 'wss://127.0.0.1:1/ws: '],
    ['ws://secret@[::1]:1/', 'ws://[::1]:1/: '],
    ['rs://joe:secret@127.0.0.1:1', 'rs://127.0.0.1:1: '],
    ['rss://joe:secret@127.0.0.1:1?secret', 'rss://127.0.0.1:1: '],
    ['unix:///nowhere/at.all', 'unix:///nowhere/at.all: '],
  ])('where nobody listens is without user, password and query: %s', async (url, shown) => {
    const failure = await failureOf(url);
    expect(failure).toBeInstanceOf(LinkError);
    expect(failure.message.startsWith(`cannot connect to ${shown}`)).toBe(true);
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('secret');
  });

  test.each([
    ['http://joe:secret@127.0.0.1/', 'the URL must begin with ws, wss, rs, rss or unix and ://'],
    ['joe:secret@127.0.0.1', 'the URL must begin with ws, wss, rs, rss or unix and ://'],
    ['ws://joe:secret@', 'the URL cannot be read'],
    ['rs://joe:secret@127.0.0.1:port', 'the URL cannot be read'],
    ['ws://joe:secret@127.0.0.1/#part', 'the URL must have no fragment'],
  ])('that is none quotes nothing of it: %s', async (url, message) => {
    const failure = await failureOf(url);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure.message).toBe(message);
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('secret');
  });
});

test('user and password of a URL are sent to the router', async () => {
  const postmaster = createV2Router();
  const { url } = await postmaster.listen({ port: 0 });
  const client = await connect({ url: url.replace('ws://', 'ws://joe:secret@'), realm: 'realm1' });
  onTestFinished(() => client.close());
  const [connection] = postmaster.connections();
  expect(connection?.headers.authorization).toBe(`Basic ${Buffer.from('joe:secret').toString('base64')}`);
});
