/**
 * The client commands: `publish`, `subscribe`, `call`, `register`. Results, events and calls go to stdout, a line of JSON
 * each, so that other programs can read them. Everything else goes to stderr.
 */

import { spawn } from 'node:child_process';
import { isDict } from '../base/dict.ts';
import type { ClientOptions, Invocation } from '../client.ts';
import { WampError } from '../client.ts';
import type { Match } from '../wamp/message.ts';
import type { InvokePolicy } from '../wamp/options.ts';
import type { Kwargs } from '../wamp/payload.ts';
import { asFailure, connectBy } from './client-connect.ts';
import type { ClientFlags } from './client-flags.ts';
import { runFailure, usageFailure } from './failure.ts';
import { print, toLine } from './output.ts';

/** `--kwargs` of `publish` and `call`. */
export interface PayloadFlags extends ClientFlags {
  readonly kwargs?: string;
}

/** Parses an argument as JSON. If it is not JSON, the argument is the text itself. */
const parseArgument = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const parseKwargs = (text: string | undefined): Kwargs | undefined => {
  if (text === undefined) return undefined;
  const value = parseArgument(text);
  if (isDict(value)) return value;
  throw usageFailure('postmaster: --kwargs must be a JSON object');
};

const parseCount = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageFailure(`postmaster: ${flag} must be a whole number of at least 1, not ${JSON.stringify(text)}`);
};

/** Runs `work`. An error of the router ends the command. */
const attempt = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
};

/** Reports on stderr what happens to the connection. `ended` rejects when the client will not connect again. */
const reportToStderr = (): {
  readonly hooks: Pick<ClientOptions, 'onEnd' | 'onError'>;
  readonly ended: Promise<never>;
} => {
  let end: (error: Error) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  // It may reject while nothing waits for it.
  ended.catch(() => {});
  const hooks = {
    onEnd: ({ reason, description, willReconnect }: Parameters<NonNullable<ClientOptions['onEnd']>>[0]) => {
      const ending = `the session is over: ${reason}${description && ` (${description})`}`;
      if (willReconnect) process.stderr.write(`postmaster: ${ending}; connecting again\n`);
      else end(runFailure(ending));
    },
    onError: (error: unknown, uri: string) => {
      process.stderr.write(`postmaster: ${uri}: ${error instanceof Error ? error.message : String(error)}\n`);
    },
  };
  return { hooks, ended };
};

/** Resolves on the first SIGINT or SIGTERM. */
const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

/** `publish`: one event, acknowledged; prints the id of the publication. */
export const publish = async (
  topic: string,
  args: readonly string[],
  flags: PayloadFlags & { readonly retain?: boolean },
): Promise<void> => {
  const kwargs = parseKwargs(flags.kwargs);
  const client = await connectBy(flags, { reconnect: false });
  try {
    const options = { acknowledge: true, ...(flags.retain && { retain: true }) };
    const publication = await attempt(() => client.publish(topic, args.map(parseArgument), kwargs, options));
    print({ publication });
  } finally {
    await client.close();
  }
};

/** `call`: prints the result, and each progressive one before it. */
export const call = async (
  procedure: string,
  args: readonly string[],
  flags: PayloadFlags & { readonly timeout?: string; readonly progress?: boolean },
): Promise<void> => {
  const kwargs = parseKwargs(flags.kwargs);
  const timeout = parseCount('--timeout', flags.timeout);
  const client = await connectBy(flags, { reconnect: false });
  const controller = new AbortController();
  void interrupted().then(() => controller.abort());
  try {
    const options = {
      signal: controller.signal,
      ...(timeout !== undefined && { timeout }),
      ...(flags.progress && { onProgress: print }),
    };
    print(await attempt(() => client.call(procedure, args.map(parseArgument), kwargs, options)));
  } finally {
    await client.close();
  }
};

/** `subscribe`: prints every event, until it is interrupted or `--count` events have arrived. */
export const subscribe = async (
  topic: string,
  flags: ClientFlags & { readonly match?: Match; readonly count?: string; readonly retained?: boolean },
): Promise<void> => {
  const most = parseCount('--count', flags.count);
  const { hooks, ended } = reportToStderr();
  const client = await connectBy(flags, hooks);
  let printed = 0;
  const enough = new Promise<void>((resolve) => {
    void interrupted().then(resolve);
    const options = { ...(flags.match && { match: flags.match }), ...(flags.retained && { get_retained: true }) };
    attempt(() =>
      client.subscribe(
        topic,
        (event) => {
          if (printed === most) return;
          printed += 1;
          print(event);
          if (printed === most) resolve();
        },
        options,
      ),
    ).then(
      () => process.stderr.write(`postmaster: subscribed to ${topic}\n`),
      (error: unknown) => resolve(Promise.reject(error)),
    );
  });
  try {
    await Promise.race([enough, ended]);
  } finally {
    await client.close();
  }
};

/** Runs a shell command for one invocation: it gets `{ args, kwargs }` on stdin, and its stdout is the result. */
const runCommand = (command: string, { args, kwargs, signal }: Invocation): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, signal, stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(parseArgument(output.trim()));
      else reject(new WampError('wamp.error.runtime_error', { description: `the command ended with ${code}` }));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(toLine({ args, kwargs }));
  });

/** `register`: prints every call, and answers it with its own arguments, with `--result`, or with what `--exec` prints. */
export const register = async (
  procedure: string,
  flags: ClientFlags & {
    readonly match?: Match;
    readonly invoke?: InvokePolicy;
    readonly result?: string;
    readonly exec?: string;
  },
): Promise<void> => {
  const { match, invoke, result, exec } = flags;
  if (result !== undefined && exec !== undefined) {
    throw usageFailure('postmaster: --result and --exec cannot be given together');
  }
  const { hooks, ended } = reportToStderr();
  const client = await connectBy(flags, hooks);
  try {
    const handler = (invocation: Invocation): unknown => {
      const { args, kwargs, details } = invocation;
      print({ args, kwargs, details });
      if (exec !== undefined) return runCommand(exec, invocation);
      return result === undefined ? (args.length === 1 ? args[0] : args) : parseArgument(result);
    };
    const options = { ...(match && { match }), ...(invoke && { invoke }) };
    await attempt(() => client.register(procedure, handler, options));
    process.stderr.write(`postmaster: registered ${procedure}\n`);
    await Promise.race([interrupted(), ended]);
  } finally {
    await client.close();
  }
};
