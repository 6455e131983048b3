import { describe, expect, test } from 'vitest';
import { applyMutation, mutationsOf } from './mutation.ts';

const mutants = (source: string): readonly string[] =>
  mutationsOf('a.ts', source).map((mutation) => applyMutation(source, mutation));

describe('a source', () => {
  test.each([
    ['if (a) b = 1;', ['if (!(a)) b = 1;', 'if (a) b = 2;']],
    ['x = a ? b : c;', ['x = !(a) ? b : c;']],
    ['x = a && b;', ['x = a || b;']],
    ['x = a === b;', ['x = a !== b;']],
    ['x = a <= b;', ['x = a < b;']],
    ['x = 65_536;', ['x = 65537;']],
    ['x = true;', ['x = false;']],
    ['done();', [';']],
    ['class A { b() { return c; } }', ['class A { b() {} }']],
  ])('%s is broken in each way there is', (source, expected) => {
    expect(mutants(source)).toEqual(expected);
  });

  test.each([
    'type A = { readonly b: true; readonly c: 5 };',
    'interface A { b(): 5 }',
    "import a from 'b';",
    'class A extends B { constructor() { super(); } }',
    'class A { b() {} }',
  ])('%s has nothing to break', (source) => {
    expect(mutants(source)).toEqual([]);
  });

  test('names the line of each fault', () => {
    expect(mutationsOf('a.ts', 'a;\n\nb();').map(({ line }) => line)).toEqual([3]);
  });
});
