#!/usr/bin/env node
/** The program `postmaster` and its commands. The code of a command is loaded when the command is used. */

import { Argument, Command, CommanderError, Option } from 'commander';
import { version } from '../base/version.ts';
import { addClientOptions } from './client-flags.ts';
import type { ChartFormat, ChartName } from './diagram.ts';
import { CommandFailure, exitCode } from './failure.ts';
import { endWithReader } from './output.ts';
import type { ServeFlags } from './plan.ts';
import type { SecretKind } from './secret.ts';

/** Turns `error: unknown option '--prot'\n(Did you mean --port?)` into one line that begins with the name of the program. */
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

program
  .command('secret')
  .description(
    'Make what a principal needs to authenticate, and print what the config needs of it. A secret that is needed is asked for, or read from stdin.',
  )
  .addArgument(
    new Argument('<kind>', 'for which method').choices([
      'ticket',
      'wampcra',
      'scram',
      'cryptosign',
    ] satisfies SecretKind[]),
  )
  .argument('<authid>', 'who it is for')
  .option('--role <role>', 'its role in the realm', 'member')
  .action(async (...given: Parameters<typeof import('./secret.ts').secret>) => {
    const { secret } = await import('./secret.ts');
    await secret(...given);
  });

program
  .command('diagram')
  .description('Print a chart that the router runs, as a picture or as text. Without a chart: which there are.')
  .addArgument(new Argument('[chart]', 'which chart').choices(['connection', 'call', 'server'] satisfies ChartName[]))
  .addOption(
    new Option('--format <format>', 'json is what statechart editors and XState read')
      .choices(['svg', 'mermaid', 'json'] satisfies ChartFormat[])
      .default('svg'),
  )
  .action(async (...given: Parameters<typeof import('./diagram.ts').diagram>) => {
    const { diagram } = await import('./diagram.ts');
    diagram(...given);
  });

const commands = (): Promise<typeof import('./client-commands.ts')> => {
  endWithReader();
  return import('./client-commands.ts');
};
const matchOption = (): Option =>
  new Option('--match <match>', 'how the URI is compared (default: exact)').choices(['exact', 'prefix', 'wildcard']);

addClientOptions(
  program
    .command('publish')
    .description('Publish an event. Arguments are JSON where they can be, else texts.')
    .argument('<topic>', 'topic')
    .argument('[args...]', 'positional arguments')
    .option('--kwargs <json>', 'keyword arguments, a JSON object')
    .option('--retain', 'keep the event for later subscribers'),
).action(async (...given: Parameters<Awaited<ReturnType<typeof commands>>['publish']>) =>
  (await commands()).publish(...given),
);

addClientOptions(
  program
    .command('subscribe')
    .description('Print the events of a topic, a line of JSON each, until interrupted.')
    .argument('<topic>', 'topic')
    .addOption(matchOption())
    .option('--count <number>', 'end after as many events')
    .option('--retained', 'begin with the retained event, if there is one'),
).action(async (...given: Parameters<Awaited<ReturnType<typeof commands>>['subscribe']>) =>
  (await commands()).subscribe(...given),
);

addClientOptions(
  program
    .command('call')
    .description('Call a procedure and print its result. Arguments are JSON where they can be, else texts.')
    .argument('<procedure>', 'procedure')
    .argument('[args...]', 'positional arguments')
    .option('--kwargs <json>', 'keyword arguments, a JSON object')
    .option('--timeout <ms>', 'give up after as many ms')
    .option('--progress', 'print progressive results as they come'),
).action(async (...given: Parameters<Awaited<ReturnType<typeof commands>>['call']>) =>
  (await commands()).call(...given),
);

addClientOptions(
  program
    .command('register')
    .description('Answer the calls of a procedure until interrupted: with their own arguments, unless told otherwise.')
    .argument('<procedure>', 'procedure')
    .addOption(matchOption())
    .addOption(
      new Option('--invoke <policy>', 'which callee is invoked, where there are several (default: single)').choices([
        'single',
        'roundrobin',
        'random',
        'first',
        'last',
      ]),
    )
    .option('--result <json>', 'answer with this')
    .option('--exec <command>', 'answer with what this shell command prints; it gets the call on stdin'),
).action(async (...given: Parameters<Awaited<ReturnType<typeof commands>>['register']>) =>
  (await commands()).register(...given),
);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCode.usage;
  else if (error instanceof CommandFailure) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } else throw error;
}
