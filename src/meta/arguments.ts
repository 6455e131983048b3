/** The arguments of meta procedures, which are given by position or by name, and what else several of these procedures need. */

import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { chain } from '../base/thenable.ts';
import type { ProcedureCall } from '../dealer/callee.ts';
import type { Allowed, Verdict } from '../session/authorization.ts';
import type { Revocation } from '../session/revocation.ts';
import { revocationFor } from '../session/revocation.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { isId } from '../wamp/id.ts';
import type { Match } from '../wamp/message.ts';
import { checkOptions } from '../wamp/options.ts';
import { reasons } from '../wamp/reasons.ts';
import { exceedsOctets } from '../wamp/uri.ts';

/** What is thrown where an argument is not what it must be. */
export const invalid = (name: string, expected: string): WampError =>
  new WampError(reasons.invalidArgument, { description: `${name} must be ${expected}` });

/** An argument, by its place or by one of its names; undefined when it is not given, or null. */
export const argument = ({ args, kwargs }: ProcedureCall, at: number, name: string): unknown =>
  args[at] ?? kwargs?.[name] ?? undefined;

/** An id, or 0, which is nobody's, for everything that is none: what it names is not there. */
export const idOf = (call: ProcedureCall, at: number, name: string): Id => {
  const value = argument(call, at, name);
  return isId(value) ? value : 0;
};

/** A text. Throws `wamp.error.invalid_argument` where it is none, as do all that follow. */
export const textOf = (call: ProcedureCall, at: number, name: string): string => {
  const value = argument(call, at, name);
  if (typeof value !== 'string') throw invalid(name, 'a string');
  return value;
};

/** Octets of a sentence that a peer has others told: it may go to all of them, and waits in the outbox of each. */
const mostWords = 1024;

/** A sentence for people. */
export const wordsOf = (name: string, value: unknown): string => {
  if (typeof value === 'string' && !exceedsOctets(value, mostWords)) return value;
  throw invalid(name, `a string of at most ${mostWords} octets`);
};

/** The third argument, the reason that the holder of a subscription or registration is told; undefined where there is none. */
export const revocationOf = (call: ProcedureCall, maxUriLength: number): Revocation | undefined => {
  const given = argument(call, 2, 'reason');
  return given === undefined ? undefined : revocationFor(wordsOf('reason', given), maxUriLength);
};

/** A dictionary; undefined where there is none. */
export const optionalDict = (call: ProcedureCall, at: number, name: string): Dict | undefined => {
  const value = argument(call, at, name);
  if (value !== undefined && !isDict(value)) throw invalid(name, 'a dictionary');
  return value;
};

/** How a URI is meant that is looked up: by the second argument, a dictionary with `match`. */
export const matchOf = (call: ProcedureCall): Match => {
  const options = optionalDict(call, 1, 'options');
  return (options && checkOptions('SUBSCRIBE', options).match) ?? 'exact';
};

/** Does `proceed` if the verdict allows it, at once unless the authorizer takes its time; throws the refusal. */
export const ifAllowed = <Result>(
  verdict: Verdict | Promise<Verdict>,
  proceed: (allowed: Allowed) => Result | Promise<Result>,
): Result | Promise<Result> =>
  chain(verdict, (decided) => {
    if (!decided.isAllowed) throw new WampError(decided.error, { description: decided.description });
    return proceed(decided);
  });

/** The ids of `items` by how they match, as the lists of the meta API show them. */
export const byMatch = <Item>(
  items: Iterable<Item>,
  look: (item: Item) => { readonly id: Id; readonly match: Match },
): Readonly<Record<Match, readonly Id[]>> => {
  const lists: Record<Match, Id[]> = { exact: [], prefix: [], wildcard: [] };
  for (const item of items) {
    const { id, match } = look(item);
    lists[match].push(id);
  }
  return lists;
};
