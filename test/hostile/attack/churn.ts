/** Attacks by opening and closing connections and sessions. */

import { clientFrame, createRing } from '../../bench/frame.ts';
import { jsonWire } from '../../bench/wire.ts';
import { type Attack, expect, type Target } from './attack.ts';
import { exchange, flood, isEnded, join, open, times, topic } from './peer.ts';

const duration = 5_000;

const sessions = async (target: Target): Promise<void> => {
  const hello = clientFrame(jsonWire, jsonWire.hello);
  const goodbye = clientFrame(jsonWire, jsonWire.goodbye);
  const links = await times(16, () => open(target));
  const end = performance.now() + duration;
  await Promise.all(
    links.map(async (link) => {
      while (performance.now() < end && !isEnded(link)) {
        await exchange(link, hello);
        await exchange(link, goodbye);
      }
    }),
  );
};

/** UNSUBSCRIBE needs the id of the subscription, which is the same as long as somebody else is subscribed. */
const subscriptions = async (target: Target): Promise<void> => {
  const keeper = await join(target);
  await exchange(keeper, clientFrame(jsonWire, jsonWire.subscribe(1, topic)));
  const [subscribed] = keeper.frames.splice(0);
  const id = (JSON.parse(String(subscribed?.payload)) as readonly number[])[2];
  expect(id !== undefined, 'nobody could subscribe');
  const both = createRing(jsonWire, 2, (request) =>
    request % 2 === 1 ? jsonWire.subscribe(request, topic) : [34, request, id],
  );
  const peers = await times(8, () => join(target));
  await Promise.all(peers.map((peer) => flood(peer, both.take(0, 2, 1), duration)));
};

/** Attacks by churn. */
export const churn: readonly Attack[] = [
  {
    id: 'churn/sessions',
    does: 'says HELLO and GOODBYE in turns on 16 links for 5 s, as fast as it is answered',
    before: 'not tried',
    bound: { growth: 64, kept: 32 },
    run: sessions,
  },
  {
    id: 'churn/subscriptions',
    does: 'subscribes and unsubscribes from eight sessions for 5 s, as fast as the router reads',
    before: 'not tried',
    bound: { growth: 64, kept: 32 },
    run: subscriptions,
  },
];
