/** The picture of the connection chart that the package carries. */

import { existsSync, readFileSync } from 'node:fs';

/** The folder of the package. Built files lie one level deeper in it than the sources. */
const packageRoot = (): URL | undefined =>
  [new URL('../../', import.meta.url), new URL('../../../', import.meta.url)].find((folder) =>
    existsSync(new URL('package.json', folder)),
  );

/** `diagrams/connection.svg` of this package; undefined where there is none. */
export const readConnectionChart = (): Buffer | undefined => {
  const file = new URL('diagrams/connection.svg', packageRoot());
  return existsSync(file) ? readFileSync(file) : undefined;
};
