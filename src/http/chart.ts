/** The picture of the connection chart that the package carries. */

import { existsSync, readFileSync } from 'node:fs';

/** The sources lie one level deeper once they are built. */
const packageRoot = (): URL | undefined =>
  [new URL('../../', import.meta.url), new URL('../../../', import.meta.url)].find((folder) =>
    existsSync(new URL('package.json', folder)),
  );

/** `diagrams/connection.svg` of this package; undefined where there is none. */
export const readConnectionChart = (): Buffer | undefined => {
  const file = new URL('diagrams/connection.svg', packageRoot());
  return existsSync(file) ? readFileSync(file) : undefined;
};
