#!/usr/bin/env node
/** The program `postmaster`: which commands there are. What they do is loaded when one is asked for. */

import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { CommandFailure, exitCode } from './failure.ts';
import type { ServeFlags } from './plan.ts';

/** `error: unknown option '--prot'\n(Did you mean --port?)` in one line, under our name. */
const toSentence = (text: string): string =>
  `postmaster: ${text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')}\n`;

const program = new Command('postmaster')
  .description('A WAMP message broker: publish and subscribe, remote procedure calls, over WebSocket.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .configureOutput({ outputError: (text, write) => write(toSentence(text)) })
  .exitOverride();

program
  .command('serve')
  .description('Run a router. Without a config it is a development router, open to every program on this machine.')
  .argument('[config]', 'config file: .js, .mjs, .ts, .json, .yaml or .yml')
  .option('--host <host>', 'address of the first listener (default: 127.0.0.1)')
  .option('--port <port>', 'port of the first listener; 0 picks a free one (default: 8080)')
  .option('--path <path>', 'path of the WebSocket on the first listener (default: /ws)')
  .option('--realm <realm>', 'realm that WAMP v1 peers join (default: realm1, or as in the config)')
  .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (default: info)')
  .action(async (config: string | undefined, flags: ServeFlags) => {
    const { serve } = await import('./serve.ts');
    await serve(config, flags);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else if (error instanceof CommandFailure) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
