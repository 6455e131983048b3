/** An authorizer whose requests wait until a test answers them one by one. */

import { expect, vi } from 'vitest';
import type { AuthorizationRequest, Authorizer } from '../../src/index.ts';

/** A question, and the way to answer it. */
export interface Asked {
  readonly request: AuthorizationRequest;
  readonly answer: (value: unknown) => void;
}

/** Lets those questions wait that `isSlow` says; to all others the answer is true. */
export const createPatient = (isSlow: (request: AuthorizationRequest) => boolean) => {
  const questions: Asked[] = [];
  const authorizer: Authorizer = (request) =>
    isSlow(request) ? new Promise((resolve) => questions.push({ request, answer: resolve })) : true;
  return {
    authorizer,
    questions,
    /** Waits until so many questions have been asked, and expects that there are no more. */
    asked: (count: number) => vi.waitFor(() => expect(questions).toHaveLength(count)),
    /** What was asked about, in order. */
    uris: () => questions.map(({ request }) => request.uri),
  };
};

/** Whether a question is about a callee and one URI under its pattern, where no test registers a URI itself. */
export const isAboutCallee = ({ action, match }: AuthorizationRequest): boolean =>
  action === 'register' && match === 'exact';

/** Whether a question is about a subscriber and one topic, where no test subscribes to a topic itself. */
export const isAboutTopic = ({ action, match }: AuthorizationRequest): boolean =>
  action === 'subscribe' && match === 'exact';
