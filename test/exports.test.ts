import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { sourcesByName } from './support/documents.ts';
import { createProgram, createProgramOf } from './support/program.ts';

const isPrivate = (node: ts.Node): boolean =>
  (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
  (ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true);

const isExported = (declaration: ts.Declaration): boolean =>
  (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0;

// How the types of options are computed from their descriptions; nobody has a use for a name of it.
const isComputation = ({ fileName }: ts.SourceFile): boolean => fileName.includes('/src/kind/');

/** The name of every type that a signature of `entry` mentions and that cannot be imported from there, with who mentions it. */
const missingFrom = (program: ts.Program, entry: string): readonly string[] => {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${entry} is no module`);
  const resolve = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exports = checker.getExportsOfModule(module);
  const exported = new Set(exports.map(resolve));
  const seen = new Set<ts.Symbol>();
  const described = new Set<ts.Node>();
  const missing = new Set<string>();

  const need = (name: ts.Node, owner: string): void => {
    const found = checker.getSymbolAtLocation(name);
    const symbol = found && resolve(found);
    if (!symbol || exported.has(symbol) || symbol.flags & ts.SymbolFlags.TypeParameter || seen.has(symbol)) return;
    const own = (symbol.declarations ?? []).filter((declaration) => {
      const file = declaration.getSourceFile();
      return !program.isSourceFileFromExternalLibrary(file) && !program.isSourceFileDefaultLibrary(file);
    });
    if (own.length === 0 || own.every((declaration) => isComputation(declaration.getSourceFile()))) return;
    seen.add(symbol);
    if (own.some(isExported)) missing.add(`${symbol.name}, of ${owner}`);
    // What no module exports is a part of what mentions it.
    else for (const declaration of own) visit(declaration, owner);
  };
  const visit = (node: ts.Node, owner: string): void => {
    if (ts.isBlock(node) || isPrivate(node)) return;
    if (ts.isTypeQueryNode(node)) return lookInto(node.exprName, owner);
    if (ts.isTypeReferenceNode(node)) need(node.typeName, owner);
    if (ts.isExpressionWithTypeArguments(node)) need(node.expression, owner);
    const { initializer } = node as { readonly initializer?: ts.Node };
    ts.forEachChild(node, (child) => {
      if (child === initializer && !ts.isArrowFunction(child)) return;
      if (ts.isArrowFunction(node) && child === node.body) return;
      visit(child, owner);
    });
  };
  // Options are described by values, whose types are written where they are made: `callback<Authorizer>()`.
  const lookInto = (name: ts.EntityName, owner: string): void => {
    const found = checker.getSymbolAtLocation(name);
    const value = found && resolve(found).valueDeclaration;
    if (!value || !ts.isVariableDeclaration(value) || !value.initializer || described.has(value)) return;
    described.add(value);
    const look = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) for (const each of node.typeArguments ?? []) visit(each, owner);
      if (!ts.isArrowFunction(node)) ts.forEachChild(node, look);
    };
    look(value.initializer);
  };
  for (const symbol of exports) {
    const isType = symbol.declarations?.some((each) => ts.isExportSpecifier(each) && each.parent.parent.isTypeOnly);
    for (const each of resolve(symbol).declarations ?? []) {
      // Of a class that is exported as a type nobody calls the constructor.
      if (isType && ts.isClassDeclaration(each)) {
        for (const member of each.members) if (!ts.isConstructorDeclaration(member)) visit(member, symbol.name);
      } else visit(each, symbol.name);
    }
  }
  return [...missing].sort();
};

describe('what can be imported', () => {
  const program = createProgram([...sourcesByName.values()]);

  test.each([...sourcesByName])('from %s includes every type that its signatures mention', (_, entry) => {
    expect(missingFrom(program, entry)).toEqual([]);
  });
});

test('a type that a signature mentions and that cannot be imported is missed, wherever it stands', () => {
  const files = {
    'a.ts': `
      export interface A {} export interface B {} export interface C {} export interface D {} export interface E {}
      export interface F {} export interface G {} export interface H {} export interface I {} export interface Known {}`,
    'b.ts': `
      import type { A, B, C, D, E, F, G, H, I, Known } from './a.ts';
      interface Hidden { readonly c: readonly C[] }
      type Name<Text> = Text extends D ? Text : Promise<Known>;
      export type One = A | Hidden;
      export interface Two extends B { call<Type>(name: Name<Type>): void }
      export class Three { #f?: F; private g?: G; get e(): E | undefined { const h: H = {}; return h; } }
      const described = { i: Array<I>() };
      class Four { constructor(readonly g: G) {} }
      export type Five = typeof described;
      export type { Four };
      export const four = (known: Known): Promise<H> => Promise.resolve(known);`,
    'index.ts': `export * from './b.ts'; export type { Known } from './a.ts';`,
  };
  expect(missingFrom(createProgramOf(files), 'index.ts')).toEqual([
    'A, of One',
    'B, of Two',
    'C, of One',
    'D, of Two',
    'E, of Three',
    'H, of four',
    'I, of Five',
  ]);
});
