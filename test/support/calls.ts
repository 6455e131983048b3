/** Callers and callees of WAMP v2 for tests of the dealer: which features each announces, and how a call has ended. */

import type { Postmaster } from '../../src/index.ts';
import type { List, V2Peer } from './v2-client.ts';
import { basicRoles, joinV2 } from './v2-client.ts';
import { code, createV2Router } from './v2-router.ts';

/** HELLO.Details of a callee that announces exactly `features`. */
export const calleeWith = (...features: readonly string[]): { readonly roles: object } => ({
  roles: { ...basicRoles, callee: { features: Object.fromEntries(features.map((name) => [name, true])) } },
});

/** HELLO.Details of a peer that announces nothing at all. */
export const basic = { roles: basicRoles } as const;

/** A caller that can do everything, and a callee that announces `details` (default: everything). */
export const joinPair = async (
  router: Postmaster,
  details: Readonly<Record<string, unknown>> = {},
): Promise<{ caller: V2Peer; callee: V2Peer }> => ({
  caller: await joinV2(router),
  callee: await joinV2(router, details),
});

/** Sends a CALL and does not wait; its request id. */
export const beginCall = (peer: V2Peer, procedure: string, options: object = {}, ...payload: List): number => {
  const request = peer.next();
  peer.send(code.CALL, request, options, procedure, ...payload);
  return request;
};

/** The next INVOCATION; its id. */
export const nextInvocation = async (peer: V2Peer): Promise<number> => (await peer.take(code.INVOCATION))[1] as number;

/**
 * A call of `com.procedure`, in a router of its own: the caller can do everything, the callee announces `details` (default:
 * everything).
 */
export const openCall = async (
  details: Readonly<Record<string, unknown>> = {},
  options: object = {},
  ...payload: List
): Promise<{ router: Postmaster; caller: V2Peer; callee: V2Peer; request: number }> => {
  const router = createV2Router();
  const { caller, callee } = await joinPair(router, details);
  await callee.register('com.procedure');
  return { router, caller, callee, request: beginCall(caller, 'com.procedure', options, ...payload) };
};

/** The same call, when its callee has the INVOCATION. */
export const invokedCall = async (...given: Parameters<typeof openCall>) => {
  const call = await openCall(...given);
  return { ...call, invocation: await nextInvocation(call.callee) };
};

/** Everything that a caller heard about a call that may end it, in order. */
export const finalAnswers = (peer: V2Peer, request: number): readonly List[] =>
  peer.received.filter(
    ([type, first, second]) =>
      (type === code.RESULT && first === request && (second as { progress?: boolean }).progress !== true) ||
      (type === code.ERROR && first === code.CALL && second === request),
  );

/** All messages of one kind that a peer has heard. */
export const heard = (peer: V2Peer, type: number): readonly List[] => peer.received.filter(([first]) => first === type);

/** The URI of an ERROR. */
export const errorOf = (answer: List): unknown => (answer[0] === code.ERROR ? answer[4] : undefined);

/** Resolves when the router has handled all that the peers sent. */
export const settle = async (...peers: readonly V2Peer[]): Promise<void> => {
  for (const peer of peers) await peer.barrier();
};

/** Ends the session of a peer; resolves when the router has. */
export const leave = async (peer: V2Peer): Promise<void> => {
  peer.send(code.GOODBYE, {}, 'wamp.close.close_realm');
  await peer.take(code.GOODBYE);
};
