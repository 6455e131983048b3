/** The options that all client commands have: where the router is, and who asks. */

import type { Command } from 'commander';
import { Option } from 'commander';

/** As they were typed. */
export interface ClientFlags {
  readonly url: string;
  readonly realm: string;
  readonly serializer?: string;
  readonly authid?: string;
  readonly ticket?: string;
  readonly secret?: string;
  readonly password?: string;
  readonly privateKey?: string;
}

/** Adds the options to a command. What is secret may also come by the environment, where other users do not see it. */
export const addClientOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'router: ws, wss, rs, rss or unix', 'ws://127.0.0.1:8080/ws')
    .option('--realm <realm>', 'realm to join', 'realm1')
    .addOption(new Option('--serializer <name>', 'how messages travel').choices(['json', 'msgpack', 'cbor']))
    .option('--authid <authid>', 'who to authenticate as (default: anonymous)')
    .addOption(new Option('--ticket <ticket>', 'authenticate by ticket').env('POSTMASTER_TICKET'))
    .addOption(new Option('--secret <secret>', 'authenticate by wampcra').env('POSTMASTER_SECRET'))
    .addOption(new Option('--password <password>', 'authenticate by wamp-scram').env('POSTMASTER_PASSWORD'))
    .addOption(new Option('--private-key <hex>', 'authenticate by cryptosign').env('POSTMASTER_PRIVATE_KEY'));
