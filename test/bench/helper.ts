/** Scripts of this folder that work in processes of their own, one question at a time. They end with the benchmark. */

import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pin } from './pin.ts';
import { packageRoot } from './targets.ts';

/** A script at work. Call `stop` when it is not needed any more. */
export interface Helper {
  readonly pid: number;
  /** Rejects when the script has ended, with the reason as far as it has told one. */
  readonly ended: Promise<never>;
  /** What the script answers; rejects when it failed or ended. */
  ask(question: unknown): Promise<unknown>;
  stop(): void;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

interface Reply {
  readonly answer?: unknown;
  readonly error?: string;
}

/** Starts a script, on the core of the router when there is a pin. */
export const startHelper = (script: URL, nodeOptions: readonly string[] = [], pin?: Pin): Helper => {
  const words = [...nodeOptions, '--import', 'tsx', fileURLToPath(script)];
  const [command, args] = pin?.(process.execPath, words) ?? [process.execPath, words];
  const child = spawn(command, args, { cwd: packageRoot, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  running.add(child);
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(child);
      const [line = ''] = complaint.split('\n').filter((each) => /Error|out of memory/.test(each));
      reject(new Error(`${basename(fileURLToPath(script))} ended with ${signal ?? `code ${code}`} ${line}`.trimEnd()));
    });
  });
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ended,
    ask: (question) => {
      const answered = new Promise((resolve, reject) => {
        child.once('message', ({ answer, error }: Reply) => {
          if (error === undefined) resolve(answer);
          else reject(new Error(error));
        });
      });
      child.send({ question });
      return Promise.race([answered, ended]);
    },
    stop: () => {
      child.kill('SIGKILL');
    },
  };
};

/** For the script itself: answers every question. */
export const answerWith = (answerTo: (question: unknown) => Promise<unknown>): void => {
  process.on('message', ({ question }: { readonly question: unknown }) => {
    answerTo(question).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
};
