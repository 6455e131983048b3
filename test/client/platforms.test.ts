/** The client on the platforms that it is for: the same programs see the same in Node and in a browser. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { publicKeyOf } from '../../src/auth/cryptosign.ts';
import { createScramVerifier } from '../../src/auth/scram.ts';
import { agent } from '../../src/base/version.ts';
import type { SerializerName } from '../../src/codec/serializers.ts';
import { serializerNames } from '../../src/codec/serializers.ts';
import { Postmaster } from '../../src/index.ts';
import type { Page } from '../support/browser.ts';
import { useBrowser } from '../support/browser.ts';
import { bundle } from '../support/bundle.ts';
import { blockBehind } from '../support/documents.ts';
import type { List } from '../support/v2-client.ts';
import { code, everythingAndMeta } from '../support/v2-router.ts';
import type { Where } from './scenarios.ts';
import { scenarios } from './scenarios.ts';

const privateKey = '11'.repeat(32);
const salt = Buffer.from('a salt of 16 oct').toString('base64');

const createRouter = async (): Promise<Postmaster> => {
  const role = { role: 'user' };
  const [pbkdf2, argon2] = await Promise.all([
    createScramVerifier('pencil', { kdf: 'pbkdf2', salt, iterations: 1_000 }),
    createScramVerifier('pencil', { kdf: 'argon2id13', salt, iterations: 1, memory: 64 }),
  ]);
  return new Postmaster({
    logger: false,
    realms: [
      {
        name: 'realm1',
        anonymous: everythingAndMeta,
        roles: { user: everythingAndMeta },
        authenticators: {
          ticket: { joe: { ticket: 'pencil', ...role } },
          wampcra: {
            joe: { secret: 'pencil', ...role },
            salted: { secret: { secret: 'pencil', salt: 'salt', iterations: 100, keylen: 32 }, ...role },
          },
          'wamp-scram': { joe: { ...pbkdf2, ...role } },
          cryptosign: { joe: { authorizedKeys: [publicKeyOf(privateKey)], ...role } },
        },
      },
      { name: 'argon2', authenticators: { 'wamp-scram': { joe: { ...argon2, ...role } } }, roles: { user: [] } },
    ],
  });
};

let router: Postmaster;
let server: Server;
let origin: string;
const sockets = new Set<Socket>();
/** By path. The page at a path has the script there whose name is longer by `.js`. */
const scripts = new Map<string, Uint8Array>();

beforeAll(async () => {
  server = createServer(({ url = '/' }, response) => {
    const script = scripts.get(url);
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ?? `<!doctype html><title>client</title><body><script type="module" src="${url}.js"></script>`);
  });
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  router = await createRouter();
  router.attach(server, { path: '/ws' });
  // It is never answered: the connections of all peers end.
  router.registerUnauthRPC('com.drop', () => {
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await router.close({ drain: 0 });
  server.close();
});

type Name = keyof typeof scenarios;
type Ask = (name: Name, ...given: readonly unknown[]) => Promise<unknown>;
type Run = (name: Name, where: Where, ...given: readonly unknown[]) => Promise<unknown>;

const octets = (...given: readonly number[]): string => `octets ${given.join()}`;

/** What comes back of all values. JSON has no points in time. */
const echoed = (serializer: SerializerName) => {
  const date = `${serializer === 'json' ? '' : 'date '}2026-11-26T12:30:15.250Z`;
  const binary = [octets(), octets(0, 1, 254, 255), octets(7, 7, 7)];
  const texts = [
    '',
    'ascii',
    'ü€😀',
    '\ufeffmark',
    `\ufeff${'ä'.repeat(300)}`,
    '\u0000no base64',
    'half \ufffd',
    '"\\\n',
  ];
  return [
    {
      nothing: null,
      numbers: [0, -1, 1.5, 1e300, 2 ** 53 - 1, -(2 ** 53) + 1],
      large: ['bigint 9007199254740992', 'bigint -9223372036854775808', 'bigint 18446744073709551615'],
      texts,
      octets: binary,
      date,
      map: { key: [true, false] },
      deep: { list: [[[{ of: [] }]]], empty: {}, ['__proto__']: 'own' },
    },
    { kwarg: binary },
  ];
};

/** What a client sees on a platform on which `run` runs programs. */
const suite = (run: Run): void => {
  describe.each(serializerNames)('that speaks %s', (serializer) => {
    const ask: Ask = (name, ...given) => run(name, { url: `${origin.replace('http', 'ws')}/ws`, serializer }, ...given);

    test('opens and closes a session', async () => {
      expect(await ask('session')).toEqual({
        authrole: 'anonymous',
        agent,
        ends: ['wamp.close.close_realm'],
        after: 'wamp.error.network_failure: the client is closed',
      });
    });

    test('publishes and subscribes', async () => {
      expect(await ask('publishAndSubscribe')).toEqual({
        isPublished: true,
        heard: [{ topic: 'com.topic.one', args: [1, { deep: [true] }], kwargs: { key: 'ü' } }],
      });
    });

    test('calls and registers', async () => {
      expect(await ask('callAndRegister')).toEqual({
        result: { args: [3], kwargs: { rest: 1 } },
        zero: ['com.error.zero', ['no zero', 0], { a: 1 }],
        noSuch: expect.stringMatching(/^wamp\.error\.no_such_procedure: /),
        broken: 'wamp.error.runtime_error: the procedure failed',
        failures: [['com.broken', 'TypeError: a secret']],
      });
    });

    test('hears progressive results', async () => {
      expect(await ask('progress')).toMatchObject({
        parts: [{ args: [1] }, { args: [2], kwargs: { half: true } }],
        result: { args: [3] },
      });
    });

    test('cancels a call', async () => {
      expect(await ask('cancel')).toEqual({
        caller: expect.stringMatching(/^wamp\.error\.canceled/),
        callee: 'WampError: wamp.error.canceled',
      });
    });

    test('gives and gets values of every kind', async () => {
      expect(await ask('payloads')).toEqual(echoed(serializer));
    });

    test('gives and gets a large payload', async () => {
      expect(await ask('largePayload')).toEqual({ length: 300_000, isSame: true });
    });

    test('comes back after a lost connection, with what it had', async () => {
      expect(await ask('comeBack')).toEqual({
        lost: expect.stringMatching(/^wamp\.error\.network_failure: /),
        args: ['still here'],
        heard: [['back']],
        ends: [
          ['wamp.error.network_failure', true],
          ['wamp.close.close_realm', false],
        ],
      });
    });

    test('refuses a private key that is none, and leaves no connection', async () => {
      expect(await ask('logIn', 'joe', { method: 'cryptosign', privateKey: 'none' })).toBe(
        'TypeError: a private key must have 64 digits of hex',
      );
      await vi.waitFor(() => expect(router.stats().connections).toBe(0));
    });

    test.each([
      ['joe', { method: 'ticket', ticket: 'pencil' }, { ticket: 'x' }],
      ['joe', { method: 'wampcra', secret: 'pencil' }, { secret: '' }],
      ['salted', { method: 'wampcra', secret: 'pencil' }, { secret: 'x' }],
      ['joe', { method: 'wamp-scram', password: 'pencil' }, { password: 'x' }],
      ['joe', { method: 'cryptosign', privateKey }, { privateKey: '22'.repeat(32) }],
    ])('logs in as %s by %j, and by nothing else', async (authid, auth, wrong) => {
      expect(await ask('logIn', authid, auth)).toEqual([authid, 'user', auth.method]);
      expect(await ask('logIn', authid, { ...auth, ...wrong })).toMatch(/^wamp\.error\.authentication_denied: /);
    });
  });
};

describe('a client in Node', () => {
  suite((name, ...given) => (scenarios[name] as (...given: readonly unknown[]) => Promise<unknown>)(...given));
});

describe('a client in a browser', () => {
  const pageOr = useBrowser('The client in a browser');
  let page: Page | undefined;
  const open = async (path: string): Promise<void> =>
    page?.open(`${origin}${path}`, { width: 800, height: 600, scheme: 'light' });

  beforeEach(async ({ skip }) => {
    if (page) return;
    page = pageOr(skip);
    const contents = "import { scenarios } from './test/client/scenarios.ts'; globalThis.scenarios = scenarios;";
    scripts.set('/suite.js', await bundle({ contents }));
    await open('/suite');
  });

  const run: Run = async (name, ...given) =>
    page?.evaluate(`scenarios.${name}(${given.map((each) => JSON.stringify(each)).join()})`);

  suite(run);

  const refusal = (url: string, options = {}): Promise<unknown> => run('refusal', { url, serializer: 'json' }, options);

  test('has WebSocket alone', async () => {
    for (const url of ['rs://127.0.0.1:1', 'rss://127.0.0.1:1', 'unix:///run/router.sock']) {
      expect(await refusal(url)).toBe(
        'ConfigError: a browser has WebSocket alone: the URL must begin with ws or wss and ://',
      );
    }
  });

  test('is told when nobody listens, without the secrets of the URL', async () => {
    expect(await refusal('ws://joe:secret@127.0.0.1:1/ws?token=secret')).toBe(
      'LinkError: cannot connect to ws://127.0.0.1:1/ws: closed with 1006',
    );
  });

  test('is told what the browser itself refuses', async () => {
    expect(await refusal('ws://joe:secret@127.0.0.1:1/ws', { serializers: ['json', 'json'] })).toMatch(
      /^LinkError: cannot connect to ws:\/\/127\.0\.0\.1:1\/ws: (?!.*secret).*'wamp\.2\.json' is duplicated/,
    );
  });

  test('waits no longer than it may for a router that says nothing', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    const accepted: Socket[] = [];
    silent.on('connection', (socket) => accepted.push(socket));
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    expect(await refusal(`ws://127.0.0.1:${port}/ws`, { connectTimeout: 50 })).toBe(
      `LinkError: cannot connect to ws://127.0.0.1:${port}/ws: the handshake timed out`,
    );
    for (const socket of accepted) socket.destroy();
  });

  /** A router that answers each message by what `answer` makes of it, and what it has heard. */
  const serve = async (answer: (message: List) => readonly List[]) => {
    const fake = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'wamp.2.json' });
    onTestFinished(() => void fake.close());
    await once(fake, 'listening');
    const heard: List[] = [];
    fake.on('connection', (socket) =>
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as List;
        heard.push(message);
        for (const each of answer(message)) socket.send(JSON.stringify(each));
      }),
    );
    return { url: `ws://127.0.0.1:${(fake.address() as AddressInfo).port}`, heard };
  };

  test('that is sent a message that is too large answers ABORT, and does not come back', async () => {
    const welcome = [code.WELCOME, 1, { roles: { broker: {}, dealer: {} } }];
    const large = [code.EVENT, 1, 1, {}, ['x'.repeat(16 * 1024 * 1024)]];
    const { url, heard } = await serve(([type]) => (type === code.HELLO ? [welcome, large] : []));
    const message = 'a message is too large';
    expect(await run('ending', { url, serializer: 'json' })).toEqual({
      reason: 'wamp.error.protocol_violation',
      description: message,
      willReconnect: false,
    });
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(heard[1]).toEqual([code.ABORT, { message }, 'wamp.error.protocol_violation']);
  });

  test('does not trust a router that cannot prove that it knows the password', async () => {
    const { url, heard } = await serve(([type, , details]) => {
      if (type === code.AUTHENTICATE) return [[code.WELCOME, 1, { roles: {}, authextra: { verifier: salt } }]];
      if (type !== code.HELLO) return [];
      const { nonce } = (details as { readonly authextra: { readonly nonce: string } }).authextra;
      return [[code.CHALLENGE, 'wamp-scram', { nonce: `${nonce}AAAA`, kdf: 'pbkdf2', salt, iterations: 1_000 }]];
    });
    const scram = { method: 'wamp-scram', password: 'pencil' };
    expect(await run('logIn', { url, serializer: 'json' }, 'joe', scram)).toBe(
      'wamp.error.authentication_failed: the router could not prove that it knows the password',
    );
    await vi.waitFor(() => expect(heard).toHaveLength(3));
    expect(heard[2]?.[0]).toBe(code.ABORT);
  });

  test('says on the console what nobody else takes', async () => {
    expect(await run('fault', { url: `${origin.replace('http', 'ws')}/ws`, serializer: 'json' })).toEqual([
      ['postmaster/client:', 'a procedure failed', ['err,TypeError: boom', 'uri,com.fault']],
    ]);
  });

  test('refuses what browsers cannot prove: argon2id13, and a TLS connection', async () => {
    const where = { url: `${origin.replace('http', 'ws')}/ws`, serializer: 'json' } as const;
    const scram = { method: 'wamp-scram', password: 'pencil' };
    expect(await run('logIn', { ...where, realm: 'argon2' }, 'joe', scram)).toBe(
      'wamp.error.authentication_failed: browsers have no argon2id13: the router must offer pbkdf2',
    );
    const binding = 'tls-exporter';
    const extra = { challenge: '00'.repeat(32), channel_binding: binding };
    const { url } = await serve(([type]) => (type === code.HELLO ? [[code.CHALLENGE, 'cryptosign', extra]] : []));
    const bound = { method: 'cryptosign', privateKey, channelBinding: binding };
    expect(await run('logIn', { url, serializer: 'json' }, 'joe', bound)).toBe(
      'wamp.error.authentication_failed: a browser does not say which TLS connection it has: it has no channel binding',
    );
  });

  test('that has no WebCrypto, or no Ed25519, is told so', async () => {
    const where = { url: `${origin.replace('http', 'ws')}/ws`, serializer: 'json' } as const;
    const key = { method: 'cryptosign', privateKey };
    const unknown = "() => Promise.reject(new DOMException('unknown', 'NotSupportedError'))";
    await page?.evaluate(`void (crypto.subtle.importKey = ${unknown})`);
    expect(await run('logIn', where, 'joe', key)).toMatch(/this browser has no Ed25519, which cryptosign needs$/);
    await page?.evaluate("void Object.defineProperty(crypto, 'subtle', { value: undefined })");
    for (const auth of [key, { method: 'wampcra', secret: 'pencil' }, { method: 'wamp-scram', password: 'pencil' }]) {
      expect(await run('logIn', where, 'joe', auth)).toMatch(/must be loaded by https, or from localhost$/);
    }
    await open('/suite');
  });

  test('is the page of README.md, as it stands', async () => {
    const example = blockBehind('README.md', 'A test runs this page as it stands', 'js');
    const contents = example.replace('ws://127.0.0.1:8080/ws', `${origin.replace('http', 'ws')}/ws`);
    scripts.set('/readme.js', await bundle({ contents }));
    await open('/readme');
    await vi.waitFor(async () => {
      expect(await page?.evaluate('document.body.innerText')).toBe('hello from a page');
    });
    await open('/suite');
  });
});

test('the client in a browser knows nothing of Node: no module, no type, no global variable', () => {
  const { config } = ts.readConfigFile('tsconfig.browser.json', ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(fileNames, options);
  const files = program.getSourceFiles().map(({ fileName }) => fileName);
  expect(files.filter((file) => /platform/.test(file)).length).toBeGreaterThan(4);
  expect(files.filter((file) => /platform\/node|node_modules\/(?!typescript\/)/.test(file))).toEqual([]);
  const faults = ts.getPreEmitDiagnostics(program);
  expect(faults.map(({ file, messageText }) => [file?.fileName, messageText])).toEqual([]);
}, 60_000);

test('the client and all its serializers take at most 30 KiB of a page that is compressed', async () => {
  const code = await bundle('src/client.ts');
  const { length } = gzipSync(code, { level: 9 });
  expect(length).toBeLessThanOrEqual(30 * 1024);
});
