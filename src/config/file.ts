/**
 * Reads a config file: data (YAML, JSON) or a module (JavaScript; TypeScript where Node can load it).
 *
 * Parsers like to quote the text that they cannot parse, and that may be a secret. So a message about broken syntax says
 * where it is, and does not quote it.
 */

import { access, readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../wamp/error.ts';
import { fileTrouble } from './file-trouble.ts';
import type { Config } from './schema.ts';
import { checkConfig } from './schema.ts';

/** Loads the module at a URL, as `import()` does. */
export type ImportModule = (url: string) => Promise<unknown>;

/**
 * What is wrong, by the error code of the parser and, where one code means several things, by how its message begins. Nothing
 * is quoted.
 */
const yamlFaults: readonly (readonly [code: string, message: RegExp, sentence: string])[] = [
  ['BAD_INDENT', /^All mapping items/, 'this line is indented neither like the key above it nor like one further out'],
  ['MISSING_CHAR', /^Sequence item/, 'no line above is indented like this one, or the "-" of a list entry is missing'],
  ['MISSING_CHAR', /^Implicit map keys/, 'a key is not followed by ":"'],
  ['MISSING_CHAR', /^Missing closing/, 'a quote is not closed'],
  ['MISSING_CHAR', /^Flow/, 'a bracket or brace is not closed'],
  ['BAD_INDENT', /^Flow/, 'a bracket or brace is not closed'],
  ['TAB_AS_INDENT', /^/, 'a tab cannot indent: use spaces'],
  ['DUPLICATE_KEY', /^/, 'this key appears twice'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    /^/,
    'a key appears where a value continues: indent it less, or put text with ": " into quotes',
  ],
  ['MULTILINE_IMPLICIT_KEY', /^/, 'a key is not followed by ": ", a colon and a blank'],
  ['TAG_RESOLVE_FAILED', /^/, 'an unknown tag: put text that begins with "!" into quotes'],
  ['BAD_SCALAR_START', /^/, 'text cannot begin with this character: put it into quotes'],
  ['UNEXPECTED_TOKEN', /^/, 'there is text after the end of a value'],
  ['BAD_DQ_ESCAPE', /^/, 'no such escape: a backslash between double quotes is written twice'],
  ['MULTIPLE_DOCS', /^/, 'a second document begins here, and a config must be a single one'],
];

const sentenceOf = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  yamlFaults.find(([known, beginning]) => known === code && beginning.test(message))?.[2] ??
  code.toLowerCase().replaceAll('_', ' ');

const parseYaml = (source: string, file: string): unknown => {
  const lines = new LineCounter();
  // Warnings count as errors: without a known tag the text behind it would pass for the value.
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'error', lineCounter: lines });
  const [error] = [...document.errors, ...document.warnings];
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError(`${file}: not valid YAML at line ${line}, column ${col}: ${sentenceOf(error)}`);
  }
  try {
    return document.toJS();
  } catch {
    throw new ConfigError(
      `${file}: not valid YAML: an alias (*name) comes before its anchor (&name), or there are too many`,
    );
  }
};

const parseJson = (source: string, file: string): unknown => {
  try {
    return JSON.parse(source);
  } catch {
    // V8 tells the place only sometimes. If the text is not valid YAML either, the YAML parser tells it.
    const lines = new LineCounter();
    const [error] = parseDocument(source, { prettyErrors: false, lineCounter: lines }).errors;
    const place = error && lines.linePos(error.pos[0]);
    const hint = place
      ? ` at line ${place.line}, column ${place.col}`
      : ': look for a comment, a trailing comma or text without quotes';
    throw new ConfigError(`${file}: not valid JSON${hint}`);
  }
};

const parsers: Readonly<Record<string, (source: string, file: string) => unknown>> = {
  '.yaml': parseYaml,
  '.yml': parseYaml,
  '.json': parseJson,
};
const moduleExtensions = ['.js', '.mjs', '.ts'];

/** What went wrong in a module. The text of a SyntaxError or ReferenceError quotes the source, so it is not shown. */
const describe = (error: unknown, file: string): string => {
  if (!(error instanceof Error)) return 'threw a value that is not an Error';
  const line = Number.parseInt(error.stack?.split(`${file}:`)[1] ?? '', 10);
  const place = Number.isNaN(line) ? '' : ` at line ${line}`;
  const isSafe = ['Error', 'TypeError', 'RangeError'].includes(error.name);
  return isSafe ? `failed: ${error.message.split('\n', 1)[0]}` : `failed with a ${error.name}${place}`;
};

const cannotLoadTypeScript = (file: string): string =>
  `${file}: Node ${process.versions.node} cannot load TypeScript: write the config in JavaScript, take Node 22.18 or newer, or start with node --import tsx`;

const readModule = async (file: string, importModule: ImportModule): Promise<unknown> => {
  const path = resolve(file);
  await access(path);
  try {
    const module = (await importModule(pathToFileURL(path).href)) as { readonly default?: unknown };
    const config = module.default;
    if (config === undefined) throw new ConfigError(`${file}: has no default export, which must be the config`);
    return typeof config === 'function' ? await config() : config;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const isTypeScript = code === 'ERR_UNKNOWN_FILE_EXTENSION' && message.includes('".ts"');
    throw new ConfigError(isTypeScript ? cannotLoadTypeScript(file) : `${file}: ${describe(error, path)}`, {
      cause: error,
    });
  }
};

const read = async (file: string, importModule: ImportModule): Promise<unknown> => {
  const extension = extname(file);
  const parse = parsers[extension];
  if (!parse && !moduleExtensions.includes(extension)) {
    const known = [...moduleExtensions, ...Object.keys(parsers)].join(', ');
    throw new ConfigError(`${file}: the name of a config file must end in one of ${known}`);
  }
  try {
    return await (parse ? parse(await readFile(file, 'utf8'), file) : readModule(file, importModule));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file}: cannot be read: ${fileTrouble(error)}`, { cause: error });
  }
};

/**
 * Reads and checks the config in `file`. Paths of files and Unix sockets in it are relative to the folder of `file`, and are
 * absolute in the result. Rejects with a ConfigError that has one line for each problem. A module may export an object, or a
 * function that returns (a promise of) one.
 */
export const loadConfig = async (file: string, importModule: ImportModule = (url) => import(url)): Promise<Config> => {
  const given = await read(file, importModule);
  const folder = dirname(file);
  return checkConfig(given, file, { isData: extname(file) in parsers, resolve: (path) => resolve(folder, path) });
};
