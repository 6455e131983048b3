/** A target as a running child process that can be asked what it has used. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { openClient } from './client.ts';
import type { Pin } from './pin.ts';
import { killTree, peakOfTree, restartPeakOfTree, usageOfTree } from './process-tree.ts';
import { packageRoot, type Target } from './targets.ts';
import { jsonWire, type Wire } from './wire.ts';

/** What a process has used since it was started. */
export interface Usage {
  /** CPU time of all its threads, user and system, in microseconds. */
  readonly cpu: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

/** A running target. Nobody else stops it: call `stop`. */
export interface Router {
  readonly url: URL;
  /** With `collect` after a garbage collection, where the target can do one. */
  usage(options?: { readonly collect: boolean }): Promise<Usage>;
  /** Forgets the peak of its memory, and returns what is resident now, in bytes. */
  restartPeak(): number;
  /** The most bytes that were resident since. */
  peak(): number;
  /** Kills it and waits until it is gone. */
  stop(): Promise<void>;
}

const probe = new URL('./probe.mjs', import.meta.url).href;
const startTimeout = 30_000;
const pollEvery = 100;
const running = new Set<ChildProcess>();

/** A Node target is one process. */
const kill = (child: ChildProcess): void => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.pid === undefined || child.connected) child.kill('SIGKILL');
  else killTree(child.pid);
};

/** To be called once: no target outlives the benchmark, however it ends. */
export const killRoutersOnExit = (): void => {
  process.on('exit', () => {
    for (const child of running) kill(child);
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The line of an error output that says most. */
const reasonIn = (complaint: string): string => {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((each) => /^\w*Error\b/.test(each)) ?? lines.at(-1);
  return line === undefined ? '' : `, saying: ${line.trim()}`;
};

/** Rejects when the program ends, with the best of what it complained about. */
const endOf = (child: ChildProcess): Promise<never> => {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`it ended with ${signal ?? `code ${code}`}${reasonIn(complaint)}`));
    });
  });
  ended.catch(() => {});
  return ended;
};

/** The first line on stdout; rejects when nothing is said. Later output is read and forgotten. */
const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const late = new Error(`it printed no address in ${startTimeout / 1000} s`);
    const timer = setTimeout(() => reject(late), startTimeout);
    if (!child.stdout) return;
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
  });

/** Where the target listens, as soon as it does. */
const addressOf = async (child: ChildProcess, { url, wire = jsonWire }: Target): Promise<URL> => {
  const ended = endOf(child);
  if (url === undefined) {
    const line = await Promise.race([firstLine(child), ended]);
    return new URL((JSON.parse(line) as { readonly url: string }).url);
  }
  child.stdout?.resume();
  await becomesReady(new URL(url), wire, ended);
  return new URL(url);
};

/** For a Node target: exact, by the probe that was loaded into it. */
const askProbe = (child: ChildProcess): ((collect: boolean) => Promise<Usage>) => {
  const open = new Map<number, (usage: Usage) => void>();
  let last = 0;
  child.on('message', (answer: Usage & { readonly probe: number }) => {
    open.get(answer.probe)?.(answer);
    open.delete(answer.probe);
  });
  return (collect) =>
    new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error('the router died'));
      const id = ++last;
      child.once('exit', () => reject(new Error('the router died')));
      open.set(id, resolve);
      child.send({ probe: id, collect });
    });
};

/** Tries until somebody is welcomed there: a port may be open long before the realm is. */
const becomesReady = async (url: URL, wire: Wire, ended: Promise<never>): Promise<void> => {
  const end = performance.now() + startTimeout;
  for (;;) {
    try {
      const client = await Promise.race([openClient(url, wire, { failed: () => {} }), ended]);
      client.destroy();
      return;
    } catch (error) {
      const late = performance.now() > end;
      if (late) throw new Error(`nobody could join in ${startTimeout / 1000} s: ${messageOf(error)}`);
      await Promise.race([delay(pollEvery), ended]);
    }
  }
};

/** Starts a target for this work alone. */
export const withRouter = async <Value>(
  target: Target,
  pin: Pin | undefined,
  work: (router: Router) => Promise<Value>,
): Promise<Value> => {
  const router = await startRouter(target, pin);
  try {
    return await work(router);
  } finally {
    await router.stop();
  }
};

/** Starts a target, on a core of its own when there is a pin, and waits for its address. */
export const startRouter = async (target: Target, pin?: Pin): Promise<Router> => {
  const isNode = target.command === process.execPath;
  const args = isNode ? ['--import', probe, ...target.args] : target.args;
  const [command, words] = pin?.(target.command, args) ?? [target.command, args];
  const child = spawn(command, words, {
    cwd: packageRoot,
    stdio: isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  void exited.then(() => running.delete(child));
  const stop = (): Promise<void> => {
    kill(child);
    return exited;
  };
  try {
    const url = await addressOf(child, target);
    const usage = isNode ? askProbe(child) : async () => usageOfTree(child.pid ?? 0);
    const pid = child.pid ?? 0;
    return {
      url,
      usage: ({ collect } = { collect: false }) => usage(collect),
      restartPeak: () => restartPeakOfTree(pid),
      peak: () => peakOfTree(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`cannot be started: ${messageOf(error)}`);
  }
};
