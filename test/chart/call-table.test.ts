import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { raise, setup } from 'xstate';
import { compileCallTable } from '../../src/chart/call-table.ts';

const compile = (state: object) =>
  compileCallTable(
    setup({ actions: { act: () => {}, leave: () => {} }, guards: { is: () => true } }).createMachine({
      id: 'm',
      initial: 'a',
      states: { a: state, b: { initial: 'c', entry: 'act', states: { c: {} } } },
    } as never) as unknown as AnyStateMachine,
  );

describe('a call table', () => {
  test('knows states by their own names, and actions in the order of the chart', () => {
    const table = compile({ exit: 'leave', on: { go: { target: 'b', actions: 'act' } } });
    expect([...table.keys()]).toEqual(['a', 'c']);
    expect(table.get('a' as never)?.get('go' as never)).toEqual({ target: 'c', actions: ['leave', 'act', 'act'] });
  });

  test.each([
    ['a guard', { on: { go: { guard: 'is', target: 'b' } } }, 'no guards'],
    ['a timer', { on: { go: 'b' }, after: { 100: 'b' } }, 'neither timers'],
    [
      'a timer of a state on the way',
      { on: { go: '#x' }, initial: 'y', states: { y: {}, z: { id: 'x', after: { 100: 'y' } } } },
      'neither timers nor actors',
    ],
    ['a raise', { on: { go: { actions: raise({ type: 'x' }) } } }, 'cannot raise x'],
  ])('cannot be made of a chart with %s', (_, state, message) => {
    expect(() => compile(state)).toThrow(message);
  });
});
