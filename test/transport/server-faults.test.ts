import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Postmaster } from '../../src/index.ts';
import { tellOfFaults } from '../../src/transport/server-faults.ts';
import { createReport } from '../../src/wamp/report.ts';

test('a connection that the system would not hand over ends nothing, and is told of', () => {
  const error = vi.fn();
  const report = createReport({ logger: { debug: error, info: error, warn: error, error }, now: Date.now });
  const server = createServer();
  tellOfFaults(server, report);
  // What Node emits when accept(2) fails; it cannot be had here by other means.
  const fault = Object.assign(new Error('accept ENFILE'), { code: 'ENFILE', syscall: 'accept' });
  server.emit('error', fault);
  expect(error.mock.calls).toEqual([
    [{ cause: 'internal_error', err: fault }, 'the system would not hand over a connection'],
  ]);
});

test('a port that is taken is told to whoever listens, and to nobody else', async () => {
  const error = vi.fn();
  const logger = { debug: () => {}, info: error, warn: error, error };
  const router = new Postmaster({ realms: ['realm1'], logger });
  onTestFinished(() => router.close({ drain: 0 }));
  const { port } = await router.listen({ port: 0 });
  await expect(router.listen({ port })).rejects.toThrow('in use');
  await expect(router.listenRawSocket({ port })).rejects.toThrow('in use');
  expect(error).not.toHaveBeenCalled();
});
