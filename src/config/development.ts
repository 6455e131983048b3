/**
 * The config of the router that runs when none is given: one realm in which every program of this machine may do everything.
 * It is for trying things out, so it binds loopback addresses only.
 */

import type { ProcedureCall } from '../dealer/procedure.ts';
import { isLoopbackAddress } from '../net/address.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Config } from './schema.ts';
import { checkConfig } from './schema.ts';

/** The name of a procedure with which to try calls. */
export const demoProcedure = 'com.example.add';

/** Adds its arguments. Throws a WampError for one that is no number. */
export const add = ({ args }: Pick<ProcedureCall, 'args'>): number =>
  args.reduce<number>((sum, value, at) => {
    if (typeof value !== 'number') {
      throw new WampError(reasons.invalidArgument, {
        description: `argument ${at + 1} must be a number`,
      });
    }
    return sum + value;
  }, 0);

const everyAction = { match: 'prefix', call: true, register: true, publish: true, subscribe: true };
/** The router's own URIs need a rule of their own. */
const everything = [
  { uri: '', ...everyAction },
  { uri: 'wamp.', ...everyAction },
];

/** The config of a development router. */
export const developmentConfig = (realm = 'realm1'): Config =>
  checkConfig(
    {
      realms: [{ name: realm, anonymous: everything }],
      v1: { open: true },
      origins: ['loopback'],
      procedures: { [demoProcedure]: { open: true, handler: add } },
    },
    'the development config',
  );

/** Whether only this machine reaches what listens on `host`. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopbackAddress(host);
