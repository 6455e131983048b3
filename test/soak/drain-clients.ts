/** A script: idle sessions that leave when the router tells them to, and try at once to come back. */

import { inParallel } from '../bench/crew.ts';
import { answerWith } from '../bench/helper.ts';
import { askUpgrade } from '../support/upgrade.ts';
import { connectV2, type V2Peer } from '../support/v2-client.ts';
import { code } from '../support/v2-router.ts';
import { expectType } from './visit.ts';

/** What they are told: to come, or to say how they left. */
export type DrainQuestion =
  | { readonly order: 'come'; readonly url: string; readonly count: number }
  | { readonly order: 'tell' };

/** How one of them left. */
export interface Departure {
  /** When GOODBYE came, in ms since 1970. */
  readonly at: number;
  /** How the router answered when it wanted to come back; 0 when nobody listened any more. */
  readonly status: number;
  /** After how many seconds it may try again, as it was told; 0 when it was not. */
  readonly retryAfter: number;
}

const depart = async (peer: V2Peer, url: string): Promise<Departure> => {
  await peer.take(code.GOODBYE);
  const at = Date.now();
  await peer.closed;
  const { status = 0, headers } = await askUpgrade(url).catch(() => ({ status: 0, headers: undefined }));
  return { at, status, retryAfter: Number(headers?.['retry-after'] ?? 0) };
};

const departures: Promise<Departure>[] = [];

answerWith(async (question) => {
  const asked = question as DrainQuestion;
  if (asked.order === 'tell') return Promise.all(departures);
  return inParallel(asked.count, 32, async () => {
    const peer = await connectV2(asked.url);
    expectType(code.WELCOME, await peer.hello());
    departures.push(depart(peer, asked.url));
  });
});
