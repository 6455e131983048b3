/** The options that all client commands have: where the router is, and how to authenticate. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { ClientAuth } from '../client.ts';
import type { SerializerName } from '../codec/serializers.ts';
import { serializerNames } from '../codec/serializers.ts';
import { usageFailure } from './failure.ts';

/** An option by which a client command authenticates. */
interface AuthFlag {
  readonly flags: string;
  readonly description: string;
  /** The environment variable that may have the secret instead: other users cannot see it there. */
  readonly variable: string;
  readonly toAuth: (typed: string) => ClientAuth;
}

const cryptosign = (privateKey: string): ClientAuth => {
  if (/^[\da-f]{64}$/i.test(privateKey)) return { method: 'cryptosign', privateKey };
  throw usageFailure('postmaster: --private-key must have 64 hexadecimal digits');
};

/** One line for each method that a command can authenticate by, the best first. */
const authFlags = {
  privateKey: {
    flags: '--private-key <hex>',
    description: 'authenticate by cryptosign',
    variable: 'POSTMASTER_PRIVATE_KEY',
    toAuth: cryptosign,
  },
  password: {
    flags: '--password <password>',
    description: 'authenticate by wamp-scram',
    variable: 'POSTMASTER_PASSWORD',
    toAuth: (password) => ({ method: 'wamp-scram', password }),
  },
  secret: {
    flags: '--secret <secret>',
    description: 'authenticate by wampcra',
    variable: 'POSTMASTER_SECRET',
    toAuth: (secret) => ({ method: 'wampcra', secret }),
  },
  ticket: {
    flags: '--ticket <ticket>',
    description: 'authenticate by ticket',
    variable: 'POSTMASTER_TICKET',
    toAuth: (ticket) => ({ method: 'ticket', ticket }),
  },
} satisfies Readonly<Record<string, AuthFlag>>;

type AuthFlagName = keyof typeof authFlags;

/** The options of a client command, as they were typed. */
export interface ClientFlags extends Readonly<Partial<Record<AuthFlagName, string>>> {
  readonly url: string;
  readonly realm: string;
  readonly serializer?: SerializerName;
  readonly authid?: string;
}

/** Adds the options to a command. */
export const addClientOptions = (command: Command): Command => {
  command
    .option('--url <url>', 'router: ws, wss, rs, rss or unix', 'ws://127.0.0.1:8080/ws')
    .option('--realm <realm>', 'realm to join', 'realm1')
    .addOption(new Option('--serializer <name>', 'how messages travel').choices(serializerNames))
    .option('--authid <authid>', 'who to authenticate as (default: anonymous)');
  for (const { flags, description, variable } of Object.values(authFlags)) {
    command.addOption(new Option(flags, description).env(variable));
  }
  return command;
};

/** The ways to authenticate that the options name. Throws a CommandFailure for a malformed value. */
export const authOf = (given: ClientFlags): readonly ClientAuth[] => {
  const methods = (Object.entries(authFlags) as [AuthFlagName, AuthFlag][]).flatMap(([name, { toAuth }]) => {
    const typed = given[name];
    return typed === undefined ? [] : [toAuth(typed)];
  });
  return methods.length > 0 ? methods : [{ method: 'anonymous' }];
};
