/** The option `payload` of handlers. */

import { ConfigError } from './error.ts';
import type { PayloadForm } from './payload.ts';

const forms: Readonly<Record<PayloadForm, boolean>> = { values: false, octets: true };

/** Whether a program has chosen octets; by default it has not. Throws a ConfigError for a form that there is not. */
export const wantsOctets = (given: PayloadForm = 'values'): boolean => {
  if (Object.hasOwn(forms, given)) return forms[given];
  throw new ConfigError('payload must be "values" or "octets"');
};
