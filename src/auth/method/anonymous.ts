/** Anonymous: admits every peer. It has no principals, so it is not in the table of methods. */

import type { Method } from '../authentication.ts';

/** The method of a realm whose anonymous peers have `role`. */
export const anonymousMethod = (role: string): Method => ({
  name: 'anonymous',
  isDynamic: false,
  begin: () => ({ proof: { credential: { role } } }),
});
