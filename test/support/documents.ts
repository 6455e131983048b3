/** What tests read out of the Markdown documents in the root of the repository. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The documents in the root. */
export const documents = readdirSync('.').filter((name) => name.endsWith('.md'));

/** A fenced block of code in a document, and the line of text before it. */
export interface Block {
  readonly language: string;
  readonly code: string;
  readonly marker: string;
}

/** Every fenced block of a text. */
export const blocksIn = (text: string): readonly Block[] =>
  [...text.matchAll(/(?:^|\n)([^\n]*)\n```(\w*)\n([\s\S]*?)```/g)].map(([, marker = '', language = '', code = '']) => ({
    language,
    code,
    marker,
  }));

/** The code of the block in `language` behind a comment that begins with `marker`. */
export const blockBehind = (file: string, marker: string, language: string): string => {
  const block = blocksIn(readFileSync(file, 'utf8')).find(
    (each) => each.marker.startsWith(`<!-- ${marker}`) && each.language === language,
  );
  if (!block) throw new Error(`${file} has no ${language} block behind "${marker}"`);
  return block.code;
};

/** A text without its fenced blocks. */
const proseOf = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

/** The anchors of a text's headings, as GitHub makes them: of equal ones the second ends in `-1`. */
const anchorsOf = (text: string): ReadonlySet<string> => {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let times = 1; anchors.has(unique); times += 1) unique = `${anchor}-${times}`;
    anchors.add(unique);
  }
  return anchors;
};

/** Where the links of a text lead that stay in the repository. */
export const linksIn = (text: string): readonly string[] =>
  [...proseOf(text).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));

/** The links of `text`, which stands in `file`, to files and headings of this repository that are not there. */
export const brokenLinks = (file: string, text: string): readonly string[] => {
  const leads = (target: string): boolean => {
    const [path = '', anchor] = target.split('#', 2);
    const there = path === '' ? file : join(dirname(file), path);
    if (!existsSync(there)) return false;
    if (anchor === undefined || !there.endsWith('.md')) return true;
    return anchorsOf(there === file ? text : readFileSync(there, 'utf8')).has(anchor);
  };
  return linksIn(text).filter((target) => !leads(target));
};

const { exports: entries } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, { readonly default: string } | string>>;
};

/** The source that the package is imported from, by the name that a program imports: `postmaster`, `postmaster/client`. */
export const sourcesByName: ReadonlyMap<string, string> = new Map(
  Object.entries(entries).flatMap(([name, entry]) =>
    typeof entry === 'string'
      ? []
      : [[name.replace(/^\./, 'postmaster'), resolve(entry.default.replace('/dist/', '/').replace(/\.js$/, '.ts'))]],
  ),
);

/** An example with a free port for the one that it names. */
export const onFreePort = (code: string): string => code.replace('port: 8080', 'port: 0');

/** An example as a program of this machine: with the sources for the package, on a free port. */
export const runnable = (code: string): string =>
  onFreePort(code).replace(/from '(postmaster[^']*|rxjs)'/g, (_, name: string) => {
    const source = sourcesByName.get(name);
    return `from '${source === undefined ? import.meta.resolve(name) : pathToFileURL(source)}'`;
  });
