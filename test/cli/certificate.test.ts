import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchExpiry } from '../../src/cli/certificate.ts';
import { start, urlOf } from '../support/command.ts';
import { certificate, expiredCertificate, key } from '../transport/certificate.ts';

const day = 24 * 60 * 60 * 1000;
/** When the certificate of the tests expires. */
const end = Date.parse('2126-10-30T02:40:44Z');

const watchAt = (time: number): readonly string[] => {
  vi.useFakeTimers({ now: time });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) });
  watchExpiry('cert.pem', `${certificate}${certificate}`, logger);
  return lines;
};

test('a certificate that expires within 14 days is told at the start, each of a chain', () => {
  const sentence = 'a certificate expires in 13 days: peers will not connect without a new one';
  expect(watchAt(end - 14 * day + 1)).toEqual([sentence, sentence]);
});

test('one that does not is not told until it does, and then every day', () => {
  const lines = watchAt(end - 15 * day - 1);
  vi.advanceTimersByTime(day);
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(2 * day);
  expect(lines).toHaveLength(4);
  vi.advanceTimersByTime(13 * day);
  expect(lines.at(-1)).toBe('a certificate has expired: peers will not connect without a new one');
});

test('postmaster serve tells it of the certificate of every listener, by its file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postmaster-certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tls = { cert: 'expired.pem', key: 'key.pem' };
  const config = { listeners: [{ port: 0, tls }], rawSockets: [{ port: 0, tls }], realms: [{ name: 'realm1' }] };
  writeFileSync(join(folder, 'postmaster.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'expired.pem'), expiredCertificate);
  writeFileSync(join(folder, 'key.pem'), key);
  const command = start(['serve', 'postmaster.json'], folder);
  await urlOf(command);
  command.child.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  const told = command.output.stderr.split('\n').filter((line) => line.includes('a certificate has expired'));
  expect(told.map((line) => JSON.parse(line) as object)).toEqual(
    Array(2).fill(expect.objectContaining({ level: 40, file: join(folder, 'expired.pem'), subject: 'CN=localhost' })),
  );
});
