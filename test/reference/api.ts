/** API.md: everything that programs can import, from the declarations in the sources and their docstrings. */

import type ts from 'typescript';
import { sourcesByName } from '../support/documents.ts';
import { createProgram } from '../support/program.ts';
import type { Docstring, Exported, Method } from './exports.ts';
import { byName, readExports, undocumented } from './exports.ts';
import { slugOf } from './reference.ts';
import { mentionedIn, textOfExport, textOfMethod } from './signature.ts';

/** Names that belong together. */
interface Group {
  readonly title: string;
  readonly text: string;
  readonly names: readonly string[];
}

const groups: readonly Group[] = [
  {
    title: 'The router',
    text: 'What a program that embeds the router works with.',
    names: ['Postmaster'],
  },
  {
    title: 'The client',
    text: 'A WAMP v2 client, for this router and others.',
    names: ['connect', 'WampClient'],
  },
  {
    title: 'A session in the process of the router',
    text: 'What `postmaster.session()` returns: the program as a peer among those on the wire.',
    names: ['LocalPeer'],
  },
  {
    title: 'Errors and results',
    text: 'What procedures throw and return, and what methods throw and reject with. Each error has a `code` that does not change.',
    names: ['ConfigError', 'errorCode', 'LinkError', 'ProtocolViolation', 'WampError', 'WampResult'],
  },
  {
    title: 'Payloads',
    text: 'What events, calls, results and errors carry. PROTOCOL.md says which value each kind becomes.',
    names: ['Args', 'EncodedValue', 'GivenArgs', 'GivenKwargs', 'Kwargs', 'Payload', 'PayloadForm'],
  },
  {
    title: 'Interceptors',
    text: 'RxJS operators in the way of publications, and what passes through them.',
    names: ['Audience', 'Interceptor', 'InterceptorScope', 'Publication'],
  },
  {
    title: 'Secrets of principals',
    text: 'What a router keeps of secrets, and what its peers do with them. `postmaster secret` does the same from a command line.',
    names: [
      'createCraSecret',
      'createKeyPair',
      'createSalt',
      'createScramVerifier',
      'createTicket',
      'deriveKey',
      'publicKeyOf',
      'signChallenge',
    ],
  },
  {
    title: 'Charts',
    text: 'The machines that connections, calls and the router itself run, for editors, tests and other routers.',
    names: ['callMachine', 'connectionMachine', 'serverMachine'],
  },
  {
    title: 'Constants',
    text: 'Defaults, to calculate with, and the version.',
    names: ['defaultLimits', 'defaultV1', 'version'],
  },
];

const restTitle = 'Types';
const restText = 'What the signatures above mention.';

/** What an object is called in the headings of its methods, where it is not called after its class. */
const objects: Readonly<Record<string, string>> = { LocalPeer: 'session', WampClient: 'client' };

const preface = `# API

Everything that can be imported from \`postmaster\`, \`postmaster/client\` and \`postmaster/machines\`. \`npm run reference\` makes this page from
the declarations in the sources and their docstrings, and a test holds it to them. README.md has examples, CONFIG.md every
option with its default, PROTOCOL.md what peers see. A parameter with \`= {}\` can be left out.`;

/** All names in groups. Throws for a value that has none. */
const groupsOf = (all: readonly Exported[]): readonly (Group & { readonly members: readonly Exported[] })[] => {
  const named = groups.map((group) => ({ ...group, members: all.filter(({ name }) => group.names.includes(name)) }));
  const members = all.filter(({ name }) => !groups.some(({ names }) => names.includes(name)));
  const homeless = members.filter(({ isType }) => !isType).map(({ name }) => name);
  if (homeless.length > 0) throw new Error(`test/reference/api.ts has no group for ${homeless.join(', ')}`);
  return [...named, { title: restTitle, text: restText, names: [], members }];
};

const code = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``;

const link = (title: string): string => `[${title}](#${slugOf(title)})`;

/** A text of prose, in which the names of documents, and of what is exported, lead there. */
const withLinks = (text: string, names: ReadonlySet<string>): string =>
  text
    .replace(/(?<![\w/[])([A-Z]+\.md)\b(?!\])/g, '[$1]($1)')
    .replace(/(?<!\[)`(\w+)`(?!\])/g, (told, name: string) => (names.has(name) ? link(told) : told));

/** A part of the page below a heading of its own. */
interface Part {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly parts: readonly Part[];
}

/** What the parts of the page are made with. */
interface Source {
  readonly checker: ts.TypeChecker;
  readonly names: ReadonlySet<string>;
}

/** A signature with what is said of it, and links to the types that it mentions. */
const described = ({ names }: Source, text: string, doc: Docstring | undefined, own: string): readonly string[] => {
  const mentioned = mentionedIn(text, names, own).map((name) => link(`\`${name}\``));
  return [
    code(text),
    ...(doc?.text ?? []).map((paragraph) => withLinks(paragraph, names)),
    ...(doc?.examples ?? []).map(code),
    ...(mentioned.length === 0 ? [] : [`See ${mentioned.join(', ')}.`]),
  ];
};

const methodPart = (source: Source, own: string, method: Method): Part => {
  const text = textOfMethod(source.checker, method);
  const object = objects[own] ?? own.charAt(0).toLowerCase() + own.slice(1);
  const title = `${object}.${method.name}${text.startsWith('readonly ') ? '' : '()'}`;
  return { title: `\`${title}\``, paragraphs: described(source, text, method.doc, own), parts: [] };
};

const exportPart = (source: Source, exported: Exported): Part => {
  const { name, entries, doc, methods } = exported;
  const text = textOfExport(source.checker, exported);
  // An interface shows its methods itself.
  const own = text.startsWith('class ') ? byName(methods) : [];
  return {
    title: `\`${name}\``,
    paragraphs: [`From ${entries.map((entry) => `\`${entry}\``).join(', ')}.`, ...described(source, text, doc, name)],
    parts: own.map((method) => methodPart(source, name, method)),
  };
};

const linesOf = (parts: readonly Part[], level: number): readonly string[] =>
  parts.flatMap((part) => [
    `${'#'.repeat(level)} ${part.title}`,
    ...part.paragraphs,
    ...linesOf(part.parts, level + 1),
  ]);

/** The table of contents: a line for each group, and one for each class whose methods have headings. */
const contentsOf = (parts: readonly Part[], indent = ''): readonly string[] =>
  parts.flatMap(({ title, parts: inner }) => {
    const leaves = inner.filter(({ parts: none }) => none.length === 0).map((leaf) => link(leaf.title));
    const branches = inner.filter(({ parts: some }) => some.length > 0);
    const line = `${indent}- ${link(title)}${leaves.length === 0 ? '' : `: ${leaves.join(', ')}`}`;
    return [line, ...contentsOf(branches, `${indent}  `)];
  });

/**
 * The page of a program with the files of its entries, by default that of this package as it should stand in API.md. Throws for what
 * has no docstring, and for a value that is in no group.
 */
export const createApi = (
  program = createProgram([...sourcesByName.values()]),
  entries: ReadonlyMap<string, string> = sourcesByName,
): string => {
  const all = readExports(program, entries);
  const missing = undocumented(all);
  if (missing.length > 0) throw new Error(`without a docstring: ${missing.join(', ')}`);
  const source: Source = { checker: program.getTypeChecker(), names: new Set(all.map(({ name }) => name)) };
  const parts = groupsOf(all).map(({ title, text, members }) => ({
    title,
    paragraphs: [withLinks(text, source.names)],
    parts: members.map((each) => exportPart(source, each)),
  }));
  const head = [withLinks(preface, new Set()), '## Contents', contentsOf(parts).join('\n')];
  return `${[...head, ...linesOf(parts, 2)].join('\n\n')}\n`;
};
