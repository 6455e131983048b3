/**
 * What is exported as TypeScript that a reader can do with: as it is written in the sources, without bodies and what is private, and
 * with the docstrings of its parts. A type that is computed from a value is written out.
 */

import ts from 'typescript';
import type { Exported, Method } from './exports.ts';
import { commentOf } from './exports.ts';

const longestLine = 110;
const format = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType;

const flat = (node: ts.Node): string => node.getText().replace(/\s+/g, ' ');

const plain = (node: ts.Node): string => node.getText().replace(/^export /, '');

const toParameter = ({ dotDotDotToken, name, questionToken, type, initializer }: ts.ParameterDeclaration): string => {
  // What the sources take apart at once has no name there.
  const title = ts.isIdentifier(name) ? name.text : 'options';
  const told = `${dotDotDotToken ? '...' : ''}${title}${questionToken ? '?' : ''}: ${type ? flat(type) : 'unknown'}`;
  return initializer ? `${told} = ${flat(initializer)}` : told;
};

const signatureOf = (head: string, node: ts.SignatureDeclaration, result: string): string => {
  const parameters = node.parameters.map(toParameter);
  const name = node.typeParameters ? `${head}<${node.typeParameters.map(flat).join(', ')}>` : head;
  const line = `${name}(${parameters.join(', ')})${result}`;
  if (line.length <= longestLine) return line;
  return [`${name}(`, ...parameters.map((parameter) => `  ${parameter},`), `)${result}`].join('\n');
};

const commentLines = (node: ts.Node | undefined): readonly string[] => {
  const comment = node && commentOf(node);
  return comment
    ? comment
        .getText()
        .split('\n')
        .map((line) => line.trim().replace(/^\*/, ' *'))
    : [];
};

const block = (head: string, lines: readonly string[]): string =>
  lines.length === 0 ? `${head} {}` : [`${head} {`, ...lines.map((line) => `  ${line}`), '}'].join('\n');

/** The parts of a union: what is separated by a bar, and in no brackets. */
const partsOf = (text: string): readonly string[] => {
  const parts: string[] = [];
  let depth = 0;
  for (const piece of text.split(' | ')) {
    const last = parts.length - 1;
    if (depth > 0) parts[last] += ` | ${piece}`;
    else parts.push(piece);
    const brackets = piece.replaceAll('=>', '');
    depth += (brackets.match(/[{(<[]/g)?.length ?? 0) - (brackets.match(/[})>\]]/g)?.length ?? 0);
  }
  return parts;
};

/** A union: of texts in the order of the alphabet, as the compiler has them in any; of many below one another. */
const unionOf = (head: string, text: string): string => {
  const parts = partsOf(text);
  const sorted = parts.every((part) => /^'[^']*'$/.test(part)) ? parts.toSorted() : parts;
  const line = `${head} ${sorted.join(' | ')};`;
  return line.length <= longestLine ? line : `${[head, ...sorted.map((part) => `  | ${part}`)].join('\n')};`;
};

/** The words of a text that may be names of types; what comments say is none. */
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.replace(/\/\*[\s\S]*?\*\//g, '').match(/\b[A-Z]\w*/g));

type Local = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** The types beside a declaration that its text leads to and that nobody can import. */
const localsOf = (text: string, source: ts.SourceFile, found: readonly Local[] = []): readonly Local[] => {
  const words = wordsOf(text);
  const next = source.statements.find(
    (each): each is Local =>
      (ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each)) &&
      !each.modifiers?.length &&
      words.has(each.name.text) &&
      !found.includes(each),
  );
  return next ? localsOf(`${text}\n${next.getText()}`, source, [...found, next]) : found;
};

const readsValue = (node: ts.Node): boolean =>
  ts.isTypeQueryNode(node) || ts.forEachChild(node, (child) => readsValue(child) || undefined) === true;

/** Whether a type is computed from a value, so that its text tells a reader nothing. */
const isComputed = (declaration: Local): boolean =>
  ts.isInterfaceDeclaration(declaration)
    ? declaration.members.length === 0
    : !declaration.typeParameters &&
      [declaration, ...localsOf(declaration.getText(), declaration.getSourceFile())].some(readsValue);

const told = (checker: ts.TypeChecker, type: ts.Type, flags = format): string =>
  checker.typeToString(type, undefined, flags);

const resultOf = (checker: ts.TypeChecker, node: ts.SignatureDeclaration): string => {
  if (node.type) return flat(node.type);
  const signature = checker.getSignatureFromDeclaration(node);
  return signature ? told(checker, checker.getReturnTypeOfSignature(signature)) : 'void';
};

const propertyLines = (checker: ts.TypeChecker, property: ts.Symbol): readonly string[] => {
  const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
  const type = told(checker, checker.getTypeOfSymbol(property));
  const name = /^[A-Za-z_]\w*$/.test(property.name) ? property.name : `'${property.name}'`;
  return [
    ...commentLines(property.declarations?.[0]),
    `readonly ${name}${isOptional ? '?' : ''}: ${isOptional ? type.replace(/ \| undefined$/, '') : type};`,
  ];
};

const computedText = (checker: ts.TypeChecker, declaration: Local): string => {
  const type = checker.getTypeAtLocation(declaration.name);
  const { text: name } = declaration.name;
  const lines = checker.getPropertiesOfType(type).flatMap((property) => propertyLines(checker, property));
  if (ts.isInterfaceDeclaration(declaration)) return block(`interface ${name}`, lines);
  const isObject = !type.isUnion() && (type.flags & ts.TypeFlags.Object) !== 0;
  if (isObject) return `${block(`type ${name} =`, lines)};`;
  return unionOf(`type ${name} =`, told(checker, type, format | ts.TypeFormatFlags.InTypeAlias));
};

/** A class without its methods, and without its constructor where that is not exported. */
const classText = (checker: ts.TypeChecker, declaration: ts.ClassDeclaration, isType: boolean): string => {
  const constructors = isType ? [] : declaration.members.filter(ts.isConstructorDeclaration);
  const properties = declaration.members
    .filter(ts.isPropertyDeclaration)
    .filter(({ name }) => !ts.isPrivateIdentifier(name));
  const lines = [
    ...constructors.flatMap((each) => [
      ...commentLines(each),
      ...`${signatureOf('constructor', each, '')};`.split('\n'),
    ]),
    ...properties.flatMap((each) => {
      const type = each.type ? flat(each.type) : told(checker, checker.getTypeAtLocation(each));
      return [...commentLines(each), `readonly ${each.name.getText()}: ${type};`];
    }),
  ];
  const heritage = (declaration.heritageClauses ?? []).map((clause) => ` ${flat(clause)}`).join('');
  return block(`class ${declaration.name?.text ?? ''}${heritage}`, lines);
};

/** A chain of calls without their arguments. The type of what they make may take pages, and the compiler seconds. */
const shortCall = (node: ts.Expression): string => {
  if (ts.isCallExpression(node)) return `${shortCall(node.expression)}(...)`;
  return ts.isPropertyAccessExpression(node) ? `${shortCall(node.expression)}.${node.name.text}` : flat(node);
};

const constantText = (checker: ts.TypeChecker, declaration: ts.VariableDeclaration): string => {
  const { name, initializer, type: given } = declaration;
  if (initializer && ts.isArrowFunction(initializer)) {
    return `${signatureOf(`function ${name.getText()}`, initializer, `: ${resultOf(checker, initializer)}`)};`;
  }
  const head = `const ${name.getText()}`;
  if (given) return `${head}: ${flat(given)};`;
  if (initializer && ts.isAsExpression(initializer)) return `${head} = ${initializer.getText()};`;
  if (initializer && ts.isCallExpression(initializer)) return `${head} = ${shortCall(initializer)};`;
  const type = checker.getTypeAtLocation(declaration);
  return `${head}: ${told(checker, checker.getBaseTypeOfLiteralType(type))};`;
};

const declarationText = (checker: ts.TypeChecker, { name, declaration, isType }: Exported): string => {
  if (ts.isClassDeclaration(declaration)) return classText(checker, declaration, isType);
  if (ts.isVariableDeclaration(declaration)) return constantText(checker, declaration);
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isTypeAliasDeclaration(declaration)) {
    throw new Error(`${name} is declared in a way that the reference does not know`);
  }
  return isComputed(declaration) ? computedText(checker, declaration) : plain(declaration);
};

/** The declaration of what is exported, and below it the types that it mentions and nobody can import. */
export const textOfExport = (checker: ts.TypeChecker, exported: Exported): string => {
  const text = declarationText(checker, exported);
  const locals = localsOf(text, exported.declaration.getSourceFile()).filter(({ name }) => name.text !== exported.name);
  return [text, ...locals.map(plain)].join('\n\n');
};

/** A method, in each of its overloads; of an accessor the property that it is. */
export const textOfMethod = (checker: ts.TypeChecker, { name, declarations }: Method): string =>
  declarations
    .map((node) =>
      ts.isGetAccessorDeclaration(node)
        ? `readonly ${name}: ${resultOf(checker, node)};`
        : `${signatureOf(name, node, `: ${resultOf(checker, node)}`)};`,
    )
    .join('\n');

/** The names among `all` that a text of TypeScript mentions, without those of `own`. */
export const mentionedIn = (text: string, all: ReadonlySet<string>, own: string): readonly string[] =>
  [...wordsOf(text)].filter((word) => word !== own && all.has(word)).sort((a, b) => a.localeCompare(b, 'en'));
