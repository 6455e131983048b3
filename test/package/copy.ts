/** A copy of the project to pack from: packing builds anew, and takes away the `dist` that somebody else may be using. */

import { cpSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const left = new Set(['node_modules', 'dist', '.git']);

/** Copies the project, without what is installed, built or git's, into `folder`, which must not exist. Its packages are those of the project. */
export const copyToPack = (folder: string): void => {
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
};
