import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { Postmaster } from '../../src/index.ts';
import { everything, startOpenRouter } from '../support/router.ts';
import { connectV1, V1Client } from '../support/v1-client.ts';
import { certificate, key } from './certificate.ts';

const connectWith = async (
  url: string,
  options: object,
): Promise<{ readonly client: V1Client; readonly socket: WebSocket }> => {
  const socket = new WebSocket(url, 'wamp', options);
  onTestFinished(() => socket.terminate());
  const client = new V1Client();
  client.wire = { send: (data) => socket.send(data), close: () => socket.close() };
  socket.on('message', (data) => client.accept(data.toString()));
  socket.on('close', (code, reason) => client.end(code, reason.toString()));
  await Promise.race([client.welcome, new Promise((_, reject) => socket.on('error', reject))]);
  return { client, socket };
};

describe('TLS', () => {
  test('carries WAMP, and plain text on its port is turned away', async () => {
    const postmaster = new Postmaster({ realms: [{ name: 'r', anonymous: everything }], v1: { open: true } });
    const { url, port } = await postmaster.listen({ port: 0, tls: { cert: certificate, key } });
    onTestFinished(() => postmaster.close());
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/ws$/);
    const { client } = await connectWith(url, { ca: certificate });
    client.subscribe('urn:t');
    client.publish('urn:t', 'x'.repeat(100_000));
    await client.barrier();
    expect(client.events).toEqual([['urn:t', 'x'.repeat(100_000)]]);
    const plain = connect(port, '127.0.0.1');
    plain.on('error', () => {});
    plain.resume();
    plain.write('GET /ws HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((closed) => plain.on('close', closed));
    await client.barrier();
  });
});

describe('compression', () => {
  test('is not negotiated unless asked for', async () => {
    const { url } = await startOpenRouter();
    expect((await connectWith(url, { perMessageDeflate: true })).socket.extensions).toBe('');
  });

  test('works in both directions, beside peers without it', async () => {
    const { url } = await startOpenRouter({ compression: true });
    const { client: squeezed, socket } = await connectWith(url, { perMessageDeflate: { threshold: 0 } });
    const plain = await connectV1(url);
    expect(socket.extensions).toContain('permessage-deflate');
    for (const client of [squeezed, plain]) client.subscribe('urn:t');
    await plain.barrier();
    await squeezed.barrier();
    const texts = ['', 'a', 'x'.repeat(200_000), JSON.stringify([...Array(500).keys()])];
    for (const text of texts) squeezed.publish('urn:t', text);
    for (const text of texts) plain.publish('urn:t', text);
    await squeezed.barrier();
    await plain.barrier();
    await squeezed.barrier();
    for (const client of [squeezed, plain]) {
      expect(client.events.map(([, event]) => event).sort()).toEqual([...texts, ...texts].sort());
    }
  });

  test('does not let a small message become a large one', async () => {
    const { url } = await startOpenRouter({ compression: true, limits: { maxMessageSize: 100_000 } });
    const { client } = await connectWith(url, { perMessageDeflate: { threshold: 0 } });
    client.send(`[7,"urn:t","${'x'.repeat(10_000_000)}"]`);
    expect(await client.closed).toMatchObject({ code: 1009 });
  });
});
