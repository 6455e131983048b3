/** Programs for browsers, bundled as a page of somebody's site would have them: by esbuild, without a polyfill. */

import { build } from 'esbuild';

/** The bundle of a module. What it exports is the global variable `name`, if there is one, otherwise it is a module itself. */
export const bundle = async (entry: string, name?: string): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    // In the sources this says which platform is meant, in the package the condition `browser` does.
    tsconfig: 'tsconfig.browser.json',
    ...(name === undefined ? { format: 'esm' } : { format: 'iife', globalName: name }),
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
};
