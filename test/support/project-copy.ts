/** A copy of the project, in which something may be changed while the project itself stays as it is. */

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

/** Copies all files of the project at `root` that git knows, as they are now, into `folder`. */
export const copyProject = (root: string, folder: string): void => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\0').filter(Boolean)) cpSync(join(root, file), join(folder, file));
};
