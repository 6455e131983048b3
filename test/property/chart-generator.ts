/**
 * Random charts, most of which the compiler understands: nested states, guards, raises, wildcards, delays, actors with
 * inputs, entry and exit actions, targets at every level. A few contain something that must be refused.
 */

import type { GeneratorValue } from 'fast-check';
import fc from 'fast-check';
import { raise } from 'xstate';

type Args = { readonly event: { readonly type: string; readonly value?: unknown }; readonly context: unknown };
interface Shape {
  readonly id: string;
  readonly isFirst: boolean;
  readonly isOuter: boolean;
  readonly children: readonly Shape[];
}

/** What is sent from outside; `b.x` is named in no chart. */
export const eventTypes = ['a', 'a.b', 'a.b.c', 'a.x', 'b', 'b.x', 'c'] as const;
const descriptors = ['a', 'a.b', 'a.b.c', 'b', 'c', 'a.*', 'a.b.*', 'b.*', 'r'] as const;

const seen = ({ event, context }: Args): unknown => ({ type: event.type, value: event.value, context });

// Small numbers first would make nearly every chart hold something rare.
const evenly = (max: number): fc.Arbitrary<number> => fc.noBias(fc.nat({ max }));

/** Makes the configuration of one chart. */
export const generateChart = (g: GeneratorValue): object => {
  const nat = (max: number): number => g(evenly, max);
  const chance = (percent: number): boolean => nat(99) < percent;
  const pick = <Item>(items: readonly Item[]): Item => items[nat(items.length - 1)] as Item;
  const some = <Item>(max: number, make: () => Item): Item[] => Array.from({ length: nat(max) }, make);

  const shapeOf = (id: string, depth: number, isFirst: boolean): Shape => ({
    id,
    isFirst,
    isOuter: depth === 1,
    children: Array.from({ length: depth === 0 ? 2 + nat(2) : depth < 3 && chance(35) ? 1 + nat(2) : 0 }, (_, index) =>
      shapeOf(`${id}${index}`, depth + 1, isFirst && index === 0),
    ),
  });
  const root = shapeOf('s', 0, true);
  const idsOf = ({ id, children }: Shape): string[] => [id, ...children.flatMap(idsOf)];
  const targets = idsOf(root).slice(1);

  const action = (): unknown => {
    const name = pick(['one', 'two', 'send']);
    return pick([name, name, { type: name, params: { x: nat(3) } }, { type: name, params: seen }]);
  };
  // Whatever could go on for ever uses up fuel.
  const raising = (): unknown[] => ['tick', raise({ type: pick(['r', 'a.b', 'b.x']), value: nat(3) } as never)];
  const actions = (): unknown[] => [
    ...some(2, action),
    ...(chance(20) ? raising() : []),
    ...(chance(1) ? ['fail'] : []),
  ];
  const transition = (): object => ({
    ...(chance(45) && { guard: pick(['isEven', 'isOdd', { type: 'isEven' }, ...(chance(2) ? ['fails'] : [])]) }),
    ...(chance(70) && { target: `#${pick(targets)}` }),
    actions: actions(),
    ...(chance(1) && { reenter: true }),
  });
  const transitions = (): unknown => pick([transition(), transition(), [transition(), transition()], {}]);
  const delayed = (): object => ({
    target: `#${pick(targets)}`,
    ...(chance(40) && { guard: 'isOdd' }),
    actions: ['tick', 'one'],
  });
  const invoke = (): object => ({
    src: pick(['ask', 'ask', 'askNow', ...(chance(5) ? ['askWrong'] : [])]),
    ...(chance(80) && { input: pick<unknown>([1, { x: 1 }, seen]) }),
    ...(chance(1) && { onDone: '#s0' }),
  });

  const stateOf = ({ id, isFirst, isOuter, children }: Shape): object => {
    const isRoot = id === 's';
    const isFinal = !isFirst && children.length === 0 && chance(isOuter ? 25 : 1);
    const entry = isFirst ? (chance(1) ? actions() : some(1, () => 'one')) : actions();
    const delays = isFirst && entry.length > 0 ? ['10', '20'] : ['0', '10', '20', 'soon', 'later'];
    const lasting = {
      ...(chance(30) && {
        after: Object.fromEntries(some(2, () => [pick(delays), pick([delayed(), [delayed(), delayed()]])])),
      }),
      ...((!isFirst || chance(1)) && chance(45) && { invoke: pick([invoke(), [invoke(), invoke()]]) }),
    };
    // Nothing follows on a final state, but what it begins on entry begins, and ends.
    if (isFinal) return { id, type: 'final', entry, ...(chance(10) && { exit: ['one'] }), ...lasting };
    return {
      id,
      entry,
      ...(!isRoot && { exit: actions() }),
      on: Object.fromEntries(some(4, () => [pick(descriptors), transitions()])),
      ...lasting,
      ...(chance(1) && { always: { guard: 'isOdd', target: '#s0' } }),
      ...(children.length > 0 && {
        initial: chance(1) ? { target: children[0]?.id, actions: 'two' } : children[0]?.id,
        states: Object.fromEntries(children.map((child) => [child.id, stateOf(child)])),
      }),
    };
  };
  return { ...stateOf(root), context: ({ input }: { readonly input: object }) => input };
};
