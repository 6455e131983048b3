/**
 * Deliberate faults: every place in a source where one small change of its meaning is possible. A test suite that checks the
 * code fails for most of them. Those that it does not notice show where tests are missing.
 */

import ts from 'typescript';

/** One fault: what stands at a place, and what is to stand there. */
export interface Mutation {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly replacement: string;
}

/** A place to change: from where to where, and into what. */
interface Change {
  readonly node: { getStart(): number; getEnd(): number };
  readonly replacement: string;
}

type Mutator = (node: ts.Node) => Change | undefined;

const operators: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
};

const conditionOf = (node: ts.Node): ts.Expression | undefined =>
  ts.isIfStatement(node) ? node.expression : ts.isConditionalExpression(node) ? node.condition : undefined;

/** What can be broken, by the name that a report gives it. */
const mutators: Readonly<Record<string, Mutator>> = {
  'condition negated': (node) => {
    const condition = conditionOf(node);
    return condition && { node: condition, replacement: `!(${condition.getText()})` };
  },
  'operator exchanged': (node) => {
    if (!ts.isBinaryExpression(node)) return undefined;
    const replacement = operators[node.operatorToken.kind];
    return replacement === undefined ? undefined : { node: node.operatorToken, replacement };
  },
  'number one higher': (node) =>
    ts.isNumericLiteral(node) && !ts.isLiteralTypeNode(node.parent)
      ? { node, replacement: String(Number(node.text.replaceAll('_', '')) + 1) }
      : undefined,
  'flag turned': (node) => {
    const isFlag = node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword;
    if (!isFlag || ts.isLiteralTypeNode(node.parent)) return undefined;
    return { node, replacement: node.kind === ts.SyntaxKind.TrueKeyword ? 'false' : 'true' };
  },
  'call left out': (node) =>
    ts.isExpressionStatement(node) && ts.isCallExpression(node.expression) && !isSuper(node.expression)
      ? { node, replacement: ';' }
      : undefined,
  'body emptied': (node) =>
    ts.isMethodDeclaration(node) && node.body && node.body.statements.length > 0
      ? { node: node.body, replacement: '{}' }
      : undefined,
};

const isSuper = ({ expression }: ts.CallExpression): boolean => expression.kind === ts.SyntaxKind.SuperKeyword;

/** Every mutation of `source`, which stands in `file`, in the order of the text. */
export const mutationsOf = (file: string, source: string): readonly Mutation[] => {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found: Mutation[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    for (const [kind, mutate] of Object.entries(mutators)) {
      const change = mutate(node);
      if (!change) continue;
      const [start, end] = [change.node.getStart(), change.node.getEnd()];
      const line = tree.getLineAndCharacterOfPosition(start).line + 1;
      const original = source.slice(start, end);
      found.push({ file, line, kind, start, end, original, replacement: change.replacement });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
};

/** `source` with the fault in it. */
export const applyMutation = (source: string, { start, end, replacement }: Mutation): string =>
  source.slice(0, start) + replacement + source.slice(end);
