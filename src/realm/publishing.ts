/**
 * The way of a PUBLISH: permission, guard, acknowledgement, interceptors, and then the broker. What must live here is the
 * order of these steps; the rules themselves are elsewhere.
 */

import type { Pipeline } from '../interceptor/pipeline.ts';
import type { Clock } from '../wamp/clock.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import type { Dict, Payload, Publication, Publish } from '../wamp/message.ts';
import type { PublishOptions } from '../wamp/options.ts';
import { checkOptions, passthruOf } from '../wamp/options.ts';
import type { Reason } from '../wamp/reason.ts';
import { reason } from '../wamp/reason.ts';
import type { Report } from '../wamp/report.ts';
import { asPromise } from '../wamp/thenable.ts';
import { reservedRefusal } from '../wamp/uri.ts';
import { audienceOf, everyone } from './audience.ts';
import type { Authorization, Verdict } from './authorization.ts';
import { whenDecided } from './authorization.ts';
import type { Disclosure } from './disclosure.ts';
import { identityOf, isDisclosed } from './disclosure.ts';
import type { Session } from './session.ts';
import type { Testament } from './testament.ts';

/**
 * Asked about every publication of a session after its permission: false, or a promise of false, vetoes it; a WampError
 * that is thrown is what the publisher hears. Anything else lets it pass.
 */
export type PublishGuard = (session: Session, publication: Publication) => unknown;

/** What publishing needs from outside. */
export interface PublishingOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly report: Report;
  /** Random over the whole range of ids. */
  readonly nextId: () => Id;
  readonly guard: PublishGuard | undefined;
  readonly authorization: Authorization;
  readonly pipeline: Pipeline;
  /** Whether anybody may hear what is published to a topic. */
  readonly hears: (topic: string) => boolean;
}

/** Whether a PUBLISH has no options but whether to acknowledge it, and whether its publisher is to hear it. */
const isPlain = (options: Dict): boolean => {
  for (const name in options) {
    if ((name !== 'acknowledge' && name !== 'exclude_me') || typeof options[name] !== 'boolean') return false;
  }
  return true;
};

/** Takes publications of sessions to the interceptors. */
export class Publishing {
  readonly #options: PublishingOptions;

  constructor(options: PublishingOptions) {
    this.#options = options;
  }

  /** Handles a PUBLISH. */
  publish(session: Session, request: Publish): void {
    if (session.isFamiliarWith(request.topic) && isPlain(request.options)) this.#publishPlainly(session, request);
    else this.#publishWithCare(session, request);
  }

  // Nothing is left to be asked: the topic is known to be one, and to be allowed.
  #publishPlainly(session: Session, request: Publish): void {
    const { guard, pipeline, hears, nextId, clock, realm } = this.#options;
    const { topic, args, kwargs } = request;
    if (guard || !pipeline.isEmpty || hears(topic)) {
      const audience = request.options.exclude_me === false ? everyone : session.plainAudience;
      const publisher = session.id;
      this.#guard(session, request, {
        id: nextId(),
        topic,
        args,
        kwargs,
        realm,
        time: clock.now(),
        publisher,
        audience,
      });
    } else if (request.options.acknowledge === true) {
      session.deliver({ type: 'PUBLISHED', request: request.request, publication: nextId() });
    }
  }

  #publishWithCare(session: Session, request: Publish): void {
    const { report, authorization } = this.#options;
    const { topic } = request;
    const options = checkOptions('PUBLISH', request.options);
    const invalid = session.uriRefusal(topic) ?? reservedRefusal(topic);
    if (invalid) {
      report.count('publish_denied');
      return this.#refuse(session, request, new WampError(reason.invalidUri, { description: invalid }));
    }
    if (options.ppt_scheme && !session.features.publisher.passthru) {
      return session.violate('payload passthru was not announced');
    }
    whenDecided(session, authorization.check(session, 'publish', topic), (verdict) =>
      this.#authorized(session, request, options, verdict),
    );
  }

  /** A publication of `publisher`, or of the router when there is none, with everything that EVENT is to say of it. */
  create(
    topic: string,
    { args, kwargs }: Payload,
    options: PublishOptions,
    publisher?: Session,
    disclosure: Disclosure = 'never',
  ): Publication {
    const { nextId, clock, realm } = this.#options;
    const id = nextId();
    const time = clock.now();
    const passthru = passthruOf(options);
    const isNamed = publisher !== undefined && isDisclosed(disclosure, options.disclose_me === true);
    const details: Dict | undefined =
      passthru || isNamed ? { ...passthru, ...(isNamed && identityOf(publisher, 'publisher')) } : undefined;
    return {
      id,
      topic,
      args,
      kwargs,
      realm,
      time,
      ...(publisher && { publisher: publisher.id }),
      audience: audienceOf(publisher?.id, options),
      ...(details && { details: Object.freeze(details) }),
      ...(options.retain === true && { retain: true }),
    };
  }

  /**
   * Publishes what a session that is over left behind, one after the other. The guard is asked as about any of its publications;
   * nobody is there to be told what it says.
   */
  bequeath(
    session: Session,
    [first, ...others]: readonly Testament[],
    publish: (publication: Publication) => void,
  ): void {
    if (!first) return;
    const { topic, options, disclosure, args, kwargs } = first;
    const publication = this.create(topic, { args, kwargs }, options, session, disclosure);
    const proceed = (verdict: unknown): void => {
      if (verdict === false) this.#options.report.count('publish_vetoed');
      else publish(publication);
      this.bequeath(session, others, publish);
    };
    const fail = (error: unknown): void => {
      this.#reportFailure(topic, error);
      this.bequeath(session, others, publish);
    };
    let verdict: unknown;
    try {
      verdict = this.#options.guard?.(session, publication);
    } catch (error) {
      return fail(error);
    }
    const pending = asPromise(verdict);
    if (pending) pending.then(proceed, fail);
    else proceed(verdict);
  }

  #authorized(session: Session, request: Publish, options: PublishOptions, verdict: Verdict): void {
    const { topic } = request;
    if (!verdict.isAllowed) return this.#refuseWith(session, request, verdict.error, verdict.description);
    if (options.disclose_me && verdict.disclosure === 'never') {
      const description = 'this realm does not disclose publishers';
      return this.#refuseWith(session, request, reason.disclosureDisallowed, description);
    }
    this.#remember(session, topic, verdict.disclosure);
    this.#guard(session, request, this.create(topic, request, options, session, verdict.disclosure));
  }

  // What was decided for good need not be decided again: an authorizer may change its mind, the rules of a role do not.
  #remember(session: Session, topic: string, disclosure: Disclosure): void {
    if (!this.#options.authorization.mayChange && disclosure !== 'always') session.becomeFamiliarWith(topic);
  }

  #guard(session: Session, request: Publish, publication: Publication): void {
    const { guard } = this.#options;
    if (!guard) return this.#accept(session, request, publication);
    try {
      const verdict = guard(session, publication);
      const pending = asPromise(verdict);
      if (!pending) return this.#judge(session, request, publication, verdict);
      session.hold(
        pending,
        (decided) => this.#judge(session, request, publication, decided),
        (error) => this.#guardFailed(session, request, error),
      );
    } catch (error) {
      this.#guardFailed(session, request, error);
    }
  }

  #judge(session: Session, request: Publish, publication: Publication, verdict: unknown): void {
    if (verdict !== false) return this.#accept(session, request, publication);
    this.#options.report.count('publish_vetoed');
    this.#refuseWith(session, request, reason.notAuthorized, `publishing "${request.topic}" was vetoed`);
  }

  #guardFailed(session: Session, request: Publish, error: unknown): void {
    this.#reportFailure(request.topic, error);
    if (error instanceof WampError) return this.#refuse(session, request, error);
    this.#refuseWith(session, request, reason.authorizationFailed, 'the check of the publication failed');
  }

  #reportFailure(topic: string, error: unknown): void {
    const { report, realm } = this.#options;
    if (error instanceof WampError) return report.count('publish_vetoed');
    const facts = { err: error, topic, realm };
    report.error('callback_failed', facts, 'messageToPublish failed: the publication is refused');
  }

  #refuse(session: Session, request: Publish, { uri, description }: WampError): void {
    this.#refuseWith(session, request, uri, description);
  }

  // No answer to a PUBLISH that did not ask for one, not even a refusal (Basic Profile, "Publishing and Events").
  #refuseWith(session: Session, request: Publish, error: Reason, description: string): void {
    if (request.options.acknowledge === true) session.refuse(request, error, description);
  }

  #accept(session: Session, request: Publish, publication: Publication): void {
    if (request.options.acknowledge === true) {
      session.deliver({ type: 'PUBLISHED', request: request.request, publication: publication.id });
    }
    this.#options.pipeline.push(publication);
  }
}
