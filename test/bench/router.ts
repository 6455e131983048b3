/** A target as a running child process that can be asked what it has used. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Pin } from './pin.ts';
import { packageRoot, type Target } from './targets.ts';

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
  /** Kills it and waits until it is gone. */
  stop(): Promise<void>;
}

const probe = new URL('./probe.mjs', import.meta.url).href;
const startTimeout = 20_000;
const running = new Set<ChildProcess>();

/** To be called once: no target outlives the benchmark, however it ends. */
export const killRoutersOnExit = (): void => {
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(code));
  }
};

/** The line of an error output that says most. */
const reasonIn = (complaint: string): string => {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((each) => /^\w*Error\b/.test(each)) ?? lines.at(-1);
  return line === undefined ? '' : `, saying: ${line.trim()}`;
};

/** The first line on stdout; rejects when the program ends or says nothing. Later output is read and forgotten. */
const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2000);
    });
    const timer = setTimeout(
      () => reject(new Error(`it printed no address in ${startTimeout / 1000} s`)),
      startTimeout,
    );
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`it ended with ${signal ?? `code ${code}`}${reasonIn(complaint)}`));
    });
    if (!child.stdout) return;
    createInterface(child.stdout).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
  });

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

/** For any other target: in ticks of 10 ms, by /proc. */
const readProc = (child: ChildProcess): (() => Promise<Usage>) => {
  return async () => {
    // After the name, which may hold spaces: utime and stime are fields 14 and 15 of proc_pid_stat(5), rss is field 24.
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, pages = 0] = [fields[11], fields[12], fields[21]];
    return { cpu: (utime + stime) * 10_000, rss: pages * 4096 };
  };
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
    env: { ...process.env, ...target.env },
    stdio: isNode ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  void exited.then(() => running.delete(child));
  const stop = (): Promise<void> => {
    child.kill('SIGKILL');
    return exited;
  };
  try {
    const { url } = JSON.parse(await firstLine(child)) as { readonly url: string };
    const usage = isNode ? askProbe(child) : readProc(child);
    return { url: new URL(url), usage: ({ collect } = { collect: false }) => usage(collect), stop };
  } catch (error) {
    await stop();
    throw new Error(`cannot be started: ${error instanceof Error ? error.message : error}`);
  }
};
