/** The meta procedures that query and end sessions (Advanced Profile, "Session Meta API"). */

import type { Procedure, ProcedureCall } from '../dealer/procedure.ts';
import type { Session } from '../session/session.ts';
import { WampError } from '../wamp/error.ts';
import type { Id } from '../wamp/id.ts';
import { reasons } from '../wamp/reasons.ts';
import { isUri } from '../wamp/uri.ts';
import { argument, idOf, invalid, shortText, textOf } from './arguments.ts';
import type { MetaOptions } from './meta-options.ts';
import { sessionDetails } from './session-details.ts';

/** `wamp.session.*`, without those about testaments. */
export const sessionProcedures = ({ sessions, maxUriLength }: MetaOptions): Readonly<Record<string, Procedure>> => {
  const filtered = (call: ProcedureCall): readonly Session[] => {
    const roles = argument(call, 0, 'filter_authroles');
    if (roles !== undefined && !(Array.isArray(roles) && roles.every((role) => typeof role === 'string'))) {
      throw invalid('filter_authroles', 'a list of strings');
    }
    return [...sessions.values()].filter(
      ({ authrole }) => roles === undefined || (authrole !== null && roles.includes(authrole)),
    );
  };
  const endingOf = (call: ProcedureCall): readonly [reason: string, message: string | undefined] => {
    const reason = call.kwargs?.reason ?? reasons.killed;
    if (typeof reason !== 'string' || !isUri(reason, 'exact', 'loose', maxUriLength)) {
      throw new WampError(reasons.invalidUri, { description: 'the reason must be a URI' });
    }
    const message = call.kwargs?.message ?? undefined;
    return [reason, message === undefined ? undefined : shortText('message', message)];
  };
  // The caller's own session is never killed.
  const killAll = (call: ProcedureCall, isSelected: (session: Session) => boolean, isSilent = false): readonly Id[] => {
    const [reason, message] = endingOf(call);
    const selected = [...sessions.values()].filter((session) => session.id !== call.session.id && isSelected(session));
    for (const session of selected) session.kill(reason, message, { isSilent });
    return selected.map(({ id }) => id);
  };
  const noSuchSession = (): WampError =>
    new WampError(reasons.noSuchSession, { description: 'there is no such session' });
  return {
    'wamp.session.count': (call) => filtered(call).length,
    'wamp.session.list': (call) => filtered(call).map(({ id }) => id),
    'wamp.session.get': (call) => {
      const session = sessions.get(idOf(call, 0, 'session'));
      if (!session) throw noSuchSession();
      return sessionDetails(session);
    },
    'wamp.session.kill': (call) => {
      const id = idOf(call, 0, 'session');
      const ending = endingOf(call);
      const session = id === call.session.id ? undefined : sessions.get(id);
      if (!session) throw noSuchSession();
      session.kill(...ending);
    },
    'wamp.session.kill_by_authid': (call) => {
      const authid = textOf(call, 0, 'authid');
      return killAll(call, (session) => session.authid === authid);
    },
    'wamp.session.kill_by_authrole': (call) => {
      const authrole = textOf(call, 0, 'authrole');
      return killAll(call, (session) => session.authrole === authrole).length;
    },
    'wamp.session.kill_all': (call) => killAll(call, () => true, true).length,
  };
};
