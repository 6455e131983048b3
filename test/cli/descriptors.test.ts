import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { start, urlOf } from '../support/command.ts';
import { connectV2 } from '../support/v2-client.ts';

test('a router without file descriptors says so once, lives, and takes connections when there are some again', {
  timeout: 60_000,
}, async () => {
  const command = start(['serve', '--port', '0'], process.cwd(), { descriptors: 300 });
  const url = await urlOf(command);
  const { output, child } = command;
  const linesWith = (text: string) => output.stderr.split('\n').filter((line) => line.includes(text)).length;
  const seen = await connectV2(url);
  await seen.hello();
  const crowd = Array.from({ length: 400 }, () => connect(Number(new URL(url).port), '127.0.0.1').resume());
  for (const socket of crowd) socket.on('error', () => {});
  await vi.waitFor(() => expect(linesWith('"cause":"descriptors_exhausted"')).toBe(1), { timeout: 10_000 });
  expect(output.stderr).toContain('"code":"EMFILE"');
  await seen.barrier();
  for (const socket of crowd) socket.destroy();
  await vi.waitFor(() => expect(linesWith('file descriptors are available again')).toBe(1), { timeout: 10_000 });
  expect((await (await connectV2(url)).hello())[0]).toBe(2);
  expect(linesWith('"cause":"descriptors_exhausted"')).toBe(1);
  expect(child.exitCode).toBeNull();
});
