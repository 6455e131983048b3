/** The HTTP surface of a router that does not exist. */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { SurfaceFacts } from '../../src/http/facts.ts';
import { createHttpSurface } from '../../src/http/surface.ts';
import { createRequestReader } from '../../src/net/request.ts';

/** Answers requests with these facts, and for the others with some of no router. */
export const createSurface = (facts: Partial<SurfaceFacts> = {}): RequestListener =>
  createHttpSurface({
    version: '9.9.9',
    path: '/ws',
    uptime: () => 65_000,
    realms: ['realm1', '<b>realm</b>'],
    subprotocols: ['wamp.2.json', 'wamp.2.other'],
    isOpen: true,
    example: { procedure: 'com.example.add', args: [2, 3], result: 5 },
    chart: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    requests: createRequestReader({ hosts: ['Router.example'] }),
    state: () => 'listening',
    counts: () => ({ connections: 7, sessions: 6, topics: 5, procedures: 4 }),
    ...facts,
  });

/** Serves it on a free port of 127.0.0.1 until the test is over. */
export const startSurface = async (facts: Partial<SurfaceFacts> = {}): Promise<{ readonly port: number }> => {
  const server = createServer(createSurface(facts)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((listening) => server.once('listening', listening));
  return { port: (server.address() as AddressInfo).port };
};
