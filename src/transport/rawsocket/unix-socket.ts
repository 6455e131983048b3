/**
 * The file of a Unix socket. It is created under a temporary name in the same folder, given its permissions, and then linked
 * to its path. At the end it is removed only if the file at that path is still the same.
 */

import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, LinkError } from '../../wamp/error.ts';

/** The longest path of a Unix socket, in octets; the system would truncate a longer one. */
const longestPath = process.platform === 'darwin' ? 103 : 107;
/** Random octets of a temporary name, which make eight characters. */
const nameSize = 6;
/** The temporary path of a socket until it is complete. */
const draftFor = (path: string): string => join(dirname(path), `.${randomBytes(nameSize).toString('base64url')}`);

/** What makes a path unusable; undefined for a good one. */
const faultOf = (path: unknown): string | undefined => {
  if (typeof path !== 'string' || path === '') return 'must be a path';
  if (path.includes('\0')) return 'must not contain a zero octet';
  if (/(^|\/)\.{0,2}$/.test(path)) return 'must name a file, not a folder';
  const whole = resolve(path);
  const isTooLong = [whole, draftFor(whole)].some((each) => Buffer.byteLength(each) > longestPath);
  return isTooLong ? `must not be longer than ${longestPath} octets` : undefined;
};

/** Returns the absolute path of a socket. Throws a ConfigError for a path that no socket can have. */
export const checkSocketPath = (path: string): string => {
  const fault = faultOf(path);
  if (fault !== undefined) throw new ConfigError(`the path of a Unix socket ${fault}, not ${JSON.stringify(path)}`);
  return resolve(path);
};

/** Returns `mode` itself. Throws a ConfigError when it is no set of permissions. */
export const checkMode = (mode: number): number => {
  if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode;
  throw new ConfigError(`mode must be permissions such as 0o660, not ${JSON.stringify(mode)}`);
};

const causes: Readonly<Record<string, (path: string) => string>> = {
  EADDRINUSE: (path) => `${path} is in use`,
  EEXIST: (path) => `${path} is in use`,
  // A folder that does not exist is reported as one without write permission.
  EACCES: (path) => `${path}: there is no such folder, or no permission to make a socket there`,
  ENOTDIR: (path) => `${path}: ${dirname(path)} is no folder`,
};

const failureAt =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    const describe = causes[error.code ?? ''];
    throw new LinkError(describe ? describe(path) : `cannot listen: ${error.message}`, { cause: error });
  };

const isRefused = (path: string): Promise<boolean> =>
  new Promise((done) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      done(false);
    });
    probe.on('error', ({ code }: NodeJS.ErrnoException) => done(code === 'ECONNREFUSED'));
  });

/**
 * Removes the socket file of a process that is gone. A file that is no socket stays, and so does a socket on which a process
 * listens.
 */
const removeStale = async (path: string): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() && (await isRefused(path))) await unlink(path).catch(() => {});
};

const bind = (server: Server, path: string): Promise<void> =>
  new Promise((done, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      done();
    });
  });

/**
 * Listens at an absolute path. Resolves to a function that removes the file. Call it before the server is closed: until then
 * no other file can have the same inode. Rejects with a LinkError that names the cause. Without `mode` the permissions are
 * those that the process gives to new files.
 */
export const listenAtPath = async (server: Server, path: string, mode?: number): Promise<() => Promise<void>> => {
  await removeStale(path);
  // Closing a server removes the file that it was bound to. That is this temporary one, which is gone by then.
  const draft = draftFor(path);
  try {
    await bind(server, draft);
    if (mode !== undefined) await chmod(draft, mode);
    await link(draft, path);
    const own = await lstat(path);
    return async () => {
      const found = await lstat(path).catch(() => undefined);
      if (found?.ino === own.ino && found.dev === own.dev) await unlink(path).catch(() => {});
    };
  } catch (error) {
    if (server.listening) server.close();
    return failureAt(path)(error as NodeJS.ErrnoException);
  } finally {
    await unlink(draft).catch(() => {});
  }
};
