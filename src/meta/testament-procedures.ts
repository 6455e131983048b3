/** The meta procedures about testaments, which are published when a session has ended (Advanced Profile, "Session Testament"). */

import { sizeOfValue } from '../base/value-size.ts';
import { LocalInvocation } from '../dealer/local-callee.ts';
import type { Procedure, ProcedureCall } from '../dealer/procedure.ts';
import { noRoom } from '../session/held.ts';
import type { TestamentScope } from '../session/testament.ts';
import { testamentScopes } from '../session/testament.ts';
import { WampError } from '../wamp/error.ts';
import { checkOptions } from '../wamp/options.ts';
import { MessagePayload } from '../wamp/payload.ts';
import { reasons } from '../wamp/reasons.ts';
import { reservedRefusal } from '../wamp/uri.ts';
import { argument, ifAllowed, invalid, optionalDict, textOf } from './arguments.ts';
import type { MetaOptions } from './meta-options.ts';

const scopeOf = ({ kwargs }: ProcedureCall): TestamentScope => {
  const scope = kwargs?.scope ?? 'destroyed';
  if (!testamentScopes.includes(scope as TestamentScope))
    throw invalid('scope', `one of ${testamentScopes.join(', ')}`);
  return scope as TestamentScope;
};

/** The payload of a testament as its octets came, if they did by position. */
const payloadOf = (call: ProcedureCall): MessagePayload | undefined => {
  const isByName = call.kwargs?.args !== undefined || call.kwargs?.kwargs !== undefined;
  const payload = isByName ? undefined : LocalInvocation.payloadOf(call)?.nested(1);
  payload?.keep();
  return payload;
};

/** The procedures of `wamp.session.*` that are about testaments. */
export const testamentProcedures = (options: MetaOptions): Readonly<Record<string, Procedure>> => ({
  'wamp.session.add_testament': (call) => {
    const { sessions, authorization, maxTestaments } = options;
    const topic = textOf(call, 0, 'topic');
    const args = argument(call, 1, 'args') ?? [];
    if (!Array.isArray(args)) throw invalid('args', 'a list');
    const kwargs = optionalDict(call, 2, 'kwargs');
    const publishOptions = checkOptions('PUBLISH', optionalDict(call, Number.NaN, 'publish_options') ?? {});
    const scope = scopeOf(call);
    const session = sessions.get(call.session.id);
    const refusal = session?.uriRefusal(topic) ?? reservedRefusal(topic);
    if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
    if (!session) return;
    // The values are copied, since a caller in this process may change them later.
    const payload = payloadOf(call) ?? MessagePayload.of([...args], kwargs && { ...kwargs });
    const octets = session.arrived === 0 ? 0 : payload.size + sizeOfValue([topic, publishOptions]);
    return ifAllowed(authorization.check(session, 'publish', topic), ({ disclosure }) => {
      if (publishOptions.disclose_me && disclosure === 'never') {
        throw new WampError(reasons.disclosureDisallowed, { description: 'this realm does not disclose publishers' });
      }
      const { testaments } = session;
      if (testaments.size >= maxTestaments) {
        throw new WampError(reasons.unavailable, {
          description: `the session has reached its limit of ${maxTestaments} testaments`,
        });
      }
      // The call was canceled, so the caller was answered that nothing was added, or the caller has left.
      if (call.signal.aborted || session.hasLeft) return;
      const isTaken = testaments.add(scope, { topic, payload, options: publishOptions, disclosure, octets });
      if (!isTaken) throw noRoom;
    });
  },
  'wamp.session.flush_testaments': (call) => {
    options.sessions.get(call.session.id)?.testaments.flush(scopeOf(call));
  },
});
