/** The docstrings of options, read from the sources: the reference says of an option what an editor shows beside it. */

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** What one object literal of the sources says of its options. */
export type Documented = ReadonlyMap<string, string>;

/** Where options are described. */
const folders = ['src/options', 'src/config', 'src/auth', 'src/auth/method'];

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);

const textOf = (node: ts.Node): string | undefined => {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return ts.getTextOfJSDocComment(doc?.comment)?.replace(/\s*\n\s*/g, ' ');
};

const nameOf = ({ name }: ts.ObjectLiteralElementLike): string | undefined =>
  name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;

const literalsIn = (node: ts.Node): readonly Documented[] => {
  const inside: Documented[] = [];
  ts.forEachChild(node, (child) => {
    inside.push(...literalsIn(child));
  });
  if (!ts.isObjectLiteralExpression(node)) return inside;
  const entries = node.properties.flatMap((property): [string, string][] => {
    const [name, text] = [nameOf(property), textOf(property)];
    return name === undefined || text === undefined ? [] : [[name, text]];
  });
  return entries.length === 0 ? inside : [new Map(entries), ...inside];
};

/** All object literals of the descriptions that have docstrings. */
export const readDocstrings = (): readonly Documented[] =>
  folders.flatMap(sourcesIn).flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
    return literalsIn(source);
  });

/**
 * The docstring of the option `name` of an object with the options `names`; undefined where it has none. An object may be made of
 * several literals: the largest that documents the option, and no other than the object has, is the one.
 */
export const docstringOf = (
  literals: readonly Documented[],
  name: string,
  names: readonly string[],
): string | undefined => {
  const candidates = literals.filter((literal) => literal.has(name));
  const parts = candidates.filter((literal) => [...literal.keys()].every((each) => names.includes(each)));
  const [found] = (parts.length > 0 ? parts : candidates).sort((a, b) => b.size - a.size);
  return found?.get(name);
};
