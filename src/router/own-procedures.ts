/** The procedures of the embedding program: what they must be, and which of them a method may remove. */

import type { Procedure } from '../dealer/procedure.ts';
import type { Realm } from '../realm/realm.ts';
import { ConfigError, WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';
import { ownUriRefusal } from '../wamp/uri.ts';

/** Registers a procedure in the router's own name. Throws as `registerRPC` does. */
export const registerOwn = (
  realm: Realm,
  uri: string,
  procedure: Procedure,
  options: { readonly isOpen: boolean; readonly wantsOctets: boolean },
): void => {
  if (typeof procedure !== 'function') throw new ConfigError(`the procedure "${uri}" must be a function`);
  const refusal = typeof uri === 'string' ? ownUriRefusal(uri) : 'a URI must be a string';
  if (refusal) throw new WampError(reasons.invalidUri, { description: refusal });
  realm.register(uri, procedure, options);
};

/** Removes a procedure that was registered with the same `isOpen`. Returns false when there is none. */
export const unregisterOwn = (realm: Realm, uri: string, isOpen: boolean): boolean => {
  const registration = realm.registrations.find(uri);
  const [callee] = registration?.callees ?? [];
  if (!callee || callee.session || registration?.options.isOpen !== isOpen) return false;
  realm.unregister(callee);
  return true;
};
