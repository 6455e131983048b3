/** How the client authenticates: what it adds to HELLO, how it answers a CHALLENGE, and what WELCOME must prove. */

import type { Dict } from '../base/dict.ts';
import type { AttemptContext, BeginAttempt, ChallengeAnswer, MethodAttempt } from './attempt.ts';
import { refuse } from './attempt.ts';
import { cryptosign } from './method/cryptosign.ts';
import { scram } from './method/scram.ts';
import { ticket } from './method/ticket.ts';
import { unchallenged } from './method/unchallenged.ts';
import { wampcra } from './method/wampcra.ts';

/** The methods by their names: a new one is a file in `method/` and a line here. */
const methods = {
  anonymous: unchallenged<'anonymous'>(),
  cookie: unchallenged<'cookie'>(),
  tls: unchallenged<'tls'>(),
  ticket,
  wampcra,
  // Before cryptosign, whose `channel_binding` must replace that of this method: only cryptosign can have one.
  'wamp-scram': scram,
  cryptosign,
} satisfies Readonly<Record<string, BeginAttempt>>;

type Methods = typeof methods;

/** One way to authenticate: a method and its parameters. */
export type ClientAuth = { readonly [Name in keyof Methods]: Parameters<Methods[Name]>[0] }[keyof Methods];

/** One attempt to authenticate. */
export interface Attempt {
  /** What it adds to HELLO.Details. */
  readonly hello: Dict;
  /** Answers a CHALLENGE. Rejects with a WampError when the router asks for something that it must not be given. */
  answer(method: string, extra: Dict): Promise<ChallengeAnswer>;
  /** Why the router must not be trusted after this WELCOME; undefined when it may be. */
  distrust(details: Dict): string | undefined;
}

/**
 * Begins an attempt by the methods `given`, best first. If a method is given twice, the first counts. Rejects with
 * what a method throws when it cannot use its parameters.
 */
export const createAttempt = async (given: readonly ClientAuth[], context: AttemptContext): Promise<Attempt> => {
  const attempts = new Map<string, MethodAttempt>();
  for (const [name, begin] of Object.entries(methods) as [string, BeginAttempt][]) {
    const auth = given.find(({ method }) => method === name);
    if (auth) attempts.set(name, await begin(auth as never, context));
  }
  const all = [...attempts.values()];
  const authid = all.find((attempt) => attempt.authid !== undefined)?.authid ?? context.authid;
  return {
    hello: {
      authmethods: given.map(({ method }) => method),
      ...(authid !== undefined && { authid }),
      authextra: Object.assign({}, ...all.map(({ authextra }) => authextra)) as Dict,
    },
    answer: async (method, extra) =>
      attempts.get(method)?.answer?.(extra) ?? refuse(`the router challenges by ${method}, which was not offered`),
    distrust: (details) => all.map(({ distrust }) => distrust?.(details)).find((reason) => reason !== undefined),
  };
};
