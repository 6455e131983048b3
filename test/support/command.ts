/** Runs the program `postmaster` as a user does: a real process, its output and its exit code. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** A process that was started. */
export interface Command {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** Reads the log from now on, where it is not being read. */
  readonly read: () => void;
  /** Resolves to the exit code, null after a signal. */
  readonly exit: Promise<number | null>;
}

/** Starts `postmaster` with arguments; its log goes to a pipe that is read, unless told otherwise. It is killed when the test is over. */
export const start = (
  args: readonly string[],
  cwd = process.cwd(),
  {
    stdout = 'pipe',
    stderr = 'read',
    env = {},
    descriptors = 'unlimited',
    stdin,
  }: {
    readonly stdout?: 'pipe' | number;
    readonly stderr?: 'read' | 'unread' | number;
    readonly env?: NodeJS.ProcessEnv;
    /** How many file descriptors it may have. Default: as many as this process. */
    readonly descriptors?: number | 'unlimited';
    /** What it is given on stdin. Default: nothing. */
    readonly stdin?: string | Uint8Array;
  } = {},
): Command => {
  const tsx = import.meta.resolve('tsx');
  const command = [process.execPath, '--import', tsx, resolve('src/cli/main.ts'), ...args];
  const bounded = ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
  const [program = '', ...given] = descriptors === 'unlimited' ? command : bounded;
  const child = spawn(program, given, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', stdout, typeof stderr === 'number' ? stderr : 'pipe'],
  });
  // It may have ended without reading any of it.
  child.stdin?.on('error', () => {}).end(stdin);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data: Buffer) => {
    output.stdout += data;
  });
  const read = (): void =>
    void child.stderr?.on('data', (data: Buffer) => {
      output.stderr += data;
    });
  if (stderr === 'read') read();
  const exit = new Promise<number | null>((done) => {
    child.on(stderr === 'read' ? 'close' : 'exit', done);
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, output, exit, read };
};

/** Waits for the first line on stdout, which holds the URL. */
export const urlOf = async ({ output, child }: Command): Promise<string> => {
  await vi.waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`ended: ${output.stderr}`);
      if (!output.stdout.includes('\n')) throw new Error('no line yet');
    },
    { timeout: 15_000 },
  );
  return (JSON.parse(output.stdout.split('\n', 1)[0] ?? '') as { url: string }).url;
};
