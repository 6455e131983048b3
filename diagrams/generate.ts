/**
 * `npm run diagrams`: draws every machine of `machines/index.ts`, as Mermaid text, as SVG and as JSON, into this folder.
 * `--check` writes nothing and fails when a file is not what would be written.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { AnyStateMachine } from 'xstate';
import { StateMachine } from 'xstate';
import * as machines from '../machines/index.ts';
import { chartOf } from './chart.ts';
import { toJson } from './json.ts';
import { layOut } from './layout.ts';
import { toMermaid } from './mermaid.ts';
import { toSvg } from './svg.ts';

/** A file that belongs into this folder. */
export interface DiagramFile {
  readonly name: string;
  readonly content: string;
}

const isMachine = (value: unknown): value is AnyStateMachine => value instanceof StateMachine;

/** All files, in the order of the exports' names. */
export const diagramFiles = async (): Promise<readonly DiagramFile[]> => {
  const all: readonly unknown[] = Object.values(machines);
  const files = all.filter(isMachine).map(async (machine) => {
    const chart = chartOf(machine);
    return [
      { name: `${chart.id}.mmd`, content: toMermaid(chart) },
      { name: `${chart.id}.svg`, content: toSvg(await layOut(chart)) },
      { name: `${chart.id}.json`, content: toJson(machine) },
    ];
  });
  return (await Promise.all(files)).flat();
};

const pathOf = (name: string): URL => new URL(name, import.meta.url);
const onDisk = (name: string): string | undefined => {
  try {
    return readFileSync(pathOf(name), 'utf8');
  } catch {
    return undefined;
  }
};

const main = async (args: readonly string[]): Promise<number> => {
  const [unknown] = args.filter((argument) => argument !== '--check');
  if (unknown !== undefined) {
    process.stderr.write(`diagrams: there is no option ${JSON.stringify(unknown)}, only --check\n`);
    return 2;
  }
  const files = await diagramFiles();
  const stale = files.filter(({ name, content }) => onDisk(name) !== content);
  if (args.includes('--check')) {
    for (const { name } of stale) process.stderr.write(`diagrams/${name} is stale: run npm run diagrams\n`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const { name, content } of files) {
    writeFileSync(pathOf(name), content);
    process.stdout.write(`diagrams/${name} ${content.length} characters\n`);
  }
  return 0;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv.slice(2));
