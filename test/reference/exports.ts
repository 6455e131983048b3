/** What the package exports: each name once, with the entries that it can be imported from, its declaration and its docstring. */

import ts from 'typescript';

/** What a docstring says. */
export interface Docstring {
  /** Its paragraphs, a line each. */
  readonly text: readonly string[];
  readonly examples: readonly string[];
}

/** A method or an accessor where it is declared. */
export type Callable = ts.MethodDeclaration | ts.MethodSignature | ts.GetAccessorDeclaration;

/** A method or an accessor of a class or an interface. */
export interface Method {
  readonly name: string;
  /** One, or as many as it has overloads. */
  readonly declarations: readonly Callable[];
  readonly doc: Docstring | undefined;
}

/** A name that programs can import. */
export interface Exported {
  readonly name: string;
  /** The entries that have it: `postmaster`, `postmaster/client`. */
  readonly entries: readonly string[];
  /** Whether only its type is there: nobody calls the constructor of such a class. */
  readonly isType: boolean;
  readonly declaration: ts.Declaration;
  readonly doc: Docstring | undefined;
  readonly methods: readonly Method[];
}

/** In the order of the alphabet, whatever the case. */
export const byName = <Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] =>
  [...all].sort((a, b) => a.name.localeCompare(b.name, 'en'));

/** The comment that an editor shows of a declaration; of several in a row it is the last. */
export const commentOf = (node: ts.Node): ts.JSDoc | undefined => ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);

const docstringOf = (node: ts.Node | undefined): Docstring | undefined => {
  const comment = node && commentOf(node);
  const text = ts.getTextOfJSDocComment(comment?.comment) ?? '';
  if (text === '') return undefined;
  const examples = (comment?.tags ?? []).filter(({ tagName }) => tagName.text === 'example');
  return {
    text: text.split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ')),
    examples: examples.map(({ comment: example }) => ts.getTextOfJSDocComment(example) ?? ''),
  };
};

const isMethod = (member: ts.ClassElement | ts.TypeElement): member is Callable =>
  (ts.isMethodDeclaration(member) || ts.isMethodSignature(member) || ts.isGetAccessorDeclaration(member)) &&
  !ts.isPrivateIdentifier(member.name);

const methodsOf = (declaration: ts.Declaration): readonly Method[] => {
  if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) return [];
  const members = [...declaration.members].filter(isMethod);
  const names = new Set(members.map((member) => member.name.getText()));
  return [...names].map((name) => {
    const all = members.filter((member) => member.name.getText() === name);
    // Of a method with overloads nobody sees the signature that its body has.
    const overloads = all.filter((member) => !('body' in member) || member.body === undefined);
    return { name, declarations: overloads.length > 0 ? overloads : all, doc: docstringOf(all[0]) };
  });
};

const isTypeOnly = (symbol: ts.Symbol, original: ts.Symbol): boolean =>
  (original.flags & ts.SymbolFlags.Value) === 0 ||
  symbol.declarations?.some((each) => ts.isExportSpecifier(each) && each.parent.parent.isTypeOnly) === true;

/** Everything that programs can import from the `entries` of a program: files by the names of the entries. By name. */
export const readExports = (program: ts.Program, entries: ReadonlyMap<string, string>): readonly Exported[] => {
  const checker = program.getTypeChecker();
  const found = new Map<string, Exported>();
  for (const [entry, file] of entries) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${entry} is no module`);
    for (const symbol of checker.getExportsOfModule(module)) {
      const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const [declaration] = original.declarations ?? [];
      const { name } = symbol;
      const known = found.get(name);
      if (!declaration) throw new Error(`${name} of ${entry} is declared nowhere`);
      if (known && known.declaration !== declaration) throw new Error(`${name} of ${entry} is another elsewhere`);
      found.set(name, {
        name,
        entries: [...(known?.entries ?? []), entry],
        isType: isTypeOnly(symbol, original) && known?.isType !== false,
        declaration,
        doc: docstringOf(declaration),
        methods: methodsOf(declaration),
      });
    }
  }
  return byName([...found.values()]);
};

/** The exported names, and their methods, that have no docstring. */
export const undocumented = (all: readonly Exported[]): readonly string[] =>
  all.flatMap(({ name, doc, methods }) => [
    ...(doc ? [] : [name]),
    ...methods.filter((method) => !method.doc).map((method) => `${name}.${method.name}`),
  ]);
