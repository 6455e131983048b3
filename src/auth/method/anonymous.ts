/** Anonymous: lets everybody in, as nobody in particular. It has no principals, so it stands in no table. */

import type { Method } from '../authentication.ts';

/** The method of a realm whose anonymous peers have `role`. */
export const anonymousMethod = (role: string): Method => ({
  name: 'anonymous',
  isDynamic: false,
  begin: () => ({ proof: { credential: { role } } }),
});
