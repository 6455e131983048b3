/**
 * The meta procedures: a peer can ask the router about sessions, subscriptions and registrations, and can end them. They
 * are registered like any other procedure, so the rules about calls apply to them.
 */

import type { Procedure } from '../dealer/procedure.ts';
import { historyProcedures } from './history-procedures.ts';
import type { MetaOptions } from './meta-options.ts';
import { registrationProcedures } from './registration-procedures.ts';
import { sessionProcedures } from './session-procedures.ts';
import { subscriptionProcedures } from './subscription-procedures.ts';
import { testamentProcedures } from './testament-procedures.ts';

/** Every meta procedure by its URI. */
export const metaProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => ({
  ...sessionProcedures(options),
  ...testamentProcedures(options),
  ...subscriptionProcedures(options),
  ...historyProcedures(options),
  ...registrationProcedures(options),
});
