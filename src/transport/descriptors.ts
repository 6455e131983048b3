/**
 * Notices that the process has no file descriptor left. Node shows nothing of it: libuv keeps one in reserve, accepts with it
 * whoever comes, and closes the connection at once, so that a router which nobody can reach looks like one that nobody wants
 * to reach. So one descriptor is opened and closed a second after a connection has been accepted, and once a second again as
 * long as that fails.
 */

import { closeSync, openSync } from 'node:fs';
import type { Server } from 'node:net';
import { devNull } from 'node:os';
import type { Report } from '../base/report.ts';

/** Looks after the descriptors of the process. */
export interface DescriptorWatch {
  /** Looks whenever `server` has accepted connections. The function that is returned ends that. */
  watch(server: Server): () => void;
  /** Looks no more. */
  close(): void;
}

/** ms between a connection and the look that follows it. */
const pace = 1_000;

/** Why no descriptor can be had: those of the process, or of the whole system, are used up; undefined when one can. */
const shortage = (): string | undefined => {
  try {
    closeSync(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined;
  }
};

/** A watch over no server yet. A shortage is a line in the log when it begins and one when it is over, and is counted once. */
export const createDescriptorWatch = (report: Report): DescriptorWatch => {
  let timer: NodeJS.Timeout | undefined;
  let isShort = false;
  let isClosed = false;

  const look = (): void => {
    timer = undefined;
    const code = shortage();
    if (code !== undefined && !isShort) {
      report.error('descriptors_exhausted', { code }, 'no file descriptor is left: connections are closed unheard');
    }
    if (code === undefined && isShort) report.info({}, 'there are file descriptors again');
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
