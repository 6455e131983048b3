/** Peers of WAMP v1. */

import { CallError, connectV1, type V1Client } from '../../support/v1-client.ts';
import { alice } from '../principals.ts';
import { type Behaviour, join, takeLeave, type Visit } from '../visit.ts';

const openV1 = async ({ place, atEnd }: Visit): Promise<V1Client> => {
  const peer = await connectV1(place.url);
  atEnd(() => peer.wire.close());
  return peer;
};

/** Logs in, does everything, and meets a v2 peer on its topic. */
export const v1: Behaviour = async (visit) => {
  const [peer, other] = [await openV1(visit), await join(visit)];
  await peer.authenticate(alice.authid, alice.secret);
  const topic = `http://example.com/soak/${visit.number}`;
  peer.prefix('soak', 'http://example.com/soak/');
  peer.subscribe(`soak:${visit.number}`);
  await peer.barrier();
  await other.publish(topic, [visit.number]);
  peer.publish(topic, { number: visit.number }, false);
  await peer.call('urn:soak:echo', visit.number);
  peer.send('no JSON');
  await peer.close();
  await takeLeave(other);
};

/** Fails to log in, then asks for a challenge and goes. */
export const v1Refused: Behaviour = async (visit) => {
  const peer = await openV1(visit);
  const failure: unknown = await peer.authenticate(alice.authid, 'wrong').catch((error: unknown) => error);
  if (!(failure instanceof CallError)) throw new Error('a wrong secret was taken');
  await peer.authreq(alice.authid);
  await peer.close();
};
