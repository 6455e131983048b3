/**
 * Notices that the process has run out of file descriptors. Node does not report this: libuv keeps one descriptor in reserve,
 * accepts each new connection with it, and closes that connection at once. So a router that no client can reach looks like
 * one that has no clients. Therefore a descriptor is opened and closed a second after a connection was accepted, and again
 * every second as long as that fails.
 */

import { closeSync, openSync } from 'node:fs';
import type { Server } from 'node:net';
import { devNull } from 'node:os';
import type { Report } from '../base/report.ts';

/** Checks whether the process can still open a file descriptor. */
export interface DescriptorWatch {
  /** Checks after `server` has accepted connections. The returned function ends that. */
  watch(server: Server): () => void;
  /** Stops checking. */
  close(): void;
}

/** ms from an accepted connection to the check that follows it, and between two checks. */
const pace = 1_000;

/** The error code when the descriptors of the process, or of the whole system, are used up; undefined otherwise. */
const shortage = (): string | undefined => {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined;
  }
};

/** Creates a watch of no server yet. Each shortage is logged when it begins and when it ends, and is counted once. */
export const createDescriptorWatch = (report: Report): DescriptorWatch => {
  let timer: NodeJS.Timeout | undefined;
  let isShort = false;
  let isClosed = false;

  const look = (): void => {
    timer = undefined;
    const code = shortage();
    if (code !== undefined && !isShort) {
      report.error('descriptors_exhausted', { code }, 'no file descriptor is left: new connections are closed at once');
    }
    if (code === undefined && isShort) report.info({}, 'file descriptors are available again');
    isShort = code !== undefined;
    if (isShort) lookLater();
  };
  const lookLater = (): void => {
    if (timer === undefined && !isClosed) timer = setTimeout(look, pace).unref();
  };
  return {
    watch: (server) => {
      server.on('connection', lookLater);
      return () => server.off('connection', lookLater);
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
};
