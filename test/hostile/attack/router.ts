/** The attacked router: a program that embeds a router with the options of the attack, in a process of its own. */

import { Postmaster } from '../../../src/index.ts';
import { answerWith } from '../../bench/helper.ts';
import { type AttackReference, everything, findAttack, realms } from './attack.ts';

/** What the harness asks the router's process. */
export type RouterQuestion = { readonly start: AttackReference } | 'facts';

/** What there is in the router. */
export interface RouterFacts {
  readonly counts: Readonly<Record<string, number>>;
  /** Octets, garbage collected. */
  readonly rss: number;
}

let postmaster: Postmaster | undefined;

const start = async (reference: AttackReference): Promise<string> => {
  const { options, embed } = await findAttack(reference);
  postmaster = new Postmaster({
    logger: false,
    realms: realms.map((name) => ({ name, anonymous: everything })),
    // Bystanders say that they come from elsewhere, so that limits of one address do not bind both.
    trustedProxies: ['127.0.0.1'],
    ...options,
  });
  embed?.(postmaster);
  const { url } = await postmaster.listen({ port: 0, host: '127.0.0.1', rawSocket: true });
  return url;
};

const facts = async (): Promise<RouterFacts> => {
  if (postmaster === undefined) throw new Error('the router has not been started');
  const { counters, ...counts } = postmaster.stats();
  globalThis.gc?.();
  // What is freed in one turn of the event loop, buffers above all, is given back in the next.
  await new Promise(setImmediate);
  globalThis.gc?.();
  return { counts, rss: process.memoryUsage.rss() };
};

answerWith((question) => {
  const asked = question as RouterQuestion;
  return asked === 'facts' ? facts() : start(asked.start);
});
