import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { ServerEvent } from '../../machines/index.ts';
import { serverMachine } from '../../machines/index.ts';

const run = (...events: readonly (ServerEvent | { readonly type: string })[]) => {
  let [snapshot] = initialTransition(serverMachine, { owner: undefined, closeTimeout: 300 });
  for (const event of events) [snapshot] = transition(serverMachine, snapshot, event as ServerEvent);
  return snapshot;
};

const listening: ServerEvent = { type: 'transport.listening' };
const close: ServerEvent = { type: 'router.close', drain: 700 };
const closeAtOnce: ServerEvent = { type: 'router.close', drain: 0 };
const completed: ServerEvent = { type: 'interceptors.completed' };
const gone: ServerEvent = { type: 'connections.gone' };
const expired = (delay: string, state: string) => ({ type: `xstate.after.${delay}.server.draining.${state}` });
const firstHalf = expired('halfOfDrain', 'leaving');
const secondHalf = expired('halfOfDrain', 'finishing');
const deadline = expired('closeTimeout', 'ending');

describe('the server chart', () => {
  test('goes starting, listening, leaving, finishing, completing, ending, cutting, stopped', () => {
    const values = ['starting', 'listening', 'leaving', 'finishing', 'completing', 'ending', 'cutting', 'stopped'];
    const events = [listening, close, firstHalf, secondHalf, completed, deadline, gone];
    const names = values.map((_, at) => {
      const { value } = run(...events.slice(0, at));
      return typeof value === 'string' ? value : value.draining;
    });
    expect(names).toEqual(values);
    expect(run(...events).status).toBe('done');
  });

  test.each([
    ['leaving', [close]],
    ['finishing', [close, firstHalf]],
  ])('answers what is open also when everybody has left while %s', (_, events) => {
    expect(run(listening, ...events, gone).value).toEqual({ draining: 'completing' });
    expect(run(listening, ...events, gone, completed, gone).value).toBe('stopped');
  });

  test('does not wait for an interceptor that does not complete', () => {
    expect(run(closeAtOnce, expired('closeTimeout', 'completing')).value).toEqual({ draining: 'ending' });
  });

  test('gives each half of the window half of the drain, and remembers the deadline', () => {
    const { context, machine } = run(listening, close);
    expect(context).toMatchObject({ drain: 700, closeTimeout: 300 });
    const { halfOfDrain, closeTimeout } = machine.implementations.delays as Record<string, (at: object) => number>;
    expect(halfOfDrain?.({ context })).toBe(350);
    expect(closeTimeout?.({ context })).toBe(300);
  });

  test.each([[[]], [[listening]]])('has no window when the drain is 0 (after %j)', (before) => {
    expect(run(...before, closeAtOnce).value).toEqual({ draining: 'completing' });
  });

  test('can be closed before anything listens', () => {
    expect(run(close).value).toEqual({ draining: 'leaving' });
  });

  test('does not listen again once it drains, and is not closed twice', () => {
    expect(run(close, listening, closeAtOnce).value).toEqual({ draining: 'leaving' });
    expect(run(close, closeAtOnce).context.drain).toBe(700);
  });
});
