/**
 * `postmaster serve`: runs a router until a signal stops it.
 *
 * stdout gets one line, the JSON with the URL, once everything listens. What people and log collectors read goes to stderr.
 */

import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { version } from '../base/version.ts';
import { serializerNames, subprotocolOf } from '../codec/serializers.ts';
import { demoProcedure } from '../config/development.ts';
import { fileTrouble } from '../config/file-trouble.ts';
import type { Config } from '../config/schema.ts';
import { optionsOf } from '../config/schema.ts';
import type { SurfaceFacts } from '../http/facts.ts';
import { createHttpSurface } from '../http/surface.ts';
import { createRequestReader } from '../net/request.ts';
import { Postmaster } from '../router/postmaster.ts';
import type { TlsSettings } from '../transport/address.ts';
import type { Listening } from '../transport/listen.ts';
import { ConfigError, LinkError } from '../wamp/error.ts';
import { watchExpiry } from './certificate.ts';
import { runFailure, usageFailure } from './failure.ts';
import { createLog } from './log.ts';
import { readPackageFile } from './package-file.ts';
import type { ListenerConfig, Plan, RawSocketConfig, ServeFlags } from './plan.ts';
import { makePlan } from './plan.ts';
import { endOnFaults, ignoreSignals, stopOnSignals } from './process.ts';

const createRouter = async (config: Config, logger: Logger): Promise<Postmaster> => {
  const postmaster = new Postmaster({ ...optionsOf(config), logger });
  for (const [uri, { open, handler }] of Object.entries(config.procedures)) {
    if (open) postmaster.registerUnauthRPC(uri, handler);
    else postmaster.registerRPC(uri, handler);
  }
  for (const { operator, ...scope } of config.interceptors) postmaster.intercept(scope, operator);
  return postmaster;
};

const readTls = async ({
  cert,
  key,
  passphrase,
  clientCa,
}: NonNullable<ListenerConfig['tls']>): Promise<TlsSettings & { readonly cert: Buffer }> => {
  const read = (what: string, path: string): Promise<Buffer> =>
    readFile(path).catch((error: unknown) => {
      throw runFailure(`the ${what} ${path} cannot be read: ${fileTrouble(error)}`, error);
    });
  return {
    cert: await read('certificate', cert),
    key: await read('key', key),
    ...(passphrase && { passphrase }),
    // A peer without a certificate may still authenticate in another way.
    ...(clientCa && {
      ca: await read('certificate authority', clientCa),
      requestCert: true,
      rejectUnauthorized: false,
    }),
  };
};

const pageOf = (url: string): string => new URL('/', url.replace(/^ws/, 'http')).href;

const factsOf = (postmaster: Postmaster, { config, isDevelopment }: Plan, path: string): SurfaceFacts => ({
  version,
  path,
  uptime: () => performance.now(),
  realms: config.realms.map(({ name }) => name),
  subprotocols: serializerNames.map(subprotocolOf),
  isOpen: config.v1.open,
  example: isDevelopment ? { procedure: demoProcedure, args: [2, 3], result: 5 } : undefined,
  chart: readPackageFile('diagrams/connection.svg'),
  requests: createRequestReader(config),
  state: () => postmaster.state,
  counts: () => {
    const { connections, sessions, topics, registrations } = postmaster.stats();
    return { connections, sessions, topics, procedures: registrations };
  },
});

/** Opens one listener. Rejects with a CommandFailure for what goes wrong at run time: a port in use, an invalid certificate. */
const listen = async (
  postmaster: Postmaster,
  plan: Plan,
  listener: ListenerConfig,
  logger: Logger,
): Promise<Listening> => {
  const { path, tls, ...where } = listener;
  const secrets = tls && (await readTls(tls));
  const listening = await withFailure(() =>
    postmaster.listen({
      ...where,
      path,
      onRequest: createHttpSurface(factsOf(postmaster, plan, path)),
      ...(secrets && { tls: secrets }),
    }),
  );
  if (tls && secrets) watchExpiry(tls.cert, secrets.cert, logger);
  return listening;
};

/** Opens one listener for RawSocket; resolves to its URL. */
const listenRawSocket = async (postmaster: Postmaster, listener: RawSocketConfig, logger: Logger): Promise<string> => {
  const { tls, ...where } = listener;
  const secrets = tls && (await readTls(tls));
  const { url } = await withFailure(() => postmaster.listenRawSocket({ ...where, ...(secrets && { tls: secrets }) }));
  if (tls && secrets) watchExpiry(tls.cert, secrets.cert, logger);
  return url;
};

const withFailure = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof LinkError || error instanceof ConfigError ? runFailure(error.message, error) : error;
  }
};

const announce = (log: Logger, { isDevelopment, config }: Plan, url: string): void => {
  const facts = { url, page: pageOf(url), realms: config.realms.map(({ name }) => name) };
  const access = isDevelopment ? 'a development router, open to every program on this machine' : 'a router';
  log.info(facts, `postmaster ${version} is listening: ${access}`);
};

/** Makes a CommandFailure of a ConfigError, which the operator can correct. Throws any other error as it is. */
const asUsageFailure = (error: unknown, prefix = ''): never => {
  throw error instanceof ConfigError ? usageFailure(`${prefix}${error.message}`) : error;
};

/** Runs a router. Rejects with a CommandFailure when it cannot start. After that a signal ends the process. */
export const serve = async (file: string | undefined, flags: ServeFlags): Promise<void> => {
  const plan = await makePlan(file, flags).catch((error: unknown) => asUsageFailure(error));
  const log = createLog({ level: plan.level, maxWaiting: plan.config.log.maxWaiting });
  const { logger } = log;
  const postmaster = await createRouter(plan.config, logger).catch((error: unknown) =>
    asUsageFailure(error, `${file ?? 'postmaster'}: `),
  );
  endOnFaults(log);
  ignoreSignals(log);
  try {
    const urls: string[] = [];
    for (const listener of plan.listeners) urls.push((await listen(postmaster, plan, listener, logger)).url);
    const rawUrls: string[] = [];
    for (const listener of plan.config.rawSockets) rawUrls.push(await listenRawSocket(postmaster, listener, logger));
    stopOnSignals(postmaster, log, plan.config.drain);
    const [url = ''] = urls;
    // The program that started this one may not read stdout.
    process.stdout.on('error', () => {}).write(`${JSON.stringify({ url })}\n`);
    for (const each of urls) announce(logger, plan, each);
    for (const each of rawUrls) logger.info({ url: each }, 'listening for RawSocket');
  } catch (error) {
    await postmaster.close({ drain: 0 });
    throw error;
  }
};
