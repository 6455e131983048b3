/**
 * Makes CONFIG.md, which has every option: from the descriptions by which the router reads its options, and from their
 * docstrings.
 */

import { configOptions, fileOptions } from '../../src/config/schema.ts';
import type { AnyKind, Description, ObjectKind } from '../../src/kind/kind.ts';
import { defaultOf, isRequired } from '../../src/kind/kind.ts';
import { principalOptions } from '../../src/options/principals.ts';
import { routerOptions } from '../../src/options/router.ts';
import { docstringOf, readDocstrings } from './docstrings.ts';

/** One object of options, by where it stands. */
interface Section {
  readonly path: string;
  readonly options: Description;
}

const preface = `# Configuration

<!-- Made by \`npm run reference\` from src/options, src/config and src/auth; test/reference holds it to them. -->

Every option of \`new Postmaster(options)\` and every key of a config file of \`postmaster serve\`. Most are in both; the column
"where" says which are only for programs that embed the router ("program") and which only for config files ("file"). An unknown option or an
invalid value is refused with one sentence: the path of the option, and what it must be. A config file is YAML, JSON, or a module of JavaScript
or TypeScript whose default export is the config, or a function that returns it or a promise of it. Options that are functions need a module.
Paths of files are relative to the config file. In headings \`[]\` is an entry of a list, and \`{}\` an entry of a table, whose keys the
operator chooses.
`;

const isObjectKind = (kind: AnyKind): kind is ObjectKind<Description> => 'options' in kind;

/** The steps from a kind to what is inside: a list and a table have one kind of entry, what is either of several has the same path. */
const stepsOf = (kind: AnyKind): readonly (readonly [step: string, inside: AnyKind])[] => {
  if (isObjectKind(kind)) return [];
  const step = kind.entries === 'list' ? '[]' : kind.entries === 'table' ? '{}' : '';
  return (kind.inside ?? []).map((inside) => [step, inside]);
};

const objectsIn = (kind: AnyKind, path: string): readonly Section[] =>
  isObjectKind(kind)
    ? [{ path, options: kind.options }]
    : stepsOf(kind).flatMap(([step, inside]) => objectsIn(inside, path + step));

/** All sections, each once, where it stands first. */
const sectionsOf = (root: Section): readonly Section[] => {
  const found = [root];
  for (const { path, options } of found) {
    for (const [name, kind] of Object.entries(options)) {
      const objects = objectsIn(kind, path === '' ? name : `${path}.${name}`);
      for (const each of objects) {
        const isEmpty = Object.keys(each.options).length === 0;
        if (!isEmpty && !found.some((known) => known.options === each.options)) found.push(each);
      }
    }
  }
  return found;
};

/** What GitHub makes of a heading, for links to it. */
export const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');

/** The anchors of headings, as GitHub makes them: of headings that come to the same the later ones are numbered. */
export const anchorsOf = (titles: readonly string[]): readonly string[] =>
  titles.map((title, at) => {
    const before = titles.slice(0, at).filter((each) => slugOf(each) === slugOf(title)).length;
    return before === 0 ? slugOf(title) : `${slugOf(title)}-${before}`;
  });

const cell = (text: string): string => text.replaceAll('|', '\\|');

const defaultText = (kind: AnyKind): string => {
  const value = defaultOf(kind);
  if (isRequired(kind)) return 'must be given';
  if (value === undefined) return '';
  const isLarge = typeof value === 'object' && JSON.stringify(value).length > 40;
  return isLarge ? 'those there' : `\`${JSON.stringify(value)}\``;
};

const kindText = (kind: AnyKind): string => {
  const [inside] = kind.entries === undefined ? [] : (kind.inside ?? []);
  return cell(inside && !isObjectKind(inside) ? `${kind.expected}, each ${inside.expected}` : kind.expected);
};

const whereOf = (name: string): string =>
  Object.hasOwn(fileOptions, name) ? 'file' : Object.hasOwn(configOptions, name) ? 'both' : 'program';

const isCommon = ([name, kind]: readonly [string, AnyKind]): boolean =>
  (principalOptions as Description)[name] === kind;

/** A table of options, below its heading. */
const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

const principal: Section = { path: 'Principals', options: principalOptions };

/** The reference, as it should stand in CONFIG.md. Throws for an option without a docstring. */
export const createReference = (): string => {
  const literals = readDocstrings();
  const root: Section = { path: '', options: { ...routerOptions, ...fileOptions } };
  const sections = [...sectionsOf(root), principal];
  const titles = sections.map(({ path }) => path || 'Options');
  const anchors = anchorsOf(titles);
  const linkTo = (options: Description): string => {
    const at = sections.findIndex((each) => each.options === options);
    if (options === principalOptions) return `[principal](#${anchors[at]})`;
    return at < 0 ? '' : `[\`${titles[at]}\`](#${anchors[at]})`;
  };
  const rowOf = ({ path, options }: Section, [name, kind]: readonly [string, AnyKind]): readonly string[] => {
    const text = docstringOf(literals, name, Object.keys(options));
    if (text === undefined) throw new Error(`the option ${path}.${name} has no docstring`);
    const links = [...new Set(objectsIn(kind, '').map((each) => linkTo(each.options)))].filter((link) => link !== '');
    const told = kindText(kind) + (links.length === 0 ? '' : ` (${links.join(', ')})`);
    return [`\`${name}\``, ...(path === '' ? [whereOf(name)] : []), told, cell(defaultText(kind)), cell(text)];
  };
  const tables = sections.map((section, at) => {
    const entries = Object.entries(section.options);
    const isPrincipal = section !== principal && entries.some(isCommon);
    const own = isPrincipal ? entries.filter((entry) => !isCommon(entry)) : entries;
    const head = ['option', ...(section.path === '' ? ['where'] : []), 'must be', 'default', 'for what'];
    const rows = own.map((entry) => rowOf(section, entry));
    const common = isPrincipal ? [`As every ${linkTo(principalOptions)}${own.length === 0 ? '.' : ', and:'}`, ''] : [];
    const title = section.path === '' || section === principal ? titles[at] : `\`${titles[at]}\``;
    return [`## ${title}`, '', ...common, ...(own.length === 0 ? [] : [...tableOf(head, rows), ''])].join('\n');
  });
  return `${[preface, ...tables].join('\n').trimEnd()}\n`;
};
