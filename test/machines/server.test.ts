import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { ServerEvent } from '../../machines/index.ts';
import { serverMachine } from '../../machines/index.ts';

const run = (...events: readonly (ServerEvent | { readonly type: string })[]) => {
  let [snapshot] = initialTransition(serverMachine, { owner: undefined });
  for (const event of events) [snapshot] = transition(serverMachine, snapshot, event as ServerEvent);
  return snapshot;
};

const close: ServerEvent = { type: 'router.close', drain: 700 };

describe('the server chart', () => {
  test('goes starting, listening, draining, stopped', () => {
    expect(run().value).toBe('starting');
    expect(run({ type: 'transport.listening' }).value).toBe('listening');
    expect(run({ type: 'transport.listening' }, close).value).toEqual({ draining: 'finishing' });
    expect(run({ type: 'transport.listening' }, close, { type: 'connections.gone' })).toMatchObject({
      value: 'stopped',
      status: 'done',
    });
  });

  test('cuts what is left when the drain has taken its time, and stops only when it is gone', () => {
    const expired = { type: 'xstate.after.drainTimeout.server.draining.finishing' };
    expect(run({ type: 'transport.listening' }, close).context.drain).toBe(700);
    expect(run({ type: 'transport.listening' }, close, expired).value).toEqual({ draining: 'cutting' });
    expect(run({ type: 'transport.listening' }, close, expired, { type: 'connections.gone' }).value).toBe('stopped');
  });

  test('can be closed before anything listens', () => {
    expect(run(close, { type: 'connections.gone' }).value).toBe('stopped');
  });

  test('does not listen again once it drains', () => {
    expect(run(close, { type: 'transport.listening' }).value).toEqual({ draining: 'finishing' });
  });
});
