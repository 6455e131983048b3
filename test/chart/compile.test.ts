import { describe, expect, test } from 'vitest';
import {
  and,
  assign,
  cancel,
  emit,
  enqueueActions,
  fromCallback,
  log,
  not,
  or,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
  stateIn,
  stopChild,
} from 'xstate';
import { serverMachine } from '../../machines/server.ts';
import type { Effects } from '../../src/chart/compile.ts';
import { compileChart, stepsOf } from '../../src/chart/compile.ts';

const effects: Effects<object> = {
  actions: { act: () => {}, built: assign({}) as never },
  actors: { ask: () => {} },
  guards: { is: () => true, isNot: not('is') as never },
  delays: { soon: 10, later: () => 20 },
};
const compile = (config: object) => compileChart(setup({}).createMachine(config as never).root, effects);

const [a, b] = [{}, {}];
/** A chart whose first state is plain and whose second is given. */
const second = (state: object): object => ({ initial: 'a', states: { a: { on: { go: 'b' } }, b: state } });
const onGo = (transition: unknown): object => ({ initial: 'a', states: { a: { on: { go: transition } }, b } });
const acts = (action: unknown): object => onGo({ actions: action });
const guarded = (guard: unknown): object => onGo({ guard, target: 'b' });

/** What is not understood, how it is called, and the state that is named. */
const refused: readonly (readonly [string, string, string, object])[] = [
  // Shape.
  ['a parallel machine', 'the type "parallel"', 'm', { type: 'parallel', states: { a, b } }],
  ['a parallel state', 'the type "parallel"', 'm.b', second({ type: 'parallel', states: { c: {} } })],
  [
    'a history state',
    '"history" of a state',
    'm.b.h',
    second({ initial: 'c', states: { c: {}, h: { type: 'history', history: 'deep' } } }),
  ],
  [
    'a plain history state',
    'the type "history"',
    'm.b.h',
    second({ initial: 'c', states: { c: {}, h: { type: 'history' } } }),
  ],
  ['a chart without states', 'a chart without states', 'm', {}],
  ['a final machine', 'a chart without states', 'm', { type: 'final' }],
  [
    'a final state with states in it',
    'the type "final"',
    'm.b',
    second({ type: 'final', initial: 'c', states: { c: {} } }),
  ],
  [
    'an atomic state with states in it',
    'the type "atomic"',
    'm.b',
    second({ type: 'atomic', initial: 'c', states: { c: {} } }),
  ],
  [
    'a final state inside of a state',
    'a final state inside',
    'm.b.c',
    second({ initial: 'c', states: { c: { type: 'final' } } }),
  ],
  [
    'the end of a state with states in it',
    '"onDone" of a state',
    'm.b',
    second({ onDone: 'a', initial: 'c', states: { c: {} } }),
  ],
  ['"always"', '"always" of a state', 'm.b', second({ always: 'a' })],
  ['"route"', '"route" of a state', 'x', second({ id: 'x', route: {} })],
  ['output of a final state', '"output" of a state', 'm.b', second({ type: 'final', output: 1 })],
  ['output of the machine', '"output" of a machine', 'm', { ...onGo('b'), output: 1 }],
  ['options of the machine', '"options" of a machine', 'm', { ...onGo('b'), options: { maxIterations: 3 } }],
  ['a dot in the key of a state', 'the key "c.d"', 'm.c.d', { initial: 'a', states: { a, 'c.d': {} } }],
  [
    'two states with one id',
    'two states with one id',
    'x',
    { initial: 'a', states: { a: { id: 'x' }, b: { id: 'x' } } },
  ],
  [
    'actions of "initial"',
    'actions of "initial"',
    'm.b',
    second({ initial: { target: 'c', actions: 'act' }, states: { c: {} } }),
  ],
  [
    'actions of the first "initial"',
    'actions of "initial"',
    'm',
    { initial: { target: 'a', actions: 'act' }, states: { a } },
  ],
  ['exit of a final state', '"exit" of a final state', 'm.b', second({ type: 'final', exit: 'act' })],
  ['exit of the machine', '"exit" of a machine', 'm', { ...onGo('b'), exit: 'act' }],
  ['a context of its own', 'a context that is not the input', 'm', { ...onGo('b'), context: { x: 1 } }],
  [
    'a context that is computed',
    'a context that is not the input',
    'm',
    { ...onGo('b'), context: ({ input }: { input: object }) => ({ ...input, x: 1 }) },
  ],
  // Transitions.
  ['two targets', 'two targets', 'm.a', onGo({ target: ['b', 'a'] })],
  ['"reenter"', '"reenter"', 'm.a', onGo({ target: 'b', reenter: true })],
  ['the machine as a target', 'the machine as a target', 'm.a', onGo('#m')],
  ['the wildcard of all events', 'the event "*"', 'm.a', { initial: 'a', states: { a: { on: { '*': 'b' } }, b } }],
  [
    'a wildcard in the middle',
    'the event "x.*.y"',
    'm.a',
    { initial: 'a', states: { a: { on: { 'x.*.y': 'b' } }, b } },
  ],
  ['a wildcard within a word', 'the event "x*"', 'm.a', { initial: 'a', states: { a: { on: { 'x*': 'b' } }, b } }],
  ['a wildcard at both ends', 'the event "*.x.*"', 'm.a', { initial: 'a', states: { a: { on: { '*.x.*': 'b' } }, b } }],
  [
    'an event of XState itself',
    'the event "xstate.init"',
    'm.a',
    { initial: 'a', states: { a: { on: { 'xstate.init': 'b' } }, b } },
  ],
  [
    'a wildcard of events of XState',
    'the event "xstate.*"',
    'm.a',
    { initial: 'a', states: { a: { on: { 'xstate.*': 'b' } }, b } },
  ],
  ['two equal delays', 'an "after" with two equal delays', 'm.b', second({ after: { '100': 'a', '1e2': 'a' } })],
  [
    'a delay that leads nowhere',
    'an "after" with two equal delays, or one that leads nowhere',
    'm.b',
    second({ after: { 100: [] } }),
  ],
  ['an unknown delay', 'the name never of a delay', 'm.b', second({ after: { never: 'a' } })],
  // Guards.
  ['an unknown guard', 'the name unknown of a guard', 'm.a', guarded('unknown')],
  ['a guard that every object has', 'the name toString of a guard', 'm.a', guarded('toString')],
  ['a guard with params', 'a guard with params', 'm.a', guarded({ type: 'is', params: { x: 1 } })],
  ['a guard without a name', 'a guard without a name', 'm.a', guarded(() => true)],
  ['"and"', 'a guard without a name', 'm.a', guarded(and(['is', 'is']))],
  ['"or"', 'a guard without a name', 'm.a', guarded(or(['is', 'is']))],
  ['"not"', 'a guard without a name', 'm.a', guarded(not('is'))],
  ['"stateIn"', 'a guard without a name', 'm.a', guarded(stateIn('a'))],
  ['a name for "not"', 'the name isNot of a guard', 'm.a', guarded('isNot')],
  // Actions.
  ['an unknown action', 'the name unknown of an action', 'm.a', acts('unknown')],
  ['an unknown entry', 'the name unknown of an action', 'm.b', second({ entry: 'unknown' })],
  ['an action without a name', 'an action without a name', 'm.a', acts(() => {})],
  ['a name for "assign"', 'the name built of an action', 'm.a', acts('built')],
  ['"assign"', 'the action xstate.assign', 'm.a', acts(assign({}))],
  ['"sendTo"', 'the action xstate.sendTo', 'm.a', acts(sendTo('x', { type: 'y' }))],
  ['"sendParent"', 'the action xstate.sendTo', 'm.a', acts(sendParent({ type: 'y' }))],
  ['"enqueueActions"', 'the action xstate.enqueueActions', 'm.a', acts(enqueueActions(() => {}))],
  ['"emit"', 'the action xstate.emit', 'm.a', acts(emit({ type: 'y' }))],
  ['"log"', 'the action xstate.log', 'm.a', acts(log('y'))],
  ['"cancel"', 'the action xstate.cancel', 'm.a', acts(cancel('y'))],
  ['"cancel" on the way out', 'the action xstate.cancel', 'm.b', second({ exit: cancel('y') })],
  ['"stopChild"', 'the action xstate.stopChild', 'm.a', acts(stopChild('y'))],
  ['"spawnChild"', 'the action xstate.spawnChild', 'm.a', acts(spawnChild('ask' as never))],
  ['a raise with a delay', 'a raise of this kind', 'm.a', acts(raise({ type: 'x' }, { delay: 5 }))],
  ['a raise with no delay at all', 'a raise of this kind', 'm.a', acts(raise({ type: 'x' }, { delay: 0 }))],
  ['a raise of an event that is made then', 'a raise of this kind', 'm.a', acts(raise(() => ({ type: 'x' })))],
  [
    'a raise of an event of XState',
    'a raise of xstate.after.1.m.a',
    'm.b',
    second({ entry: raise({ type: 'xstate.after.1.m.a' }) }),
  ],
  // Actors.
  ['an unknown actor', 'the name unknown of an actor', 'm.b', second({ invoke: { src: 'unknown' } })],
  ['an actor without a name', 'an actor without a name', 'm.b', second({ invoke: { src: fromCallback(() => {}) } })],
  ['the result of an actor', '"onDone" of an actor', 'm.b', second({ invoke: { src: 'ask', onDone: 'a' } })],
  ['the failure of an actor', '"onError" of an actor', 'm.b', second({ invoke: { src: 'ask', onError: 'a' } })],
  ['snapshots of an actor', '"onSnapshot" of an actor', 'm.b', second({ invoke: { src: 'ask', onSnapshot: 'a' } })],
  ['the id of an actor', '"id" of an actor', 'm.b', second({ invoke: { src: 'ask', id: 'x' } })],
  ['the system id of an actor', '"systemId" of an actor', 'm.b', second({ invoke: { src: 'ask', systemId: 'x' } })],
  // The first state.
  [
    'an actor of a first state',
    'an actor of a first state',
    'm.a',
    { initial: 'a', states: { a: { invoke: { src: 'ask' } } } },
  ],
  ['an actor of the machine', 'an actor of a first state', 'm', { ...onGo('b'), invoke: { src: 'ask' } }],
  [
    'a raise in a first state',
    'a raise in a first state',
    'm.a',
    { initial: 'a', states: { a: { entry: raise({ type: 'go' }) } } },
  ],
  [
    'computed params in a first state',
    'computed params in a first state',
    'm',
    { initial: 'a', states: { a: { entry: { type: 'act', params: () => 1 } } } },
  ],
  [
    'a named delay in a first state that acts',
    'a delay with a name',
    'm.a',
    { initial: 'a', states: { a: { entry: 'act', after: { later: 'b' } }, b } },
  ],
];

describe('the compiler of charts', () => {
  test.each(refused)('refuses %s and names the state', (_, what, state, config) => {
    const named = () => compile({ id: 'm', ...config });
    expect(named).toThrow(`the compiler of charts does not understand ${what}`);
    expect(named).toThrow(`(state "${state}")`);
  });

  test('refuses what it has never heard of', () => {
    expect(() => compile(second({ fromXStateSix: true }))).toThrow('"fromXStateSix" of a state');
    expect(() => compile(onGo({ target: 'b', fromXStateSix: true }))).toThrow('"fromXStateSix" of a transition');
    expect(() => compile(second({ invoke: { src: 'ask', fromXStateSix: true } }))).toThrow(
      '"fromXStateSix" of an actor',
    );
  });

  test('refuses the chart of the router itself, which assigns', () => {
    expect(() => compileChart(serverMachine.root, serverMachine.implementations as never)).toThrow('understand');
  });

  test.each([
    [
      'what documents a chart',
      { ...second({ tags: 'x', meta: {}, description: 'x' }), version: '1', description: 'x' },
    ],
    ['a transition to itself', onGo({ target: 'a', description: 'x', meta: {}, reenter: false })],
    [
      'wildcards within each other',
      { initial: 'a', states: { a: { on: { 'x.*': 'b', 'x.y.*': 'b', 'x.y': 'b' } }, b } },
    ],
    [
      'actors of every kind',
      second({
        initial: 'c',
        invoke: ['ask', 'ask'].map((src) => ({ src })),
        states: { c: { invoke: { src: 'ask', input: 1 } } },
      }),
    ],
    [
      'delays of every kind',
      second({ after: { 0: 'a', 100: { guard: { type: 'is' }, target: 'a' }, soon: 'a', later: [{ target: 'a' }] } }),
    ],
    ['a raise on the way in', second({ entry: ['act', raise({ type: 'x' })], exit: raise({ type: 'y' }) })],
    ['its input as its context', { ...onGo('b'), context: ({ input }: { input: object }) => input }],
  ])('understands %s', (_, config) => {
    expect(() => compile(config)).not.toThrow();
  });

  test('finds what happens to an event that is named nowhere, by the longest wildcard that covers it', () => {
    const on = { 'x.*': 'b', 'x.y.*': { actions: 'act' }, 'x.z': {} };
    const chart = compile({ initial: 'a', states: { a: { on }, b } });
    const leaf = chart.leaves.get('a')!;
    const found = (type: string) => stepsOf(chart, leaf, type).map(({ target, actions }) => target ?? actions.length);
    expect(['x', 'x.q', 'x.q.r'].map(found)).toEqual([['b'], ['b'], ['b']]);
    expect(['x.y', 'x.y.z'].map(found)).toEqual([[1], [1]]);
    expect(['x.z', 'xx', 'y', ''].map(found)).toEqual([[0], [], [], []]);
  });
});
