import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventObject } from 'xstate';
import { createActor, fromCallback, SimulatedClock } from 'xstate';
import { connectionMachine } from '../../machines/connection.ts';
import type { ConnectionContext, ConnectionEvent, Family } from '../../machines/connection-event.ts';
import { ChartRun } from '../../src/chart/run.ts';
import { connectionChart, connectionEffects } from '../../src/connection/chart.ts';
import { messageTypes } from '../../src/wamp/message.ts';
import { runs } from '../property/settings.ts';

const deadlines = { helloTimeout: 100, authTimeout: 200, closeTimeout: 50 };

/** What the authenticators of one run answer, at once or when somebody says so. */
interface Answers {
  readonly log: unknown[];
  readonly later: (() => void)[];
  plan: readonly string[];
}

const answerOf = (
  { log, later, plan }: Answers,
  name: string,
  input: unknown,
  sendBack: (event: EventObject) => void,
): void => {
  log.push([name, input]);
  for (const word of plan) {
    const [type = '', when] = word.split(' ');
    const say = (): void => sendBack({ type, value: word } as EventObject);
    if (when === 'later') later.push(say);
    else say();
  }
};

const owners = (answers: Answers, send: () => ((event: ConnectionEvent) => void) | undefined) => {
  const note =
    (name: string) =>
    (...details: readonly unknown[]): void => {
      answers.log.push([name, ...details]);
      // What an effect sets off waits for its turn.
      if (name === 'sendChallenge') send()?.({ type: 'wamp.PUBLISH', message: { type: 'PUBLISH' } } as never);
      if (name === 'sendDenial') send()?.({ type: 'router.leaving', reason: 'denied' });
    };
  return {
    dialect: {
      sendChallenge: note('sendChallenge'),
      sendDenial: note('sendDenial'),
      sendGoodbye: note('sendGoodbye'),
      violate: note('violate'),
      authenticate: (hello: unknown, sendBack: never) => answerOf(answers, 'authenticate', hello, sendBack),
      verify: (message: unknown, sendBack: never) => answerOf(answers, 'verify', message, sendBack),
    },
    routeMessage: note('route'),
    establish: note('sendWelcome'),
    leave: note('leave'),
    abort: note('sendAbort'),
    closeLink: note('closeLink'),
  };
};

/** The machine itself, with the same effects. */
const actorMachine = connectionMachine.provide({
  actions: connectionEffects.actions as never,
  actors: Object.fromEntries(
    Object.entries(connectionEffects.actors).map(([name, ask]) => [
      name,
      fromCallback<EventObject, never>(({ input, sendBack }) => ask(input, sendBack as never)),
    ]),
  ) as never,
});

const keyOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .map(([outer, inner]) => `${outer}.${keyOf(inner)}`)
        .join();

interface Runner {
  send(event: ConnectionEvent): void;
  state(): string;
}

const start = (family: Family, isCompiled: boolean, answers: Answers) => {
  const clock = new SimulatedClock();
  let runner: Runner | undefined;
  const owner = owners(answers, () => runner?.send);
  const context: ConnectionContext = { family, deadlines, openProcedures: new Set(['open']), owner };
  if (isCompiled) {
    let state = '';
    const run = new ChartRun<ConnectionContext, ConnectionEvent>(
      connectionChart,
      context,
      {
        setTimeout: (task, delay) => clock.setTimeout(task, delay),
        clearTimeout: (timer) => clock.clearTimeout(timer as number),
      },
      {
        entered: ({ key }) => {
          state = key;
        },
        broke: (error) => answers.log.push(['broke', String(error)]),
      },
    );
    runner = { send: (event) => run.send(event), state: () => state };
    run.start();
  } else {
    const actor = createActor(actorMachine, { clock, input: context });
    actor.subscribe({ error: (error: unknown) => answers.log.push(['broke', String(error)]) });
    runner = {
      // It would say on the console that nobody is there.
      send: (event) => actor.getSnapshot().status === 'active' && actor.send(event),
      state: () => keyOf(actor.getSnapshot().value),
    };
    actor.start();
  }
  return { clock, runner };
};

const said = fc
  .constantFrom(...messageTypes)
  .map((type) => ({ type: `wamp.${type}`, message: { type, procedure: 'closed', request: 1 } }));
const openCall = fc.constant({ type: 'wamp.CALL', message: { type: 'CALL', procedure: 'open' } });
const other = fc.constantFrom(
  { type: 'link.closed' },
  { type: 'link.failed', reason: 'failed' },
  { type: 'router.leaving', reason: 'leaving' },
  { type: 'router.killed', reason: 'killed', message: 'why' },
  { type: 'auth.accepted', value: 'out of nowhere' },
);
const useful = fc.constantFrom(
  { type: 'wamp.HELLO', message: { type: 'HELLO' } },
  { type: 'wamp.AUTHENTICATE', message: { type: 'AUTHENTICATE' } },
  { type: 'wamp.GOODBYE', message: { type: 'GOODBYE' } },
);
const answer = fc.constantFrom('auth.accepted', 'auth.challenged', 'auth.denied', 'auth.misunderstood');
const plan = fc.array(
  fc.tuple(answer, fc.constantFrom('', ' later')).map((words) => words.join('')),
  { maxLength: 2 },
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ event: useful, plan }) },
  { weight: 2, arbitrary: fc.record({ event: fc.oneof(said, openCall), plan }) },
  { weight: 1, arbitrary: fc.record({ event: other, plan }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(49, 50, 100, 200) }) },
  { weight: 4, arbitrary: fc.constant({ answer: true }) },
);

describe('the connection chart, compiled', () => {
  test('does what an actor of the machine does: the same states, and the same effects in the same order', () => {
    fc.assert(
      fc.property(fc.constantFrom<Family>('v1', 'v2'), fc.array(step, { maxLength: 14 }), (family, steps) => {
        const [ours, theirs] = [true, false].map((isCompiled) => {
          const answers: Answers = { log: [], later: [], plan: [] };
          const { clock, runner } = start(family, isCompiled, answers);
          const seen: unknown[] = [];
          for (const each of steps) {
            if ('wait' in each) clock.increment(each.wait);
            else if ('answer' in each) answers.later.shift()?.();
            else {
              answers.plan = each.plan;
              runner.send(each.event as ConnectionEvent);
            }
            seen.push(runner.state(), ...answers.log.splice(0));
          }
          return seen;
        });
        expect(ours).toEqual(theirs);
      }),
      runs(4000, 200_000),
    );
  });

  test('ends when an effect throws, with its timers', () => {
    const answers: Answers = { log: [], later: [], plan: ['auth.accepted'] };
    const clock = new SimulatedClock();
    const timers = new Set<unknown>();
    const owner = {
      ...owners(answers, () => undefined),
      establish: () => {
        throw new Error('broken');
      },
    };
    const run = new ChartRun<ConnectionContext, ConnectionEvent>(
      connectionChart,
      { family: 'v2', deadlines, openProcedures: new Set(), owner },
      {
        setTimeout: (task, delay) => {
          const timer = clock.setTimeout(task, delay);
          timers.add(timer);
          return timer;
        },
        clearTimeout: (timer) => void timers.delete(timer),
      },
      { entered: () => {}, broke: (error) => answers.log.push(String(error)) },
    );
    run.start();
    run.send({ type: 'wamp.HELLO', message: { type: 'HELLO' } } as never);
    run.send({ type: 'link.closed' });
    expect(answers.log).toEqual([['authenticate', { type: 'HELLO' }], 'Error: broken']);
    expect(timers.size).toBe(0);
  });

  test('has a timer for each state that it rests in, and none for those that it passes through', () => {
    const answers: Answers = { log: [], later: [], plan: ['auth.accepted'] };
    const started: number[] = [];
    const running = new Set<object>();
    const run = new ChartRun<ConnectionContext, ConnectionEvent>(
      connectionChart,
      { family: 'v2', deadlines, openProcedures: new Set(), owner: owners(answers, () => undefined) },
      {
        setTimeout: (_, delay) => {
          const timer = { delay };
          started.push(delay);
          running.add(timer);
          return timer;
        },
        clearTimeout: (timer) => void running.delete(timer as object),
      },
      { entered: () => {}, broke: (error) => answers.log.push(String(error)) },
    );
    const hello = { type: 'wamp.HELLO', message: { type: 'HELLO' } } as never;
    run.start();
    expect(started).toEqual([deadlines.helloTimeout]);
    // Welcomed at once, and after GOODBYE the link is as it was.
    run.send(hello);
    expect(running.size).toBe(0);
    run.send({ type: 'wamp.GOODBYE', message: { type: 'GOODBYE' } } as never);
    expect(started.splice(0)).toEqual([deadlines.helloTimeout, deadlines.helloTimeout]);
    answers.plan = ['auth.challenged'];
    run.send(hello);
    expect(started).toEqual([deadlines.authTimeout]);
    expect(running.size).toBe(1);
    run.send({ type: 'link.closed' });
    expect(running.size).toBe(0);
  });
});
