import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { ClientAuth, WampClient } from '../src/client.ts';
import { connect } from '../src/client.ts';
import { checkConfig, optionsOf } from '../src/config/schema.ts';
import { Postmaster } from '../src/index.ts';
import { blockBehind } from './support/documents.ts';

/** A router with a config of MIGRATING.md, on its listener but for the port; opens clients. */
const start = async (marker: string) => {
  const config = checkConfig(parse(blockBehind('MIGRATING.md', marker, 'yaml')), 'MIGRATING.md', { isData: true });
  const postmaster = new Postmaster({ ...optionsOf(config), logger: false });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  const { path = '/ws' } = config.listeners[0] ?? {};
  const { url } = await postmaster.listen({ port: 0, path });
  return async (authid?: string, ...auth: readonly ClientAuth[]): Promise<WampClient> => {
    const client = await connect({ url, realm: 'realm1', reconnect: false, ...(authid && { authid, auth }) });
    onTestFinished(() => client.close());
    return client;
  };
};

describe('MIGRATING.md', () => {
  test('has the roles and the salted secret of a crossbar config', async () => {
    const join = await start('A test logs in with this config');
    const backend = await join('peter', { method: 'wampcra', secret: 'secret1' });
    expect(backend.session).toMatchObject({ authid: 'peter', authrole: 'backend' });
    await backend.register('com.shop.price', () => 7);
    const frontend = await join();
    expect((await frontend.call('com.shop.price')).args).toEqual([7]);
    await expect(frontend.register('com.shop.other', () => 1)).rejects.toMatchObject({
      uri: 'wamp.error.not_authorized',
    });
  });

  test('has the open realm of a nexus config', async () => {
    const join = await start('A test joins with this config');
    const [callee, caller] = [await join(), await join()];
    await callee.register('nexus.sum', ({ args }) => Number(args[0]) + Number(args[1]));
    expect((await caller.call('nexus.sum', [2, 3])).args).toEqual([5]);
  });
});
