/** Programs for browsers, bundled as a page of somebody's site would have them: by esbuild, without a polyfill. */

import { build } from 'esbuild';

/** A program: the path of its module, or its text. */
export type Program = string | { readonly contents: string };

/** The bundle of a program, a module. */
export const bundle = async (program: Program): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    ...(typeof program === 'string' ? { entryPoints: [program] } : { stdin: { ...program, resolveDir: '.' } }),
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    // In the sources this says which platform is meant, in the package the condition `browser` does.
    tsconfig: 'tsconfig.browser.json',
    format: 'esm',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
};
