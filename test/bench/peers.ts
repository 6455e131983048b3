/** Other routers and brokers, where they are installed: on loopback, open to everybody. */

import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from './folder.ts';
import { natsWire, socketIoWire } from './foreign-wire.ts';
import { packageRoot, type Target } from './targets.ts';

/** A router of somebody else, and which version it is. */
export interface Peer extends Target {
  readonly version: string;
}

const run = promisify(execFile);
const host = '127.0.0.1';

/** Everything that a program prints; nothing when it cannot be run. */
const outputOf = async (command: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: 30_000 });
    return stdout + stderr;
  } catch {
    return '';
  }
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const onPath = (program: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isProgram);

/** For programs that cannot choose one themselves and tell. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const writeJson = (file: string, value: unknown): string => {
  writeFileSync(file, JSON.stringify(value, null, 2));
  return file;
};

/** Some builds of nexusd do not know their version, but every Go program knows its modules. */
const versionOfNexus = async (file: string): Promise<string> => {
  const [said] = /\d+\.\d+\.\d+\S*/.exec(await outputOf(file, ['-version'])) ?? [];
  const built = /gammazero\/nexus\/v3\tv(\d[\w.-]*)/.exec(readFileSync(realpathSync(file), 'latin1'))?.[1];
  return said ?? built ?? 'unknown';
};

const findNexus = async (folder: () => string): Promise<Peer | undefined> => {
  const file = onPath('nexusd');
  if (file === undefined) return undefined;
  const port = await freePort();
  // By default it drops what does not fit into a queue of 64 messages, and no burst would arrive.
  const config = writeJson(join(folder(), 'nexus.json'), {
    websocket: { address: `${host}:${port}`, enable_compression: false, allow_origins: ['*'], out_queue_size: 65_536 },
    router: {
      realms: [{ uri: 'realm1', strict_uri: false, allow_disclose: true, anonymous_auth: true }],
      debug: false,
    },
  });
  const version = await versionOfNexus(file);
  return { name: 'nexus', version, command: file, args: ['-c', config], url: `ws://${host}:${port}/` };
};

const findCrossbar = async (folder: () => string): Promise<Peer | undefined> => {
  const file = onPath('crossbar');
  if (file === undefined) return undefined;
  const port = await freePort();
  const home = join(folder(), 'crossbar');
  mkdirSync(home);
  const allow = { call: true, register: true, publish: true, subscribe: true };
  const permissions = [{ uri: '', match: 'prefix', allow, disclose: { caller: false, publisher: false }, cache: true }];
  writeJson(join(home, 'config.json'), {
    version: 2,
    controller: {},
    workers: [
      {
        type: 'router',
        realms: [{ name: 'realm1', roles: [{ name: 'anonymous', permissions }] }],
        transports: [
          {
            type: 'websocket',
            endpoint: { type: 'tcp', interface: host, port },
            serializers: ['json'],
            auth: { anonymous: { type: 'static', role: 'anonymous' } },
          },
        ],
      },
    ],
  });
  const version = /Crossbar\.io\s+:\s+(\S+)/.exec(await outputOf(file, ['version']))?.[1] ?? 'unknown';
  const args = ['start', '--cbdir', home, '--loglevel', 'error'];
  return { name: 'crossbar', version, command: file, args, url: `ws://${host}:${port}/` };
};

/** A package of npm: ours to resolve, in a folder of NODE_PATH, or installed globally. */
const findFox = async (): Promise<Peer | undefined> => {
  const folders = [
    join(packageRoot, 'node_modules'),
    ...(process.env.NODE_PATH ?? '').split(delimiter),
    (await outputOf('npm', ['root', '--global'])).split('\n').find((line) => line.startsWith('/')) ?? '',
  ];
  const home = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'fox-wamp'))
    .find((folder) => existsSync(join(folder, 'package.json')));
  if (home === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { readonly version: string };
  return {
    name: 'fox-wamp',
    version,
    command: process.execPath,
    args: ['--expose-gc', 'test/bench/fox-wamp.mjs', home],
  };
};

/** A development dependency; where it was left out, it is missing like any other. */
const findSocketIo = async (): Promise<Peer | undefined> => {
  const file = join(packageRoot, 'node_modules/socket.io/package.json');
  if (!existsSync(file)) return undefined;
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  const args = ['--expose-gc', 'test/bench/socket-io.mjs'];
  return { name: 'socket.io', version, command: process.execPath, args, wire: socketIoWire };
};

const findNats = async (folder: () => string): Promise<Peer | undefined> => {
  const file = onPath('nats-server');
  if (file === undefined) return undefined;
  const [port, ownPort] = [await freePort(), await freePort()];
  // It has to have its own listener beside that for WebSockets.
  const config = writeJson(join(folder(), 'nats.json'), {
    host,
    port: ownPort,
    websocket: { host, port, no_tls: true, compression: false },
  });
  const version = /\d+\.\d+\.\d+\S*/.exec(await outputOf(file, ['--version']))?.[0] ?? 'unknown';
  return { name: 'nats', version, command: file, args: ['-c', config], url: `ws://${host}:${port}/`, wire: natsWire };
};

/** Those that are there, with a config each that lives as long as the benchmark. */
export const findPeers = async (): Promise<readonly Peer[]> => {
  let made: string | undefined;
  const folder = (): string => {
    made ??= makeFolder();
    return made;
  };
  const found: (Peer | undefined)[] = [];
  for (const find of Object.values(finders)) found.push(await find(folder));
  return found.filter((peer) => peer !== undefined);
};

/** In the order of the columns. A finder makes what it needs in the folder that it asks for. */
const finders: Readonly<Record<string, (folder: () => string) => Promise<Peer | undefined>>> = {
  'fox-wamp': findFox,
  nexus: findNexus,
  crossbar: findCrossbar,
  'socket.io': findSocketIo,
  nats: findNats,
};

/** Those of them that are not there. */
export const missingAmong = (peers: readonly Target[]): readonly string[] =>
  Object.keys(finders).filter((name) => !peers.some((peer) => peer.name === name));
