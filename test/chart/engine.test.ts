import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SimulatedClock } from 'xstate';
import type { ConnectionEvent, Family } from '../../machines/connection-event.ts';
import type { CountingClock } from '../../src/base/clock.ts';
import { countTimers } from '../../src/base/clock.ts';
import type { EngineName } from '../../src/chart/running-chart.ts';
import { engineNames } from '../../src/chart/running-chart.ts';
import { createConnectionEngine } from '../../src/connection/chart.ts';
import { messageTypes } from '../../src/wamp/message.ts';
import { runs } from '../property/settings.ts';

type Answer = (event: ConnectionEvent) => void;

/** What one run does, and how it is driven. */
interface Trial {
  readonly log: unknown[];
  readonly clock: CountingClock;
  readonly wait: (ms: number) => void;
  readonly send: (event: ConnectionEvent) => void;
  readonly start: () => void;
  /** Answers that actors have not given yet. */
  readonly answers: Answer[];
}

/** Effects by name: what happens when they are carried out, besides being logged. */
type Behaviour = (name: string, trial: Trial) => void;

const deadlines = { helloTimeout: 100, authTimeout: 200, closeTimeout: 50 };

const createTrial = (engine: EngineName, family: Family, behave: Behaviour = () => {}): Trial => {
  const simulated = new SimulatedClock();
  const clock = countTimers({
    setTimeout: (task, delay) => simulated.setTimeout(task, delay),
    clearTimeout: (timer) => simulated.clearTimeout(timer as number),
    now: () => 0,
    elapsed: () => 0,
  });
  const act =
    (name: string) =>
    (...details: readonly unknown[]): void => {
      trial.log.push([name, ...details]);
      behave(name, trial);
    };
  const ask =
    (name: string) =>
    (message: unknown, answer: Answer): void => {
      trial.answers.push(answer);
      act(name)(message);
    };
  const owner = {
    dialect: {
      authenticate: ask('authenticate'),
      verify: ask('verify'),
      sendChallenge: act('sendChallenge'),
      sendDenial: act('sendDenial'),
      sendGoodbye: act('sendGoodbye'),
      violate: act('violate'),
    },
    routeMessage: act('routeMessage'),
    establish: act('establish'),
    leave: act('leave'),
    abort: act('abort'),
    closeLink: act('closeLink'),
  };
  const context = { family, deadlines, openProcedures: new Set(['open']), owner };
  const running = createConnectionEngine(engine)(context, clock, {
    entered: ({ key, outer }) => trial.log.push(['entered', key, outer]),
    broke: (error) => trial.log.push(['broke', (error as Error).message]),
  });
  const trial: Trial = {
    log: [],
    clock,
    wait: (ms) => simulated.increment(ms),
    send: (event) => running.send(event),
    start: () => running.start(),
    answers: [],
  };
  return trial;
};

const message = (type: string, more: object = {}): ConnectionEvent =>
  ({ type: `wamp.${type}`, message: { type, ...more } }) as unknown as ConnectionEvent;
const hello = message('HELLO');
const accepted: ConnectionEvent = { type: 'auth.accepted', value: 'a grant' };

const effectNames = [
  'authenticate',
  'verify',
  'sendChallenge',
  'sendDenial',
  'sendGoodbye',
  'routeMessage',
  'violate',
  'establish',
  'leave',
  'abort',
  'closeLink',
];
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(hello, message('AUTHENTICATE'), message('GOODBYE')) },
  { weight: 2, arbitrary: fc.constantFrom(...messageTypes).map((type) => message(type, { procedure: 'closed' })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<ConnectionEvent>(
      message('CALL', { procedure: 'open' }),
      { type: 'link.closed' },
      { type: 'link.failed', reason: 'failed' },
      { type: 'router.leaving', reason: 'leaving' },
      { type: 'router.killed', reason: 'killed', message: 'why' },
    ),
  },
);
const anyAnswer = fc
  .constantFrom('auth.accepted', 'auth.challenged', 'auth.denied', 'auth.misunderstood')
  .map((type) => ({ type, value: `value of ${type}` }) as ConnectionEvent);
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ event: anyEvent }) },
  { weight: 4, arbitrary: fc.record({ answer: anyAnswer, at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(49, 50, 100, 200) }) },
);
/** What an effect sets off: it throws, sends an event, or has an actor answer at once. */
const anyTwist = fc.oneof(
  fc.record({ effect: fc.constantFrom(...effectNames), throws: fc.constant(true) }),
  fc.record({ effect: fc.constantFrom(...effectNames), sends: anyEvent }),
  fc.record({ effect: fc.constantFrom('authenticate', 'verify'), answers: anyAnswer }),
);

describe('both engines', () => {
  test('tell whoever runs a chart the same, in the same order: effects, states, faults', () => {
    const counts = { broke: 0, closed: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom<Family>('v1', 'v2'),
        fc.array(anyStep, { maxLength: 14 }),
        fc.array(anyTwist, { maxLength: 3 }),
        (family, steps, twists) => {
          const [compiled, live] = engineNames.map((engine) => {
            let budget = 5;
            const trial = createTrial(engine, family, (name, { send, answers }) => {
              for (const twist of twists.filter(({ effect }) => effect === name)) {
                if (budget <= 0) return;
                budget -= 1;
                if ('throws' in twist) throw new Error(`${name} threw`);
                if ('sends' in twist) send(twist.sends);
                else answers.at(-1)?.(twist.answers);
              }
            });
            trial.start();
            for (const step of steps) {
              if ('wait' in step) trial.wait(step.wait);
              else if ('event' in step) trial.send(step.event);
              else trial.answers.at(-1 - step.at)?.(step.answer);
            }
            trial.log.push(['timers', trial.clock.pending]);
            return trial.log.map((entry) => JSON.stringify(entry));
          });
          counts.broke += Number(live?.some((entry) => entry.includes('broke')));
          counts.closed += Number(live?.some((entry) => entry.includes('closed')));
          expect(compiled).toEqual(live);
        },
      ),
      runs(2000, 100_000),
    );
    // Otherwise the sequences would show nothing.
    expect(counts.broke).toBeGreaterThan(50);
    expect(counts.closed).toBeGreaterThan(500);
  });
});

describe.each(engineNames)('the engine %s', (engine) => {
  test('keeps an event that an effect sends until the present one has been handled', () => {
    const { log, start, send, answers } = createTrial(engine, 'v2', (name, trial) => {
      if (name === 'establish') trial.send(message('PUBLISH'));
    });
    start();
    send(hello);
    answers[0]?.(accepted);
    expect(log.slice(-4)).toEqual([
      ['establish', 'a grant'],
      ['entered', 'authenticated', 'authenticated'],
      ['routeMessage', { type: 'PUBLISH' }],
      ['entered', 'authenticated', 'authenticated'],
    ]);
  });

  test('hands an effect that throws to its owner: no timer is left, nothing is heard any more, no error goes unhandled', async () => {
    const unhandled = vi.fn();
    process.on('uncaughtException', unhandled);
    onTestFinished(() => {
      process.off('uncaughtException', unhandled);
    });
    const { log, start, send, answers, clock } = createTrial(engine, 'v2', (name) => {
      if (name === 'sendChallenge') throw new Error('broken');
    });
    start();
    send(hello);
    answers[0]?.({ type: 'auth.challenged', value: 'x' });
    expect(log.at(-1)).toEqual(['broke', 'broken']);
    expect(clock.pending).toBe(0);
    const before = log.length;
    send({ type: 'link.closed' });
    answers[0]?.(accepted);
    expect(log).toHaveLength(before);
    // XState reports what nobody takes from a timer of its own.
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('says nothing on the console about an answer or an event that comes too late', () => {
    const warn = vi.spyOn(console, 'warn');
    onTestFinished(() => warn.mockRestore());
    const { log, start, send, answers } = createTrial(engine, 'v2');
    start();
    send(hello);
    send({ type: 'link.closed' });
    const before = log.length;
    answers[0]?.(accepted);
    send(hello);
    expect(log).toHaveLength(before);
    expect(warn).not.toHaveBeenCalled();
  });

  test('says nothing on the console about the answer of an actor whose chart has broken', () => {
    const warn = vi.spyOn(console, 'warn');
    onTestFinished(() => warn.mockRestore());
    const { log, start, send, answers } = createTrial(engine, 'v1', (name) => {
      if (name === 'violate') throw new Error('broken');
    });
    start();
    send(hello);
    send(message('PUBLISH'));
    expect(log.at(-1)).toEqual(['broke', 'broken']);
    answers[0]?.(accepted);
    expect(log.at(-1)).toEqual(['broke', 'broken']);
    expect(warn).not.toHaveBeenCalled();
  });

  test('takes its time from the clock that it is given, and leaves no timer there', () => {
    const { log, start, send, wait, clock } = createTrial(engine, 'v2');
    start();
    expect(clock.pending).toBe(1);
    wait(99);
    send(hello);
    wait(199);
    expect(log.at(-1)).toEqual(['entered', 'authreq', 'authreq']);
    wait(1);
    expect(log.slice(-3)).toEqual([
      ['abort', 'wamp.error.authentication_failed', 'the authenticator has not answered within 200 ms'],
      ['closeLink'],
      ['entered', 'closed', 'closed'],
    ]);
    expect(clock.pending).toBe(0);
  });

  test('keeps an event that comes before the start', () => {
    const { log, start, send, clock } = createTrial(engine, 'v1');
    send({ type: 'link.closed' });
    expect(log).toEqual([]);
    start();
    expect(log).toEqual([['entered', 'welcome', 'welcome'], ['closeLink'], ['entered', 'closed', 'closed']]);
    expect(clock.pending).toBe(0);
  });
});
