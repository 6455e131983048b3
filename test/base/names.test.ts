import { expect, test } from 'vitest';
import { nearestName, unknownName } from '../../src/base/names.ts';

const known = ['realms', 'roles', 'outboxSize', 'maxHelloSize', 'maxHeldSize', 'rpc', 'RPC'];

test.each([
  ['realm', 'realms'],
  ['REALMS', 'realms'],
  ['rolls', 'roles'],
  ['rloes', 'roles'],
  ['rsole', undefined],
  ['outbox', 'outboxSize'],
  ['out', undefined],
  ['maxHeldSiz', 'maxHeldSize'],
  ['Rpc', 'rpc'],
  ['RP', 'RPC'],
  ['', undefined],
  ['something else', undefined],
  [`realms${' '.repeat(100_000)}`, undefined],
])('of %j it is said that %j was meant', (name, meant) => {
  expect(nearestName(name, known)).toBe(meant);
});

test('a name that is near to none has all of them told', () => {
  expect(unknownName({ realms: 1, x: 2 }, known)).toBe(`has no "x"; known are ${known.join(', ')}`);
  expect(unknownName({ realm: 1 }, known)).toBe('has no "realm"; did you mean "realms"?');
  expect(unknownName({ realms: 1 }, known)).toBeUndefined();
});
