/** The command `diagram`: prints a chart of the router as a picture or as text. The package carries them all as files. */

import { runFailure } from './failure.ts';
import { endWithReader } from './output.ts';
import { readPackageFile } from './package-file.ts';

/** Each chart, with what it is about. */
const charts = {
  connection: 'one connection: what a peer may say in which state, and what follows',
  call: 'one call at the dealer: who answers it, and what becomes of it when somebody leaves',
  server: 'the router: starting, listening, draining, stopped',
} as const;

/** The name of a chart. */
export type ChartName = keyof typeof charts;

/** The formats, each with the ending of its files. */
const formats = { svg: 'svg', mermaid: 'mmd', json: 'json' } as const;

/** The name of a format. */
export type ChartFormat = keyof typeof formats;

/** `diagram`: prints the chart, or without one the names of all. */
export const diagram = (chart: ChartName | undefined, { format }: { readonly format: ChartFormat }): void => {
  endWithReader();
  if (chart === undefined) {
    for (const [name, about] of Object.entries(charts)) process.stdout.write(`${name.padEnd(12)}${about}\n`);
    return;
  }
  const name = `diagrams/${chart}.${formats[format]}`;
  const file = readPackageFile(name);
  if (!file) throw runFailure(`the package has no file ${name}`);
  process.stdout.write(file);
};
