/** How the client authenticates: what HELLO says, what a CHALLENGE is answered with, what WELCOME must prove. */

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
  // Before cryptosign: both speak of channel binding, and only that of cryptosign can be any.
  'wamp-scram': scram,
  cryptosign,
} satisfies Readonly<Record<string, BeginAttempt>>;

type Methods = typeof methods;

/** One way to authenticate: a method and what it takes. */
export type ClientAuth = { readonly [Name in keyof Methods]: Parameters<Methods[Name]>[0] }[keyof Methods];

/** One attempt to authenticate. */
export interface Attempt {
  /** What HELLO.Details says of it. */
  readonly hello: Dict;
  /** Answers a CHALLENGE. Rejects with a WampError when it asks for something that must not be given. */
  answer(method: string, extra: Dict): Promise<ChallengeAnswer>;
  /** Why the router that sent WELCOME is not to be trusted; undefined when it is. */
  distrust(details: Dict): string | undefined;
}

/** Begins an attempt by `given`, best first; of two with one method the first counts. Throws what a method throws for its `auth`. */
export const createAttempt = (given: readonly ClientAuth[], context: AttemptContext): Attempt => {
  const attempts = new Map<string, MethodAttempt>();
  for (const [name, begin] of Object.entries(methods) as [string, BeginAttempt][]) {
    const auth = given.find(({ method }) => method === name);
    if (auth) attempts.set(name, begin(auth as never, context));
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
