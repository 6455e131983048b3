/** How the client of Node says what nobody else takes: on stderr. */

import { createConsoleLogger } from '../../base/console-log.ts';
import type { Later } from '../../base/line-limit.ts';

/** Writes a line about a failure. */
export const consoleLogger = createConsoleLogger('postmaster/client');

/** Does something later; a process that has nothing else to do ends before. */
export const later: Later = (task, delay) => setTimeout(task, delay).unref();
