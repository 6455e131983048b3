import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { callMachine } from '../../machines/call.ts';
import type { CallEvent, CallState } from '../../machines/call-event.ts';
import { stateKey } from '../../src/chart/admission.ts';
import { callTable } from '../../src/chart/call-table.ts';
import { runs } from '../property/settings.ts';

type EventType = CallEvent['type'];
type Snapshot = ReturnType<typeof callMachine.resolveState>;

const states: readonly CallState[] = ['routing', 'queued', 'pending', 'progressing', 'canceling', 'answered'];

/** Every event; a record, so that none can be forgotten. */
const everyEvent: Readonly<Record<EventType, true>> = {
  'dealer.invoked': true,
  'dealer.queued': true,
  'dealer.exhausted': true,
  'dealer.failed': true,
  'dealer.dequeued': true,
  'dealer.expired': true,
  'callee.progressed': true,
  'callee.yielded': true,
  'callee.failed': true,
  'callee.unavailable': true,
  'callee.left': true,
  'caller.continued': true,
  'caller.skipped': true,
  'caller.killedNoWait': true,
  'caller.killed': true,
  'caller.left': true,
};
const events = Object.keys(everyEvent) as readonly EventType[];

/** Every arrow of the chart as it is seen from the innermost states: where it leads, and what is done on the way. */
const arrows: Readonly<Record<CallState, Partial<Record<EventType, string>>>> = {
  routing: {
    'dealer.exhausted': 'answered sendUnavailable settle',
    'dealer.failed': 'answered sendError settle',
    'dealer.invoked': 'pending',
    'dealer.queued': 'queued',
  },
  queued: {
    'caller.killed': 'answered sendCanceled settle',
    'caller.killedNoWait': 'answered sendCanceled settle',
    'caller.left': 'answered settle',
    'caller.skipped': 'answered sendCanceled settle',
    'dealer.dequeued': 'routing chooseCallee',
    'dealer.exhausted': 'answered sendUnavailable settle',
    'dealer.expired': 'answered sendTimeout settle',
    'dealer.failed': 'answered sendError settle',
  },
  pending: {
    'callee.failed': 'answered sendError settle',
    'callee.left': 'answered sendCanceled settle',
    'callee.progressed': 'progressing sendProgress',
    'callee.unavailable': 'routing chooseCallee',
    'callee.yielded': 'answered sendResult settle',
    'caller.continued': 'pending invokeAgain',
    'caller.killed': 'canceling interruptToTheEnd',
    'caller.killedNoWait': 'answered interrupt sendCanceled settle',
    'caller.left': 'answered interrupt settle',
    'caller.skipped': 'answered sendCanceled settle',
    'dealer.expired': 'answered interrupt sendTimeout settle',
    'dealer.failed': 'answered interrupt sendError settle',
  },
  progressing: {
    'callee.failed': 'answered sendError settle',
    'callee.left': 'answered sendCanceled settle',
    'callee.progressed': 'progressing sendProgress',
    'callee.unavailable': 'answered sendError settle',
    'callee.yielded': 'answered sendResult settle',
    'caller.continued': 'progressing invokeAgain',
    'caller.killed': 'canceling interruptToTheEnd',
    'caller.killedNoWait': 'answered interrupt sendCanceled settle',
    'caller.left': 'answered interrupt settle',
    'caller.skipped': 'answered sendCanceled settle',
    'dealer.expired': 'answered interrupt sendTimeout settle',
    'dealer.failed': 'answered interrupt sendError settle',
  },
  canceling: {
    'callee.failed': 'answered sendError settle',
    'callee.left': 'answered sendCanceled settle',
    'callee.unavailable': 'answered sendError settle',
    'callee.yielded': 'answered sendResult settle',
    'caller.killedNoWait': 'answered sendCanceled settle',
    'caller.left': 'answered settle',
    'caller.skipped': 'answered sendCanceled settle',
    'dealer.expired': 'answered sendTimeout settle',
    'dealer.failed': 'answered sendError settle',
  },
  answered: {},
};

/** Actions that answer the caller for good. */
const finalAnswers = ['sendResult', 'sendError', 'sendCanceled', 'sendTimeout', 'sendUnavailable'];

/** Where the innermost states lie. */
const placeOf: Readonly<Record<CallState, unknown>> = {
  routing: 'routing',
  queued: 'queued',
  pending: { invoked: { underway: 'pending' } },
  progressing: { invoked: { underway: 'progressing' } },
  canceling: { invoked: 'canceling' },
  answered: 'answered',
};
const nameOf = ({ value }: Snapshot): CallState => stateKey(value).split('.').at(-1) as CallState;

const at = (state: CallState): Snapshot =>
  callMachine.resolveState({ value: placeOf[state], ...(state === 'answered' && { status: 'done' }) } as never);

/** One step of the machine: where it leads, and the effects. */
const step = (snapshot: Snapshot, type: EventType): [Snapshot, readonly string[]] => {
  const [next, actions] = transition(callMachine, snapshot, { type });
  return [next as Snapshot, actions.map((action) => action.type)];
};

/** Runs events from the start; the state, and the effects of the last event. */
const run = (...types: readonly EventType[]): { state: CallState; effects: readonly string[] } => {
  let [snapshot, first] = initialTransition(callMachine) as [Snapshot, readonly { type: string }[]];
  let effects: readonly string[] = first.map(({ type }) => type);
  for (const type of types) [snapshot, effects] = step(snapshot, type);
  return { state: nameOf(snapshot), effects };
};

describe('the call chart', () => {
  test('has exactly the states of a call', () => {
    expect([...callTable.keys()]).toEqual(states);
    expect(Object.keys(callMachine.states)).toEqual(['routing', 'queued', 'invoked', 'answered']);
  });

  test('looks for a callee first', () => {
    expect(run()).toEqual({ state: 'routing', effects: ['chooseCallee'] });
  });

  test('goes from an invocation to its RESULT or ERROR', () => {
    expect(run('dealer.invoked')).toEqual({ state: 'pending', effects: [] });
    expect(run('dealer.invoked', 'callee.yielded')).toEqual({ state: 'answered', effects: ['sendResult', 'settle'] });
    expect(run('dealer.invoked', 'callee.failed')).toEqual({ state: 'answered', effects: ['sendError', 'settle'] });
  });

  test('waits for a busy callee and then looks again', () => {
    expect(run('dealer.queued')).toEqual({ state: 'queued', effects: [] });
    expect(run('dealer.queued', 'dealer.dequeued')).toEqual({ state: 'routing', effects: ['chooseCallee'] });
    expect(run('dealer.queued', 'dealer.exhausted').effects).toEqual(['sendUnavailable', 'settle']);
  });

  test('sends any number of progressive results before the end', () => {
    const progressing = ['dealer.invoked', 'callee.progressed', 'callee.progressed'] as const;
    expect(run(...progressing)).toEqual({ state: 'progressing', effects: ['sendProgress'] });
    expect(run(...progressing, 'callee.yielded').effects).toEqual(['sendResult', 'settle']);
  });

  // Advanced Profile, "Call Canceling"
  test.each(['pending', 'progressing'] as const)('cancels in %s by the three modes', (state) => {
    expect(step(at(state), 'caller.skipped')[1]).toEqual(['sendCanceled', 'settle']);
    expect(step(at(state), 'caller.killedNoWait')[1]).toEqual(['interrupt', 'sendCanceled', 'settle']);
    const [canceling, effects] = step(at(state), 'caller.killed');
    expect([nameOf(canceling), effects]).toEqual(['canceling', ['interruptToTheEnd']]);
  });

  test('is answered after kill by whatever the callee says first, and never rerouted', () => {
    expect(step(at('canceling'), 'callee.yielded')[1]).toEqual(['sendResult', 'settle']);
    expect(step(at('canceling'), 'callee.failed')[1]).toEqual(['sendError', 'settle']);
    expect(step(at('canceling'), 'callee.unavailable')[1]).toEqual(['sendError', 'settle']);
    expect(step(at('canceling'), 'caller.killed')[1]).toEqual([]);
  });

  // Basic Profile, "Caller Leaving During an RPC Invocation" and "Callee Leaving ..."
  test('interrupts when the caller leaves, and answers canceled when the callee does', () => {
    expect(run('dealer.invoked', 'caller.left').effects).toEqual(['interrupt', 'settle']);
    expect(run('dealer.invoked', 'caller.killed', 'caller.left').effects).toEqual(['settle']);
    expect(run('dealer.invoked', 'callee.left').effects).toEqual(['sendCanceled', 'settle']);
  });

  test('is rerouted only while nothing of an answer has been sent', () => {
    expect(run('dealer.invoked', 'callee.unavailable')).toEqual({ state: 'routing', effects: ['chooseCallee'] });
    expect(run('dealer.invoked', 'callee.progressed', 'callee.unavailable').effects).toEqual(['sendError', 'settle']);
  });

  test.each(['queued', 'pending', 'progressing', 'canceling'] as const)('can time out in %s', (state) => {
    const [next, effects] = step(at(state), 'dealer.expired');
    expect(nameOf(next)).toBe('answered');
    expect(effects.filter((effect) => effect !== 'interrupt')).toEqual(['sendTimeout', 'settle']);
    expect(effects.includes('interrupt')).toBe(state === 'pending' || state === 'progressing');
  });

  test.each(['queued', 'pending', 'progressing', 'canceling'] as const)(
    'ends in %s when its caller leaves, without an answer',
    (state) => {
      const [next, effects] = step(at(state), 'caller.left');
      expect(nameOf(next)).toBe('answered');
      expect(effects.filter((effect) => effect.startsWith('send'))).toEqual([]);
    },
  );

  test.each(events)('takes no notice of %s once it is answered', (type) => {
    const [next, effects] = step(at('answered'), type);
    expect([nameOf(next), next.status, effects]).toEqual(['answered', 'done', []]);
  });

  test('answers once, settles once and is final then, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (sequence) => {
        let snapshot = initialTransition(callMachine)[0] as Snapshot;
        const done: string[] = [];
        for (const type of sequence) {
          const wasAnswered = nameOf(snapshot) === 'answered';
          const [next, effects] = step(snapshot, type);
          if (wasAnswered) expect(effects).toEqual([]);
          done.push(...effects);
          snapshot = next;
        }
        const isAnswered = nameOf(snapshot) === 'answered';
        expect(done.filter((effect) => effect === 'settle')).toHaveLength(isAnswered ? 1 : 0);
        const answers = done.filter((effect) => finalAnswers.includes(effect));
        expect(answers.length).toBeLessThanOrEqual(1);
        // Only a caller that has left goes without an answer.
        if (isAnswered && answers.length === 0) expect(sequence).toContain('caller.left');
        if (!isAnswered) expect(answers).toEqual([]);
      }),
      runs(2_000, 100_000),
    );
  });

  test('can be answered from every state that it can be in', () => {
    for (const state of states.filter((name) => name !== 'answered')) {
      expect(events.some((type) => nameOf(step(at(state), type)[0]) === 'answered')).toBe(true);
    }
  });

  test('throws when an effect is carried out that nobody provided', async () => {
    const { createActor } = await import('xstate');
    const actor = createActor(callMachine);
    const failed = new Promise<unknown>((resolve) => {
      actor.subscribe({ error: resolve });
    });
    actor.start();
    expect(await failed).toMatchObject({ message: 'action "chooseCallee" was not provided' });
  });
});

describe('the table that calls are run on', () => {
  test('has for every state and event the arrow that is written down here, and no other', () => {
    const found = [...callTable].map(([state, row]) => [
      state,
      Object.fromEntries([...row].map(([event, { target, actions }]) => [event, [target, ...actions].join(' ')])),
    ]);
    expect(Object.fromEntries(found)).toEqual(arrows);
  });

  test('knows no event that is none', () => {
    for (const row of callTable.values()) expect(events).toEqual(expect.arrayContaining([...row.keys()]));
  });

  test.each(states.flatMap((state) => events.map((event) => [state, event] as const)))(
    'says of %s and %s what the chart says',
    (state, event) => {
      const [next, effects] = step(at(state), event);
      const entry = callTable.get(state)?.get(event);
      if (entry)
        expect({ target: entry.target, actions: entry.actions }).toEqual({ target: nameOf(next), actions: effects });
      else expect([nameOf(next), effects]).toEqual([state, []]);
    },
  );
});
