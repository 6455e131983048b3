/** Peers that send so much, or messages that take so long to read, that other peers could not be served. */

import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Postmaster } from '../../src/index.ts';
import { connectRaw, frame } from '../support/raw-client.ts';
import { RawSocketClient, rawFrame, request } from '../support/rawsocket-client.ts';
import { expectNothingLeft } from '../support/router.ts';
import { basicRoles, connectV2, joinV2 } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const topic = 'com.topic';
const hello = JSON.stringify([code.HELLO, 'realm1', { roles: basicRoles }]);
const subscribe = JSON.stringify([code.SUBSCRIBE, 1, {}, topic]);
const large = 'x'.repeat(40_000);
const publish = (request: number, name: string, text = large, to = topic): string =>
  JSON.stringify([code.PUBLISH, request, { exclude_me: false }, to, [name, text]]);

/** A router that takes 15 ms for each publication. */
const createSlowRouter = () => {
  const heard: string[] = [];
  const postmaster: Postmaster = createV2Router(
    {},
    {
      messageToPublish: (_, { args }) => {
        const end = performance.now() + 15;
        while (performance.now() < end);
        heard.push(args[0] as string);
      },
    },
  );
  return { postmaster, heard };
};

/** Bare peers with a session, who can say anything and several things at once; what they are told is left in `frames`. */
const transports = {
  WebSocket: async (port: number) => {
    const client = await connectRaw(port, '/ws', 'wamp.2.json');
    return {
      client,
      say: (text: string) => frame(1, text),
      ping: frame(9, 'p'),
      pong: 10,
      end: frame(8, ''),
      broken: frame(3),
    };
  },
  RawSocket: async (port: number) => {
    const client = new RawSocketClient(connect(port, '127.0.0.1'));
    client.write(request());
    return {
      client,
      say: (text: string) => rawFrame(0, text),
      ping: rawFrame(1, 'p'),
      pong: 2,
      end: undefined,
      broken: rawFrame(3),
    };
  },
} as const;

const join = async (transport: keyof typeof transports, port: number) => {
  const peer = await transports[transport](port);
  onTestFinished(() => void peer.client.socket.destroy());
  peer.client.write(peer.say(hello), peer.say(subscribe));
  await vi.waitFor(() => expect(peer.client.frames).toHaveLength(2));
  /** What it has been told since: the names of events, and what else there was. */
  const told = (): unknown[] =>
    peer.client.frames.slice(2).map((each) => {
      const kind = 'type' in each ? each.type : each.opcode;
      if (kind === peer.pong) return 'pong';
      if (kind === 8) return 'close';
      const message = JSON.parse(each.payload.toString()) as unknown[];
      return message[0] === code.EVENT ? (message[4] as unknown[])[0] : message[0];
    });
  return { ...peer, told };
};

describe.each(['WebSocket', 'RawSocket'] as const)('over %s', (transport) => {
  test('a bystander is answered between the large messages of eight floods', { timeout: 60_000 }, async () => {
    const { postmaster, heard } = createSlowRouter();
    postmaster.registerRPC('com.count', () => heard.length);
    const { url, port } = await postmaster.listen({ port: 0, rawSocket: true });
    const bystander = await connectV2(url);
    await bystander.hello();
    const floods = await Promise.all(Array.from({ length: 8 }, () => join(transport, port)));
    const each = 20;
    floods.forEach(({ client, say }, flood) => {
      const messages = Array.from({ length: each }, (_, at) =>
        say(publish(at + 2, `${flood}/${at}`, large, 'com.unheard')),
      );
      client.write(...messages);
    });
    const counts: number[] = [];
    while ((counts.at(-1) ?? 0) < 8 * each) {
      const [, , , [count]] = (await bystander.call('com.count')) as [number, number, object, [number]];
      counts.push(count);
    }
    const gaps = counts.slice(1).map((count, at) => count - (counts[at] as number));
    // Without turns it is one gap of nearly all.
    expect(Math.max(...gaps)).toBeLessThan(20);
    // Each flood is heard in its order, and they take turns: none is more than a few messages ahead of another.
    for (let flood = 0; flood < 8; flood += 1) {
      const own = heard.filter((name) => name.startsWith(`${flood}/`));
      expect(own).toEqual(Array.from({ length: each }, (_, at) => `${flood}/${at}`));
    }
    bystander.wire.close();
    for (const { client } of floods) client.socket.destroy();
    await expectNothingLeft(postmaster);
  });

  test('pongs and the last message of a peer keep their place behind large ones that wait', async () => {
    const { postmaster, heard } = createSlowRouter();
    const { port } = await postmaster.listen({ port: 0, rawSocket: true });
    const { client, say, ping, end, told } = await join(transport, port);
    // Small enough to come in one piece with what is behind them.
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const messages = names.map((name, at) => say(publish(at + 2, name, 'x'.repeat(9_000))));
    client.write(...messages, ping, say(publish(8, 'last', '')), ping, ...(end ? [end] : []));
    if (!end) client.socket.end();
    await client.ended;
    expect(heard).toEqual([...names, 'last']);
    // Over RawSocket the pongs of one turn are written together.
    const last = end ? ['pong', 'last', 'pong', 'close'] : ['last', 'pong', 'pong'];
    expect(told()).toEqual([...names, ...last]);
    await expectNothingLeft(postmaster);
  });

  test('what is no frame behind large messages that wait is told when they have been heard', async () => {
    const { postmaster, heard } = createSlowRouter();
    const { port } = await postmaster.listen({ port: 0, rawSocket: true });
    const { client, say, broken, told } = await join(transport, port);
    client.write(...['a', 'b', 'c', 'd'].map((name, at) => say(publish(at + 2, name))), broken);
    await client.ended;
    expect(heard).toEqual(['a', 'b', 'c', 'd']);
    expect(told().slice(0, 5)).toEqual(['a', 'b', 'c', 'd', code.ABORT]);
    await expectNothingLeft(postmaster);
  });

  test('a session that is killed leaves at once, whatever of it waits', async () => {
    const { postmaster, heard } = createSlowRouter();
    const { port, url } = await postmaster.listen({ port: 0, rawSocket: true });
    const killer = await connectV2(url);
    await killer.hello();
    const { client, say, told } = await join(transport, port);
    const session = (JSON.parse(client.frames[0]!.payload.toString()) as [number, number])[1];
    client.write(...Array.from({ length: 20 }, (_, at) => say(publish(at + 2, String(at)))));
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0), { interval: 1 });
    await killer.call('wamp.session.kill', [session]);
    await client.ended;
    expect(heard.length).toBeLessThan(18);
    expect(told()).toContain(code.GOODBYE);
    killer.wire.close();
    await expectNothingLeft(postmaster);
  });
});

test('what has been answered goes out before large messages that wait are read', async () => {
  const { postmaster, heard } = createSlowRouter();
  const [flood, bystander] = [await joinV2(postmaster), await joinV2(postmaster)];
  postmaster.registerRPC('com.count', () => heard.length);
  const counts: number[] = [];
  const accept = bystander.accept.bind(bystander);
  bystander.accept = (data) => {
    counts.push(heard.length);
    accept(data);
  };
  for (const name of ['a', 'b', 'c']) flood.send(code.PUBLISH, flood.next(), {}, 'com.unheard', [name, large]);
  const [, , , [atCall]] = (await bystander.call('com.count')) as [number, number, object, [number]];
  expect(atCall).toBeLessThan(3);
  expect(counts).toEqual([atCall]);
  await Promise.all([flood.close(), bystander.close()]);
  await expectNothingLeft(postmaster);
});
