/**
 * The router that runs when no config is given: one realm in which every program of this machine may do everything. It is
 * for trying things out, so it binds loopback addresses only.
 */

import type { ProcedureCall } from '../dealer/callee.ts';
import { isLoopbackAddress } from '../net/address.ts';
import { WampError } from '../wamp/error.ts';
import { reasons } from '../wamp/reasons.ts';
import type { Config } from './schema.ts';
import { checkConfig } from './schema.ts';

/** The procedure that shows that calls work. */
export const demoProcedure = 'com.example.add';

/** Adds its arguments. */
export const add = ({ args }: Pick<ProcedureCall, 'args'>): number =>
  args.reduce<number>((sum, value, at) => {
    if (typeof value !== 'number') {
      throw new WampError(reasons.invalidArgument, {
        description: `${demoProcedure} adds numbers, and argument ${at + 1} is none`,
      });
    }
    return sum + value;
  }, 0);

const everyAction = { match: 'prefix', call: true, register: true, publish: true, subscribe: true };
/** The router's own URIs want a rule of their own. */
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

/** Whether nobody outside this machine reaches what listens on `host`. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || isLoopbackAddress(host);
