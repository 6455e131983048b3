/** The files that the package carries beside its code. */

import { existsSync, readFileSync } from 'node:fs';

/** The folder of the package. Built files lie one level deeper in it than the sources. */
const packageRoot = (): URL | undefined =>
  [new URL('../../', import.meta.url), new URL('../../../', import.meta.url)].find((folder) =>
    existsSync(new URL('package.json', folder)),
  );

/** A file of this package, by its path from the folder of the package; undefined where there is none. */
export const readPackageFile = (path: string): Buffer | undefined => {
  const file = new URL(path, packageRoot());
  return existsSync(file) ? readFileSync(file) : undefined;
};
