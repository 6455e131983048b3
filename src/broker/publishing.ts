/**
 * Handles PUBLISH: permission, guard, acknowledgement, interceptors, and then the broker. What must live here is the order
 * of these steps. The rules themselves are elsewhere.
 */

import type { Clock } from '../base/clock.ts';
import { settleWithin } from '../base/deadline.ts';
import type { Dict } from '../base/dict.ts';
import type { Report } from '../base/report.ts';
import { asPromise, chain } from '../base/thenable.ts';
import type { Pipeline } from '../interceptor/pipeline.ts';
import type { Authorization, Verdict } from '../session/authorization.ts';
import { whenDecided } from '../session/authorization.ts';
import type { Disclosure } from '../session/disclosure.ts';
import { identityOf, isDisclosed } from '../session/disclosure.ts';
import type { Session } from '../session/session.ts';
import type { Testament } from '../session/testament.ts';
import { WampError } from '../wamp/error.ts';
import { notAnnounced } from '../wamp/feature.ts';
import type { Id } from '../wamp/id.ts';
import type { Draft, Publish } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { checkOptions, passthruOf, passthruOption } from '../wamp/options.ts';
import type { MessagePayload } from '../wamp/payload.ts';
import type { Audience, Publication, RoutedPublication } from '../wamp/publication.ts';
import { viewOf } from '../wamp/publication.ts';
import type { Reason } from '../wamp/reasons.ts';
import { reasons } from '../wamp/reasons.ts';
import { reservedRefusal } from '../wamp/uri.ts';
import { audienceOf, everyone } from './audience.ts';

/**
 * Asked about every publication of a session, after its permission, with the publisher's options. True or undefined, or a
 * promise of them, allows the publication; false vetoes it. If it throws a WampError, the publisher gets that error. Any
 * other error or answer, and an answer later than `authTimeout`, is a failed check, which refuses the publication.
 */
export type PublishGuard = (session: Session, publication: Publication, options: PublishOptions) => unknown;

/** The options of a realm's publishing. */
export interface PublishingOptions {
  readonly realm: string;
  readonly clock: Clock;
  /** How long the guard may take to answer, in ms. */
  readonly authTimeout: number;
  readonly report: Report;
  /** Random over the whole range of ids. */
  readonly nextId: () => Id;
  readonly guard: PublishGuard | undefined;
  readonly authorization: Authorization;
  readonly pipeline: Pipeline;
  /** Whether a publication to a topic would have any receiver. */
  readonly hasSubscribers: (topic: string) => boolean;
}

/** The options that a guard is given: a frozen copy, with the lists of the audience, which are copies already. */
const shownOptions = (options: PublishOptions, { publisher: _, ...lists }: Audience): PublishOptions =>
  Object.freeze({ ...options, ...(lists as PublishOptions) });

/** Whether a PUBLISH has no other options than `acknowledge` and `exclude_me`. */
const isPlain = (options: Dict): boolean => {
  for (const name in options) {
    if ((name !== 'acknowledge' && name !== 'exclude_me') || typeof options[name] !== 'boolean') return false;
  }
  return true;
};

/** The error for the publisher, if it asked for an acknowledgement. */
type Refusal = Pick<WampError, 'uri' | 'description'>;

const invalidAnswer =
  'messageToPublish must answer true or nothing to let a publication pass and false to veto it: ' +
  'anything else refuses it, and is logged once';

const failedCheck: Refusal = { uri: reasons.authorizationFailed, description: 'the check of the publication failed' };

/** Passes the publications of sessions to the interceptors. */
export class Publishing {
  readonly #options: PublishingOptions;
  /** Whether the guard has given an answer that means nothing, which is logged only once. */
  #hasReportedAnswer = false;
  /** A function for each pending answer of the guard that gives up waiting for it. */
  readonly #reviews = new Set<() => void>();

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /** Handles a PUBLISH. */
  publish(session: Session, request: Publish): void {
    if (session.mayPublish(request.topic) && isPlain(request.options)) this.#publishKnown(session, request);
    else this.#publishChecked(session, request);
  }

  // No check is needed: the topic is known to be valid and allowed.
  #publishKnown(session: Session, request: Publish): void {
    const { guard, pipeline, hasSubscribers, nextId, clock, realm } = this.#options;
    const { topic, payload } = request;
    if (guard || !pipeline.isEmpty || hasSubscribers(topic)) {
      const audience = request.options.exclude_me === false ? everyone : session.plainAudience;
      const publisher = session.id;
      const time = clock.now();
      const publication = { id: nextId(), topic, payload, realm, time, publisher, audience, view: undefined };
      this.#guard(session, request, publication, request.options);
    } else if (request.options.acknowledge === true) {
      session.deliver({ type: 'PUBLISHED', request: request.request, publication: nextId() });
    }
  }

  #publishChecked(session: Session, request: Publish): void {
    const { report, authorization } = this.#options;
    const { topic } = request;
    const options = checkOptions('PUBLISH', request.options);
    const invalid = session.uriRefusal(topic) ?? reservedRefusal(topic);
    if (invalid) {
      report.count('publish_denied');
      return this.#refuse(session, request, new WampError(reasons.invalidUri, { description: invalid }));
    }
    const passthru = passthruOption(options);
    if (passthru && !session.features.publisher.passthru) {
      return session.violate(notAnnounced(`PUBLISH.Options.${passthru}`, 'payload_passthru_mode'));
    }
    whenDecided(session, authorization.check(session, 'publish', topic), (verdict) =>
      this.#authorized(session, request, options, verdict),
    );
  }

  /** Refuses all publications about which the guard has not decided. */
  close(): void {
    for (const giveUp of this.#reviews) giveUp();
  }

  /** A publication of `publisher`, or of the router if there is none, with all details that its EVENT will have. */
  create(
    topic: string,
    payload: MessagePayload,
    options: PublishOptions,
    publisher?: Session,
    disclosure: Disclosure = 'never',
  ): RoutedPublication {
    const { nextId, clock, realm } = this.#options;
    const publication: Draft<RoutedPublication> = {
      id: nextId(),
      topic,
      payload,
      realm,
      time: clock.now(),
      audience: audienceOf(publisher?.id, options),
      view: undefined,
    };
    const passthru = passthruOf(options);
    const isNamed = publisher !== undefined && isDisclosed(disclosure, options.disclose_me);
    if (publisher) publication.publisher = publisher.id;
    if (passthru || isNamed) {
      publication.details = Object.freeze({ ...passthru, ...(isNamed && identityOf(publisher, 'publisher')) });
    }
    if (options.retain === true) publication.retain = true;
    return publication;
  }

  /**
   * Publishes the testaments of a session that has ended, one after the other. The guard is asked as for any other
   * publication, but its refusal has no receiver.
   */
  publishTestaments(
    session: Session,
    [first, ...others]: readonly Testament[],
    publish: (publication: RoutedPublication) => void,
  ): void {
    if (!first) return;
    const { topic, payload, options, disclosure } = first;
    const publication = this.create(topic, payload, options, session, disclosure);
    void chain(this.#review(session, publication, options), (refusal) => {
      if (!refusal) publish(publication);
      session.testaments.release(first);
      this.publishTestaments(session, others, publish);
    });
  }

  #authorized(session: Session, request: Publish, options: PublishOptions, verdict: Verdict): void {
    const { topic } = request;
    if (!verdict.isAllowed) return this.#refuseWith(session, request, verdict.error, verdict.description);
    if (options.disclose_me && verdict.disclosure === 'never') {
      const description = 'this realm does not disclose publishers';
      return this.#refuseWith(session, request, reasons.disclosureDisallowed, description);
    }
    this.#remember(session, topic, verdict.disclosure);
    const publication = this.create(topic, request.payload, options, session, verdict.disclosure);
    this.#guard(session, request, publication, options);
  }

  // A decision that cannot change need not be repeated. An authorizer may decide differently later; the rules of a role do
  // not change.
  #remember(session: Session, topic: string, disclosure: Disclosure): void {
    if (!this.#options.authorization.mayChange && disclosure !== 'always') session.rememberMayPublish(topic);
  }

  #guard(session: Session, request: Publish, publication: RoutedPublication, options: PublishOptions): void {
    if (!this.#options.guard) return this.#accept(session, request, publication);
    whenDecided(session, this.#review(session, publication, options), (refusal) => {
      if (refusal) this.#refuse(session, request, refusal);
      else this.#accept(session, request, publication);
    });
  }

  /** Why the guard refuses a publication; undefined if it allows it. Never throws or rejects. */
  #review(
    session: Session,
    publication: RoutedPublication,
    options: PublishOptions,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const { guard } = this.#options;
    const { topic, audience } = publication;
    const fail = (error: unknown): Refusal => this.#guardFailed(topic, error);
    try {
      const answer = guard?.(session, viewOf(publication), shownOptions(options, audience));
      const pending = asPromise(answer);
      return pending
        ? this.#wait(pending, (later) => this.#refusalOf(topic, later), fail)
        : this.#refusalOf(topic, answer);
    } catch (error) {
      return fail(error);
    }
  }

  #wait<Answer>(
    pending: Promise<Answer>,
    refusalOf: (answer: Answer) => Refusal | undefined,
    fail: (error: unknown) => Refusal,
  ): Promise<Refusal | undefined> {
    const { clock, authTimeout } = this.#options;
    return new Promise((resolve) => {
      const end = (refusal: Refusal | undefined): void => {
        this.#reviews.delete(giveUp);
        resolve(refusal);
      };
      const stop = settleWithin(
        pending,
        authTimeout,
        clock,
        (answer) => end(refusalOf(answer)),
        (error) => end(fail(error)),
      );
      const giveUp = (): void => {
        stop();
        end(failedCheck);
      };
      this.#reviews.add(giveUp);
    });
  }

  #refusalOf(topic: string, answer: unknown): Refusal | undefined {
    if (answer === true || answer === undefined) return undefined;
    const { report, realm } = this.#options;
    if (answer === false) {
      report.count('publish_vetoed');
      return { uri: reasons.notAuthorized, description: `publishing "${topic}" was vetoed` };
    }
    if (this.#hasReportedAnswer) report.count('callback_failed');
    else report.error('callback_failed', { topic, realm, answered: typeof answer }, invalidAnswer);
    this.#hasReportedAnswer = true;
    return failedCheck;
  }

  #guardFailed(topic: string, error: unknown): Refusal {
    const { report, realm } = this.#options;
    if (error instanceof WampError) {
      report.count('publish_vetoed');
      return error;
    }
    const facts = { err: error, topic, realm };
    report.error('callback_failed', facts, 'messageToPublish failed: the publication is refused');
    return failedCheck;
  }

  #refuse(session: Session, request: Publish, { uri, description }: Refusal): void {
    this.#refuseWith(session, request, uri, description);
  }

  // A PUBLISH that did not ask for an acknowledgement gets no answer, not even a refusal (Basic Profile, "Publishing and
  // Events").
  #refuseWith(session: Session, request: Publish, error: Reason, description: string): void {
    if (request.options.acknowledge === true) session.refuse(request, error, description);
  }

  #accept(session: Session, request: Publish, publication: RoutedPublication): void {
    if (request.options.acknowledge === true) {
      session.deliver({ type: 'PUBLISHED', request: request.request, publication: publication.id });
    }
    this.#options.pipeline.push(publication);
  }
}
