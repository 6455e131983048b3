import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/cli/config-file.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'postmaster-config-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

const tls = { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: '../ca.pem', passphrase: 'not/a/path' };

test('paths in a config file are relative to the file, wherever the program runs', async () => {
  const root = folder();
  mkdirSync(join(root, 'etc'));
  const file = join(root, 'etc', 'postmaster.json');
  const config = {
    listeners: [{ path: '/wamp', tls }, { port: 1 }],
    rawSockets: [
      { port: 2, tls },
      { path: 'run/wamp.sock', mode: '0660' },
      { path: '/run/wamp.sock', tls: { cert: '/cert.pem', key: '/key.pem' } },
    ],
    realms: [{ name: 'realm1' }],
  };
  const found = {
    cert: join(root, 'etc/tls/cert.pem'),
    key: join(root, 'etc/tls/key.pem'),
    clientCa: join(root, 'ca.pem'),
    passphrase: 'not/a/path',
  };
  writeFileSync(file, JSON.stringify(config));
  const expected = {
    listeners: [{ path: '/wamp', tls: found }, { port: 1 }],
    rawSockets: [
      { port: 2, tls: found },
      { path: join(root, 'etc/run/wamp.sock'), mode: 0o660 },
      { path: '/run/wamp.sock', tls: { cert: '/cert.pem', key: '/key.pem' } },
    ],
  };
  expect(await loadConfig(file)).toMatchObject(expected);
  expect(await loadConfig(relative(process.cwd(), file))).toMatchObject(expected);
  const { listeners: _, ...raw } = config;
  writeFileSync(file, JSON.stringify(raw));
  expect((await loadConfig(file)).rawSockets).toEqual(expected.rawSockets);
});
