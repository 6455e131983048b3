/**
 * Properties without a router: the chart, the index of patterns, permissions, session ids, interceptors.
 */

import fc from 'fast-check';
import { map } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot } from 'xstate';
import { initialTransition, transition } from 'xstate';
import type { ConnectionContext, ConnectionEvent } from '../../machines/index.ts';
import { connectionMachine } from '../../machines/index.ts';
import { compilePermissions } from '../../src/auth/permission.ts';
import { stateKey } from '../../src/chart/admission.ts';
import { formatV1SessionId, parseV1SessionId } from '../../src/codec/session-id-v1.ts';
import { createPipeline } from '../../src/interceptor/pipeline.ts';
import type { PeerMessage } from '../../src/wamp/message.ts';
import { messageTypes } from '../../src/wamp/message.ts';
import type { Pattern } from '../../src/wamp/pattern.ts';
import { covers, PatternIndex } from '../../src/wamp/pattern.ts';
import { isReserved } from '../../src/wamp/uri.ts';
import { publicationOf } from '../support/publication.ts';
import { runs } from './settings.ts';

const event: fc.Arbitrary<ConnectionEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...messageTypes), fc.constantFrom('open', 'closed'))
      .map(
        ([type, procedure]) =>
          ({ type: `wamp.${type}`, message: { type, procedure } as unknown as PeerMessage }) as ConnectionEvent,
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('challenged', 'accepted', 'denied', 'misunderstood')
      .map((name) => ({ type: `auth.${name}`, value: null }) as ConnectionEvent),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<ConnectionEvent>(
      { type: 'link.closed' },
      { type: 'link.failed', reason: 'x' },
      { type: 'router.leaving', reason: 'x' },
      { type: 'router.killed', reason: 'x' },
    ),
  },
);

const step = (snapshot: AnyMachineSnapshot, given: ConnectionEvent) =>
  transition(connectionMachine, snapshot as never, given) as unknown as [
    AnyMachineSnapshot,
    readonly { readonly type: string }[],
  ];

describe('any sequence of events', () => {
  const states = [
    'welcome',
    'authreq',
    'challenged.waiting',
    'challenged.verifying',
    'authenticated',
    'closing.session',
    'closing.link',
    'closed',
  ];

  test('keeps a connection in its chart, out of which nothing leads once it is closed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('v1' as const, 'v2' as const),
        fc.array(event, { maxLength: 40 }),
        (family, events) => {
          const context: ConnectionContext = {
            family,
            deadlines: { helloTimeout: 1, authTimeout: 1, closeTimeout: 1 },
            openProcedures: new Set(family === 'v1' ? ['open'] : []),
            owner: undefined,
          };
          let [snapshot] = initialTransition(connectionMachine, context) as [AnyMachineSnapshot, unknown];
          let left = 0;
          for (const given of events) {
            const before = stateKey(snapshot.value);
            const [after, actions] = step(snapshot, given);
            const names = actions.map(({ type }) => type);
            expect(states).toContain(stateKey(after.value));
            if (before === 'closed') {
              expect(stateKey(after.value)).toBe('closed');
              break;
            }
            if (names.includes('leave')) {
              left += 1;
              expect(before).toBe('authenticated');
            }
            // Nothing is routed into the realm but by an authenticated peer, or to an open procedure.
            if (names.includes('route') && before !== 'authenticated') {
              expect(family).toBe('v1');
              expect(given).toMatchObject({ type: 'wamp.CALL', message: { procedure: 'open' } });
            }
            // v1 never closes for what a peer says; GOODBYE and ABORT it cannot say.
            const isSaid = given.type.startsWith('wamp.') && !/GOODBYE|ABORT/.test(given.type);
            if (family === 'v1' && isSaid) expect(stateKey(after.value)).not.toBe('closed');
            snapshot = after;
          }
          if (stateKey(snapshot.value) === 'authenticated') expect(left).toBeGreaterThanOrEqual(0);
        },
      ),
      runs(1500, 30_000),
    );
  });
});

describe('the index of patterns', () => {
  const component = fc.constantFrom('a', 'b', 'ab', 'abc', '', 'x');
  const uri = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
  const change = fc.record({
    pattern: uri,
    match: fc.constantFrom<Pattern>('prefix', 'wildcard'),
    remove: fc.boolean(),
  });

  /** Sorts as patterns are to be preferred: prefixes by length, then wildcards by which components are literal. */
  const rank = (given: { readonly pattern: string; readonly match: Pattern } | undefined): string =>
    given?.match === 'prefix'
      ? `2${String(given.pattern.length).padStart(3, '0')}`
      : `1${given?.pattern
          .split('.')
          .map((one) => (one === '' ? 0 : 1))
          .join('')}`;

  test('finds what trying every pattern finds, through any additions and deletions', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 60 }),
        fc.array(uri, { minLength: 1, maxLength: 10 }),
        (changes, uris) => {
          const index = new PatternIndex<string>();
          const naive = new Map<string, { readonly pattern: string; readonly match: Pattern }>();
          for (const { pattern, match, remove } of changes) {
            const name = `${match} ${pattern}`;
            if (remove) {
              index.delete(pattern, match);
              naive.delete(name);
            } else {
              index.set(pattern, match, name);
              naive.set(name, { pattern, match });
            }
          }
          expect(index.size).toBe(naive.size);
          for (const given of uris) {
            const expected = [...naive]
              .filter(([, { pattern, match }]) => covers(pattern, match, given))
              .map(([name]) => name);
            expect([...index.matching(given)].sort()).toEqual(expected.sort());
            const ranks = [...index.ranked(given)].map((name) => rank(naive.get(name)));
            expect(ranks).toHaveLength(expected.length);
            expect(ranks).toEqual([...ranks].sort().reverse());
          }
        },
      ),
      runs(1000, 20_000),
    );
  });
});

describe('what a pattern covers', () => {
  const component = fc.constantFrom('', 'wamp', 'a', 'wam');
  const text = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
  const match = fc.constantFrom('exact' as const, 'prefix' as const, 'wildcard' as const);
  const parts = ['wamp', 'wampum', 'a', 'wam', 'b'];
  const uris = [...parts, ...parts.flatMap((one) => parts.map((two) => `${one}.${two}`))];

  test('is covered URI for URI by every pattern that covers it', () => {
    fc.assert(
      fc.property(text, match, text, match, (rule, ruleMatch, pattern, patternMatch) => {
        const isCovered = covers(rule, ruleMatch, pattern, patternMatch);
        const covered = uris.filter((uri) => covers(pattern, patternMatch, uri));
        expect(isCovered && covered.some((uri) => !covers(rule, ruleMatch, uri))).toBe(false);
      }),
      runs(2000, 50_000),
    );
  });

  test('is reached, where it is reserved, by no rule that covers anything else', () => {
    fc.assert(
      fc.property(text, match, fc.constantFrom(...uris), (rule, ruleMatch, uri) => {
        fc.pre(rule !== '' || ruleMatch === 'prefix');
        const isOurs = uri === 'wamp' || uri.startsWith('wamp.');
        expect(isReserved(uri)).toBe(isOurs);
        const permissions = compilePermissions([{ uri: rule, match: ruleMatch, subscribe: true }]);
        const isAllowed = permissions.allows('subscribe', uri);
        expect(isAllowed && isOurs && !isReserved(rule, ruleMatch)).toBe(false);
        if (!isOurs) expect(isAllowed).toBe(covers(rule, ruleMatch, uri));
      }),
      runs(2000, 50_000),
    );
  });
});

describe('permissions', () => {
  const entry = fc.record({
    uri: fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'b.c'),
    prefix: fc.boolean(),
    pub: fc.boolean(),
    sub: fc.boolean(),
  });

  test('are decided by the best entry alone', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 8 }),
        fc.constantFrom('a', 'ab', 'abcd', 'b', 'b.c', 'z'),
        (pubsub, uri) => {
          const entries = pubsub.filter((one) => one.uri !== '' || one.prefix);
          const permissions = compilePermissions({ pubsub: entries });
          const exact = entries.filter((one) => !one.prefix && one.uri === uri).at(-1);
          const longest = entries
            .filter((one) => one.prefix && uri.startsWith(one.uri))
            .reduce<(typeof entries)[number] | undefined>(
              (best, one) => (!best || one.uri.length >= best.uri.length ? one : best),
              undefined,
            );
          const best = exact ?? longest;
          expect(permissions.allows('publish', uri)).toBe(best?.pub ?? false);
          expect(permissions.allows('subscribe', uri)).toBe(best?.sub ?? false);
        },
      ),
      runs(2000, 50_000),
    );
  });
});

describe('a v1 session id', () => {
  test('reads back as its number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 53 - 1 }), (id) => {
        const text = formatV1SessionId(id);
        expect(text).toMatch(/^[\w-]{16}$/);
        expect(parseV1SessionId(text)).toBe(id);
      }),
      runs(2000, 50_000),
    );
  });

  test('is the only text that does, as any text with one other character shows', () => {
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.nat({ max: 15 }), character, (id, at, other) => {
        const text = formatV1SessionId(id);
        fc.pre(text[at] !== other);
        expect(parseV1SessionId(text.slice(0, at) + other + text.slice(at + 1))).not.toBe(id);
      }),
      runs(2000, 50_000),
    );
  });
});

describe('interceptors', () => {
  test('that change nothing change nothing, however many there are', () => {
    fc.assert(
      fc.property(fc.nat({ max: 6 }), fc.array(fc.jsonValue(), { maxLength: 20 }), (stages, values) => {
        const out: unknown[] = [];
        const pipeline = createPipeline({
          sink: ({ payload }) => out.push(payload.args[0]),
          now: () => 0,
          realm: 'r',
          onRefusal: () => {},
          onDrop: () => {},
          onFailure: () => {},
          onComplete: () => {},
        });
        for (let at = 0; at < stages; at += 1) pipeline.install(map((given) => given));
        for (const given of values) pipeline.push(publicationOf([given], 't', 'r'));
        expect(out).toEqual(values);
      }),
      runs(500, 10_000),
    );
  });
});
