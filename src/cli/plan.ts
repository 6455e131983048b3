/** What `postmaster serve` is going to run: the config file and the command line, combined and checked. */

import type { LevelWithSilent } from 'pino';
import { developmentConfig, isLoopbackHost } from '../config/development.ts';
import { loadConfig } from '../config/file.ts';
import type { Config } from '../config/schema.ts';
import { logLevels } from '../config/schema.ts';
import { usageFailure } from './failure.ts';

/** The options of the command line, as they were typed. */
export interface ServeFlags {
  readonly host?: string;
  readonly port?: string;
  readonly path?: string;
  readonly realm?: string;
  readonly logLevel?: string;
}

/** One listener of a config. */
export type ListenerConfig = Config['listeners'][number];

/** One RawSocket listener of a config. */
export type RawSocketConfig = Config['rawSockets'][number];

/** What is going to run. */
export interface Plan {
  readonly config: Config;
  readonly isDevelopment: boolean;
  readonly listeners: readonly ListenerConfig[];
  readonly level: LevelWithSilent;
}

const defaultHost = '127.0.0.1';

const checkFlags = ({ host, port, path, realm, logLevel }: ServeFlags): void => {
  const check = (
    flag: string,
    value: string | undefined,
    isValid: (value: string) => boolean,
    expected: string,
  ): void => {
    if (value !== undefined && !isValid(value)) {
      throw usageFailure(`postmaster: ${flag} must be ${expected}, not ${JSON.stringify(value)}`);
    }
  };
  check('--host', host, (value) => value.trim() !== '', 'an address or a host name');
  check('--port', port, (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'a number from 0 to 65535');
  check('--path', path, (value) => /^\/[^?#\s]*$/.test(value), 'a path that begins with a slash');
  check('--realm', realm, (value) => value !== '', 'the name of a realm');
  const isLevel = (value: string): boolean => logLevels.some((level) => level === value);
  check('--log-level', logLevel, isLevel, `one of ${logLevels.join(', ')}`);
};

const planListeners = (config: Config, { host, port, path }: ServeFlags): readonly ListenerConfig[] => {
  const [first, ...others] = config.listeners;
  const given = { ...(host && { host }), ...(port && { port: Number(port) }), ...(path && { path }) };
  return first ? [{ ...first, ...given }, ...others] : [];
};

const chooseRealm = (config: Config, realm: string | undefined, file: string): Config => {
  if (realm === undefined) return config;
  if (config.realms.some(({ name }) => name === realm)) return { ...config, v1Realm: realm };
  const names = config.realms.map(({ name }) => name).join(', ');
  throw usageFailure(
    `postmaster: --realm must be one of the realms of ${file} (${names}), not ${JSON.stringify(realm)}`,
  );
};

/**
 * Makes the plan from the config file (undefined: that of development) and the command line. Rejects with a CommandFailure or
 * a ConfigError that says in one sentence what is wrong.
 */
export const makePlan = async (file: string | undefined, flags: ServeFlags): Promise<Plan> => {
  checkFlags(flags);
  const config =
    file === undefined ? developmentConfig(flags.realm) : chooseRealm(await loadConfig(file), flags.realm, file);
  const listeners = planListeners(config, flags);
  const { host = defaultHost } = flags;
  if (file === undefined && !isLoopbackHost(host)) {
    throw usageFailure(
      `postmaster: without a config the router is open to everybody, so it binds loopback addresses only, not ${host}; give it a config file to listen there`,
    );
  }
  const level = (flags.logLevel ?? config.log.level) as LevelWithSilent;
  return { config, isDevelopment: file === undefined, listeners, level };
};
