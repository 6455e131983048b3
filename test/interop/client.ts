/**
 * What the matrix needs of a foreign client, whatever interface it has. An adapter uses the client as its documentation
 * shows, and does not work around faults of the router.
 */

import type { RealmSettings } from '../../src/index.ts';

/** A payload. */
export interface Payload {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What a call was answered with. */
export interface Failure {
  readonly uri: string;
  /** Undefined where the client does not show them. */
  readonly args: readonly unknown[] | undefined;
}

/** An event as the client shows it. */
export interface Heard extends Payload {
  /** Where the client tells it, for patterns. */
  readonly topic: string | undefined;
}

/** Answers calls: with a payload, or by throwing what `fail` of the client makes. */
export type Handler = (payload: Payload, progress: ((payload: Payload) => void) | undefined) => Promise<Payload>;

/** An open session of a foreign client. */
export interface ForeignSession {
  /** As a decimal text, since some clients hold large ids as bigints. */
  readonly id: string;
  publish(topic: string, payload: Payload): Promise<void>;
  subscribe(topic: string, onEvent: (event: Heard) => void, match?: string): Promise<() => Promise<unknown>>;
  call(procedure: string, payload: Payload, onProgress?: (payload: Payload) => void): Promise<Payload>;
  /** Calls, and returns how to cancel it; the promise is settled by the router's answer. */
  startCall(procedure: string): { readonly cancel: () => void; readonly ended: Promise<unknown> };
  register(procedure: string, handler: Handler): Promise<() => Promise<unknown>>;
  /** What a handler throws to fail a call. */
  fail(uri: string, args: readonly unknown[]): unknown;
  /** What a rejected call holds. */
  failureOf(error: unknown): Failure;
  close(): Promise<unknown>;
}

/** How a session authenticates: the users of `router.ts`. */
export const methods = ['anonymous', 'ticket', 'wampcra', 'wampcra salted', 'cryptosign'] as const;
export type Method = (typeof methods)[number];

/** What is tried with every client, serializer and method. */
export const features = [
  'publish and subscribe',
  'prefix pattern',
  'wildcard pattern',
  'call and register',
  'progressive results',
  'progressive results as callee',
  'cancel',
  'error of a procedure',
] as const;
export type Feature = (typeof features)[number];

/** What a realm has to be given for a client to have a feature, and why. */
export interface Need {
  readonly realm: Partial<RealmSettings>;
  readonly note: string;
}

/** A foreign client in one serializer. */
export interface ForeignClient {
  readonly name: string;
  readonly serializer: string;
  /** Methods and features that the client itself does not have, and why. */
  readonly lacks: Readonly<Partial<Record<Method | Feature, string>>>;
  /** Features that it has where the realm is given an option. */
  readonly needs?: Readonly<Partial<Record<Feature, Need>>>;
  open(where: { readonly url: string; readonly port: number }, method: Method): Promise<ForeignSession>;
}

/** Nothing. */
export const nothing: Payload = { args: [], kwargs: {} };
