import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RealmSettings } from '../../src/index.ts';
import { errorOf } from '../support/calls.ts';
import { joinAs, withPrincipals } from '../support/principals.ts';
import type { V2Peer } from '../support/v2-client.ts';
import { code, createV2Router } from '../support/v2-router.ts';

const everything = { match: 'prefix', call: true, register: true, publish: true, subscribe: true } as const;
const named = [{ uri: '', ...everything, disclose: true }];

/** The realm of each row of the table: the strongest that the row overrules. */
const realms: Readonly<Record<string, Partial<RealmSettings>>> = {
  'the authorizer says `disclose: false`': {
    disclosure: 'always',
    roles: { peer: named },
    authorizer: ({ session }) => (session.authid === 'joe' ? { allow: true, disclose: false } : true),
  },
  'the authorizer says `disclose: true`': {
    disclosure: 'never',
    authorizer: ({ session }) => (session.authid === 'joe' ? { allow: true, disclose: true } : true),
  },
  'its rule says `disclose`': { disclosure: 'never', roles: { peer: named } },
  'the realm says `always`': { disclosure: 'always' },
  'the realm says `on-request`': { disclosure: 'on-request' },
  'the realm says `never`': { disclosure: 'never' },
};

const disallowed = 'wamp.error.option_disallowed.disclose_me';
const verdictOf = (details: unknown, key: string): string =>
  (details as Readonly<Record<string, unknown>>)[key] === undefined ? 'hidden' : 'named';

type Play = (joe: V2Peer, other: V2Peer) => Promise<string>;

const published =
  (options: object): Play =>
  async (joe, other) => {
    await other.subscribe('com.topic');
    const answer = await joe.publish('com.topic', [], options);
    if (errorOf(answer) === disallowed) return 'refused';
    return verdictOf((await other.take(code.EVENT))[3], 'publisher');
  };

const called =
  (options: object, registration: object): Play =>
  async (joe, other) => {
    await other.register('com.procedure', registration);
    const request = joe.next();
    joe.send(code.CALL, request, options, 'com.procedure');
    const first = await Promise.race([other.take(code.INVOCATION), joe.take(code.ERROR)]);
    if (errorOf(first) === disallowed) return 'refused';
    other.send(code.YIELD, first[1], {});
    await joe.answerTo(code.CALL, request);
    return verdictOf(first[3], 'caller');
  };

const registered: Play = async (joe) =>
  errorOf(await joe.ask(code.REGISTER, { disclose_caller: true }, 'com.own')) === disallowed ? 'refused' : 'taken';

/** What is done for each column. */
const columns: Readonly<Record<string, readonly Play[]>> = {
  '`disclose_me: true`': [published({ disclose_me: true }), called({ disclose_me: true }, {})],
  'no `disclose_me`': [published({}), called({}, {})],
  '`disclose_me: false`': [published({ disclose_me: false }), called({ disclose_me: false }, {})],
  'none, `disclose_caller`': [called({}, { disclose_caller: true })],
  '`disclose_me: false`, `disclose_caller`': [called({ disclose_me: false }, { disclose_caller: true })],
  'its own REGISTER with `disclose_caller`': [registered],
};

/** The table of PROTOCOL.md, cell by cell. */
const cells = (): readonly (readonly [row: string, column: string, expected: string])[] => {
  const lines = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith('| for this session |'));
  const table = lines.slice(start, lines.indexOf('', start)).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const [[, ...heads] = [], , ...rows] = table;
  return rows.flatMap(([row = '', ...values]) => values.map((value, at) => [row, heads[at] ?? '', value] as const));
};

// Advanced Profile, "Publisher Identification", "Caller Identification"
describe('whether a session is named', () => {
  test('is decided for every row and every column that PROTOCOL.md has', () => {
    expect([...new Set(cells().map(([row]) => row))]).toEqual(Object.keys(realms));
    expect([...new Set(cells().map(([, column]) => column))]).toEqual(Object.keys(columns));
  });

  test.each(cells())('where %s, with %s: %s', async (row, column, expected) => {
    for (const play of columns[column] ?? []) {
      const principals = withPrincipals(
        [
          ['joe', 'peer'],
          ['ann', 'staff'],
        ],
        { staff: named, ...realms[row]?.roles },
      );
      const router = createV2Router({ ...principals, ...realms[row], roles: { ...principals.roles } });
      expect(await play(await joinAs(router, 'joe'), await joinAs(router, 'ann'))).toBe(expected);
    }
  });

  test.each(['no', 0, {}])('is not left to an authorizer that says neither true nor false: %j', async (disclose) => {
    const principals = withPrincipals([['joe', 'peer']]);
    const router = createV2Router({ ...principals, authorizer: () => ({ allow: true, disclose }) });
    const joe = await joinAs(router, 'joe');
    expect(errorOf(await joe.publish('com.topic'))).toBe('wamp.error.authorization_failed');
  });

  test('is left to rules and peers by an authorizer that says null', async () => {
    const principals = withPrincipals([
      ['joe', 'peer'],
      ['ann', 'staff'],
    ]);
    const router = createV2Router({ ...principals, authorizer: () => ({ allow: true, disclose: null }) });
    const play = published({ disclose_me: true });
    expect(await play(await joinAs(router, 'joe'), await joinAs(router, 'ann'))).toBe('named');
  });
});
