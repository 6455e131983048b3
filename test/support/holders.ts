/** The tests and attacks by which a document says that a promise is held, and which of them do not exist. */

import { existsSync, readFileSync } from 'node:fs';
import { titlesThatRun } from './test-titles.ts';

const results = readFileSync('test/hostile/results.md', 'utf8').split('\n');

/** Whether the attack with this id has kept its bound in the run that is committed. */
export const isKept = (id: string): boolean =>
  results.some((row) => row.startsWith(`| \`${id}\``) && row.endsWith('| kept |'));

/** The path of a test file, as code or as the target of a link. */
const testFile = /(?:`|\]\(\/?)(test\/[^)`]+\.ts)[)`]/;

/**
 * What is missing for a promise to be held, a phrase each; nothing when all is there that `holders` names: a test file with pieces of
 * titles in quotes behind it, each of one test that runs, or the id in backticks of an attack that has kept its bound.
 */
export const missing = (holders: string): readonly string[] => {
  const [, ...mentions] = holders.split(testFile);
  const files = mentions.flatMap((file, at) => (at % 2 === 0 ? [[file, mentions[at + 1] ?? ''] as const] : []));
  const faults = files.flatMap(([file, tail]) => {
    const named = [...tail.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
    const titles = existsSync(file) ? titlesThatRun(readFileSync(file, 'utf8')) : [];
    const unknown = named.filter((piece) => titles.filter((title) => title.includes(piece)).length !== 1);
    return [...(named.length === 0 ? [`a title in ${file}`] : []), ...unknown.map((title) => `${file}: ${title}`)];
  });
  const ids = [...holders.matchAll(/`([a-z-]+\/[a-z0-9-]+)`/g)].map(([, id = '']) => id);
  const unknownIds = ids.filter((id) => !isKept(id));
  return files.length + ids.length === 0 ? ['a test'] : [...faults, ...unknownIds.map((id) => `attack ${id}, kept`)];
};
