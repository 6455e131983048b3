import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { initialTransition, transition } from 'xstate';
import type { ConnectionContext, ConnectionEvent, Family } from '../../machines/index.ts';
import { connectionMachine } from '../../machines/index.ts';
import { compileAdmission, stateKey } from '../../src/chart/admission.ts';
import { connectionChart } from '../../src/connection/chart.ts';
import type { MessageType, PeerMessage } from '../../src/wamp/message.ts';
import { messageTypes } from '../../src/wamp/message.ts';

const table = compileAdmission(connectionChart);

const contextOf = (family: Family): ConnectionContext => ({
  family,
  deadlines: { helloTimeout: 1, authTimeout: 1, closeTimeout: 1 },
  openProcedures: new Set(['open']),
  owner: undefined,
});
const say = (type: MessageType): ConnectionEvent =>
  ({ type: `wamp.${type}`, message: { type, procedure: 'open' } as unknown as PeerMessage }) as ConnectionEvent;

const paths: Readonly<Record<string, readonly ConnectionEvent[]>> = {
  welcome: [],
  authreq: [say('HELLO')],
  'challenged.waiting': [say('HELLO'), { type: 'auth.challenged', value: null }],
  'challenged.verifying': [say('HELLO'), { type: 'auth.challenged', value: null }, say('AUTHENTICATE')],
  authenticated: [say('HELLO'), { type: 'auth.accepted', value: null }],
  'closing.session': [say('HELLO'), { type: 'auth.accepted', value: null }, { type: 'router.killed', reason: 'x' }],
  'closing.link': [say('HELLO'), { type: 'auth.accepted', value: null }, { type: 'router.leaving', reason: 'x' }],
  closed: [{ type: 'link.closed' }],
};

const reach = (family: Family, path: readonly ConnectionEvent[]): AnyMachineSnapshot => {
  let [snapshot] = initialTransition(connectionMachine, contextOf(family)) as [AnyMachineSnapshot, unknown];
  for (const event of path) {
    [snapshot] = transition(connectionMachine, snapshot as never, event) as unknown as [AnyMachineSnapshot];
  }
  return snapshot;
};

/** What the machine itself does with a message. */
const observe = (snapshot: AnyMachineSnapshot, type: MessageType) => {
  const [after, actions] = transition(connectionMachine, snapshot as never, say(type)) as unknown as [
    AnyMachineSnapshot,
    readonly { readonly type: string }[],
  ];
  const stays = stateKey(after.value) === stateKey(snapshot.value);
  return { stays, actions: actions.map((action) => action.type).filter((name) => !name.startsWith('xstate.')) };
};

describe('the compiled chart', () => {
  test('has a row for every innermost state and an entry for every message', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(paths).sort());
    for (const row of table.values()) expect(Object.keys(row)).toEqual(messageTypes);
  });

  const cases = Object.keys(paths).flatMap((state) => messageTypes.map((type) => [state, type] as const));

  test.each(cases)('agrees with the chart in %s on %s', (state, type) => {
    const verdict = table.get(state)?.[type];
    // v2 cannot be led to `closing` and v1 not past it; each family is asked where it can be.
    const families: readonly Family[] = state.startsWith('closing') ? ['v2'] : ['v1', 'v2'];
    for (const family of families) {
      const snapshot = reach(family, paths[state]!);
      expect(stateKey(snapshot.value)).toBe(state);
      const { stays, actions } = observe(snapshot, type);
      const routesOnly = stays && actions.length === 1 && actions[0] === 'route';
      if (verdict === 'route') expect(routesOnly).toBe(true);
      expect(actions.includes('violate')).toBe(verdict === 'violation');
    }
  });

  test('routes without the actor exactly what an authenticated peer says all day', () => {
    const routed = [...table].flatMap(([state, row]) =>
      messageTypes.filter((type) => row[type] === 'route').map((type) => `${state} ${type}`),
    );
    expect(routed).toEqual([
      'authenticated ERROR',
      'authenticated PUBLISH',
      'authenticated SUBSCRIBE',
      'authenticated UNSUBSCRIBE',
      'authenticated CALL',
      'authenticated CANCEL',
      'authenticated REGISTER',
      'authenticated UNREGISTER',
      'authenticated YIELD',
    ]);
  });
});
