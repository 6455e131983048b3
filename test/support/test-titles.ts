/**
 * Which tests a test file really runs. They are found in its syntax, so that a test in a comment or a skipped one does not
 * count.
 */

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const suites = new Set(['describe', 'suite']);
const tests = new Set(['test', 'it']);
/** What keeps a test, or all tests of a suite, from running, or takes its failure for success. */
const idle = new Set(['skip', 'skipIf', 'runIf', 'todo', 'fails']);

/** The names in `test.each(...)` or `describe.skip`, from the first to the last. */
const namesOf = (callee: ts.Expression): readonly string[] => {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...namesOf(callee.expression), callee.name.text];
  if (ts.isCallExpression(callee)) return namesOf(callee.expression);
  if (ts.isTaggedTemplateExpression(callee)) return namesOf(callee.tag);
  return [];
};

const titleOf = (argument: ts.Expression | undefined): string | undefined =>
  argument && (ts.isStringLiteralLike(argument) || ts.isTemplateExpression(argument)) ? argument.getText() : undefined;

/** The titles of the tests in `source` that run, as they are written there, quotes included. */
export const titlesThatRun = (source: string): readonly string[] => {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const [first = '', ...modifiers] = namesOf(node.expression);
      const isKnown = tests.has(first) || suites.has(first);
      if (isKnown && modifiers.some((name) => idle.has(name))) return;
      const title = titleOf(node.arguments[0]);
      if (tests.has(first) && title !== undefined) titles.push(title);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return titles;
};

/** The titles of all tests that run, but for those of the file `asking`, which has titles of others in it. */
export const titlesOfOthers = (asking: string): readonly string[] =>
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && file !== asking)
    .flatMap((file) => titlesThatRun(readFileSync(`test/${file}`, 'utf8')));
