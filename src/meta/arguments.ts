/**
 * Reads the arguments of meta procedures, which are given by position or by name, with further helpers that several of
 * these procedures share.
 */

import type { Dict } from '../base/dict.ts';
import { isDict } from '../base/dict.ts';
import { chain } from '../base/thenable.ts';
import type { ProcedureCall } from '../dealer/procedure.ts';
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

/** The error for an invalid argument. */
export const invalid = (name: string, expected: string): WampError =>
  new WampError(reasons.invalidArgument, { description: `${name} must be ${expected}` });

/** An argument, by its position or its name; undefined if it is missing or null. */
export const argument = ({ args, kwargs }: ProcedureCall, at: number, name: string): unknown =>
  args[at] ?? kwargs?.[name] ?? undefined;

/** An id. Anything else becomes 0, which is the id of nothing, so that the look-up fails. */
export const idOf = (call: ProcedureCall, at: number, name: string): Id => {
  const value = argument(call, at, name);
  return isId(value) ? value : 0;
};

/** A string. Throws `wamp.error.invalid_argument` for any other value, as the functions below do. */
export const textOf = (call: ProcedureCall, at: number, name: string): string => {
  const value = argument(call, at, name);
  if (typeof value !== 'string') throw invalid(name, 'a string');
  return value;
};

/** The most octets of a text that a peer has sent to others. It may be sent to all sessions, and waits in the outbox of each. */
const maxTextLength = 1024;

/** A sentence for people. */
export const shortText = (name: string, value: unknown): string => {
  if (typeof value === 'string' && !exceedsOctets(value, maxTextLength)) return value;
  throw invalid(name, `a string of at most ${maxTextLength} octets`);
};

/** The third argument: the reason for a revocation, which is sent to its holder. Undefined if it is missing. */
export const revocationOf = (call: ProcedureCall, maxUriLength: number): Revocation | undefined => {
  const given = argument(call, 2, 'reason');
  return given === undefined ? undefined : revocationFor(shortText('reason', given), maxUriLength);
};

/** A dictionary; undefined if it is missing. */
export const optionalDict = (call: ProcedureCall, at: number, name: string): Dict | undefined => {
  const value = argument(call, at, name);
  if (value !== undefined && !isDict(value)) throw invalid(name, 'a dictionary');
  return value;
};

/** The match policy for a look-up, from the second argument, a dictionary with `match`. Default: `exact`. */
export const matchOf = (call: ProcedureCall): Match => {
  const options = optionalDict(call, 1, 'options');
  return (options && checkOptions('SUBSCRIBE', options).match) ?? 'exact';
};

/** Calls `proceed` if the verdict allows it, synchronously unless the verdict is a promise. Throws, or rejects with, the refusal. */
export const ifAllowed = <Result>(
  verdict: Verdict | Promise<Verdict>,
  proceed: (allowed: Allowed) => Result | Promise<Result>,
): Result | Promise<Result> =>
  chain(verdict, (decided) => {
    if (!decided.isAllowed) throw new WampError(decided.error, { description: decided.description });
    return proceed(decided);
  });

/** The ids of `items` by match policy, as in the lists of the meta API. */
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
