import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/file.ts';

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

test.each<[string, string]>([
  [
    'realms:\n  - name: a\n    roles: {}\n   uris: loose\n',
    '4, column 1: no line above is indented like this one, or the "-"',
  ],
  ['limits:\n  callTimeout: 5\n drain: 3\n', '3, column 1: this line is indented neither like the key above it nor'],
  ['limits:\n callTimeout: 5\n   maxDepth: 3\n', '2, column 15: a key appears where a value continues'],
  ['limits:\n\tcallTimeout: 5\n', '2, column 1: a tab cannot indent: use spaces'],
  ['realms: [a]\ndrain\n', '2, column 1: a key is not followed by ":"'],
  ['drain:5\nrealms: [a]\n', '1, column 1: a key is not followed by ": ", a colon and a blank'],
  ['realms: [', '1, column 10: a bracket or brace is not closed'],
  ['{ realms: [a]\n', '2, column 1: a bracket or brace is not closed'],
  ['v1Realm: "hunter2\nx: y\n', '3, column 1: a quote is not closed'],
  ['drain: 1\ndrain: 2\n', '2, column 1: this key appears twice'],
  ['v1Realm: !hunter2 x\n', '1, column 10: an unknown tag'],
  ['v1Realm: @hunter2\n', '1, column 10: text cannot begin with this character'],
  ["v1Realm: 'it's'\n", '1, column 14: there is text after the end of a value'],
  ['v1Realm: "\\q"\n', '1, column 11: no such escape'],
  ['drain: 1\n---\ndrain: 2\n', '2, column 1: a second document begins'],
])('YAML that is none is refused with its place and what is wrong there: %j', async (source, sentence) => {
  const file = join(folder(), 'postmaster.yaml');
  writeFileSync(file, source);
  const refusal = await loadConfig(file).catch((error: Error) => error.message);
  expect(refusal).toContain(`${file}: not valid YAML at line ${sentence}`);
  expect(refusal).not.toContain('hunter');
});

test('what needs a function is refused in YAML, and told where functions can be', async () => {
  const file = join(folder(), 'postmaster.yaml');
  writeFileSync(file, 'realms: [a]\nmessageToPublish: x\nprocedures: { com.add: { open: true } }\n');
  const where = 'a function, which only a config file in JavaScript can hold';
  await expect(loadConfig(file)).rejects.toThrow(
    [
      `${file}: procedures["com.add"].handler is missing: it must be ${where}`,
      `${file}: messageToPublish must be ${where}`,
    ].join('\n'),
  );
});
