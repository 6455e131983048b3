/** The meta procedures about registrations and their callees (Advanced Profile, "Registration Meta API"). */

import type { ProcedureRegistration } from '../dealer/callee.ts';
import type { Procedure, ProcedureCall } from '../dealer/procedure.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { reasons } from '../wamp/reasons.ts';
import { byMatch, idOf, matchOf, revocationOf, textOf } from './arguments.ts';
import { describeRegistration } from './events.ts';
import type { MetaOptions } from './meta-options.ts';

/** `wamp.registration.*`. */
export const registrationProcedures = ({
  registrations,
  routes,
  revokeCallee,
  maxUriLength,
}: MetaOptions): Readonly<Record<string, Procedure>> => {
  const shown = (registration: ProcedureRegistration | undefined): ProcedureRegistration | undefined =>
    registration?.options.isHidden ? undefined : registration;
  const registrationOf = (call: ProcedureCall): ProcedureRegistration => {
    const registration = shown(registrations.get(idOf(call, 0, 'registration')));
    if (!registration)
      throw new WampError(reasons.noSuchRegistration, { description: 'there is no such registration' });
    return registration;
  };
  const sessionsOf = ({ callees }: ProcedureRegistration): readonly Id[] =>
    callees.flatMap(({ session }) => session?.id ?? []);
  return {
    'wamp.registration.list': () => byMatch(registrations.list(), ({ options }) => options),
    'wamp.registration.lookup': (call) =>
      shown(registrations.find(textOf(call, 0, 'procedure'), matchOf(call)))?.id ?? null,
    'wamp.registration.match': async (call) => shown(await routes.match(textOf(call, 0, 'procedure')))?.id ?? null,
    'wamp.registration.get': (call) => describeRegistration(registrationOf(call)),
    'wamp.registration.list_callees': (call) => sessionsOf(registrationOf(call)),
    'wamp.registration.count_callees': (call) => sessionsOf(registrationOf(call)).length,
    'wamp.registration.remove_callee': (call) => {
      const { callees } = registrationOf(call);
      const id = idOf(call, 1, 'session');
      const revocation = revocationOf(call, maxUriLength);
      const callee = callees.find(({ session }) => session?.id === id);
      if (!callee)
        throw new WampError(reasons.noSuchSession, { description: 'the session is not a callee of the registration' });
      revokeCallee(callee, revocation);
    },
  };
};
