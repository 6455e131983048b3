/** How the client says in a browser what nobody else takes: on its console, which shows where an exception came from. */

import type { Logger } from '../../base/console-log.ts';
import type { Later } from '../../base/line-limit.ts';

export const consoleLogger: Pick<Logger, 'error'> = {
  // biome-ignore lint/suspicious/noConsole: it is what this logger is for
  error: (facts, message) => console.error('postmaster/client:', message, facts),
};

export const later: Later = (task, delay) => setTimeout(task, delay);
