import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnyStateMachine, EventObject } from 'xstate';
import { createActor, fromCallback, SimulatedClock, setup } from 'xstate';
import { stateKey } from '../../src/chart/admission.ts';
import type { CompiledChart, Effects } from '../../src/chart/compile.ts';
import { compileChart } from '../../src/chart/compile.ts';
import { ChartRun } from '../../src/chart/run.ts';
import { eventTypes, generateChart } from './chart-generator.ts';
import { runs } from './settings.ts';

type Send = (event: EventObject) => void;
interface World {
  log: unknown[];
  fuel: number;
  /** Of every actor that has ever begun, in order. */
  readonly answers: Send[];
  readonly clock: SimulatedClock;
  send: Send;
}

const newWorld = (): World => ({ log: [], fuel: 40, answers: [], clock: new SimulatedClock(), send: () => {} });

/** Effects that tell what they were given, and set off more of it while there is fuel. */
const effectsIn = (of: () => World): Effects<object> => {
  const note = (name: string, ...details: readonly unknown[]): number => {
    const world = of();
    world.log.push([name, ...details]);
    world.fuel -= 1;
    return world.fuel;
  };
  const act =
    (name: string) =>
    ({ event }: { event: EventObject }, params: unknown) =>
      void note(name, event, params);
  const guard =
    (name: string, rest: number) =>
    ({ event }: { event: EventObject }) => {
      of().log.push([name, event.type]);
      return Number((event as { value?: unknown }).value ?? 1) % 2 === rest;
    };
  const ask = (name: string) => (input: unknown, sendBack: Send) => {
    const fuel = note(name, input);
    of().answers.push(sendBack);
    if (name === 'askWrong') throw new Error(name);
    if (name === 'askNow' && fuel > 0) sendBack({ type: 'a.b', value: fuel } as EventObject);
    return () => {
      if (note('stop', name, input) > 0) sendBack({ type: 'c', value: 2 } as EventObject);
    };
  };
  const fail = (): never => {
    throw new Error('failed');
  };
  return {
    actions: {
      one: act('one'),
      two: act('two'),
      send: ({ event }, params: unknown) => {
        const fuel = note('send', event, params);
        // The answer of an actor whose state is just being left counts until it is told that it is over.
        if (fuel > 0)
          (fuel % 2 ? of().send : (of().answers.at(-1) ?? of().send))({ type: 'b', value: fuel } as EventObject);
      },
      tick: () => (of().fuel > 0 ? void note('tick') : fail()),
      fail,
    },
    actors: { ask: ask('ask'), askNow: ask('askNow'), askWrong: ask('askWrong') },
    guards: { isEven: guard('isEven', 0), isOdd: guard('isOdd', 1), fails: fail },
    delays: { soon: 5, later: ({ event }) => (event.type.length % 3) * 10 },
  };
};

interface Runner {
  readonly send: Send;
  readonly state: () => string;
}

const startCompiled = (chart: CompiledChart<object>, input: object, world: World): Runner => {
  let state = '';
  const run = new ChartRun(chart, input, world.clock as never, {
    entered: ({ key }) => {
      state = key;
      world.log.push(['entered', key]);
    },
    broke: () => world.log.push('broke'),
  });
  world.send = (event) => run.send(event);
  run.start();
  return { send: world.send, state: () => state };
};

const startActor = (machine: AnyStateMachine, input: object, world: World): Runner => {
  const actor = createActor(machine, { input, clock: world.clock });
  const state = (): string => stateKey(actor.getSnapshot().value);
  actor.subscribe({
    next: ({ value }) => world.log.push(['entered', stateKey(value)]),
    error: () => world.log.push('broke'),
  });
  world.send = (event) => {
    if (actor.getSnapshot().status === 'active') actor.send(event);
  };
  actor.start();
  return { send: world.send, state };
};

/** The same machine with the same effects, for XState. */
const actorMachine = (config: object, { actors, ...effects }: Effects<object>): AnyStateMachine =>
  setup({
    ...effects,
    actors: Object.fromEntries(
      Object.entries(actors).map(([name, begin]) => [
        name,
        fromCallback(({ input, sendBack, self }) =>
          begin(input as never, (event) => {
            if (self._parent?.getSnapshot().status === 'active') sendBack(event);
          }),
        ),
      ]),
    ),
  } as never).createMachine(config as never) as unknown as AnyStateMachine;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom(...eventTypes), value: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(0, 5, 10, 20) }) },
  { weight: 2, arbitrary: fc.record({ answerOf: fc.nat({ max: 5 }), type: fc.constantFrom(...eventTypes) }) },
);
type TestStep = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** All that happens, step by step. */
const observe = (world: World, begin: () => Runner, steps: readonly TestStep[]): readonly unknown[] => {
  const story: unknown[] = [];
  const runner = begin();
  for (const each of [undefined, ...steps]) {
    if (each && 'wait' in each) world.clock.increment(each.wait);
    else if (each && 'answerOf' in each) world.answers[each.answerOf]?.({ type: each.type, value: 1 } as EventObject);
    else if (each) runner.send(each);
    const log = world.log.splice(0);
    const isBroken = log.includes('broke');
    // A run that breaks ends its actors and has no state any more; XState leaves both as they are.
    if (isBroken) story.push(log.filter((entry) => !Array.isArray(entry) || entry[0] !== 'stop'));
    else story.push(runner.state(), log);
    if (isBroken) break;
  }
  return story;
};

test('a compiled chart does what an actor of XState does, or is refused: generated charts', () => {
  const counts = { accepted: 0, refused: 0, facts: 0 };
  let world = newWorld();
  const effects = effectsIn(() => world);
  fc.assert(
    fc.property(fc.gen(), fc.array(step, { maxLength: 12 }), (g, steps) => {
      const machine = actorMachine(generateChart(g), effects);
      let chart: CompiledChart<object>;
      try {
        chart = compileChart(machine.root, effects);
      } catch (error) {
        expect(String(error)).toContain('the compiler of charts does not understand');
        counts.refused += 1;
        return;
      }
      counts.accepted += 1;
      const input = { base: 7 };
      world = newWorld();
      const ours = observe(world, () => startCompiled(chart, input, world), steps);
      world = newWorld();
      const theirs = observe(world, () => startActor(machine, input, world), steps);
      counts.facts += theirs.length;
      expect(ours).toEqual(theirs);
    }),
    runs(600, 40_000),
  );
  process.stdout.write(
    `property: ${counts.accepted} charts accepted, ${counts.refused} refused, ${counts.facts} facts\n`,
  );
  expect(counts.accepted).toBeGreaterThanOrEqual(counts.refused);
});
