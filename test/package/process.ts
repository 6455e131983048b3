/** A program that is run until it has said something. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that was started. */
export interface Started {
  /** Resolves to the first line on stdout that fits; rejects when the program ends, or a minute has passed, without it. */
  line(expected: RegExp): Promise<string>;
  readonly stop: () => void;
}

/** Starts a program in `folder`. What it writes to stderr is shown. */
export const startProcess = (folder: string, program: string, args: readonly string[]): Started => {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  const line = (expected: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (said: string): void => {
        if (expected.test(said)) resolve(said);
      };
      const fail = (what: string): void =>
        reject(new Error(`${[program, ...args].join(' ')} ${what} without ${expected}. It said: ${lines.join('\n')}`));
      for (const said of lines) look(said);
      output.on('line', look);
      output.on('close', () => fail('ended'));
      setTimeout(() => fail('ran for a minute'), 60_000).unref();
      child.on('error', reject);
    });
  return { line, stop: () => void child.kill('SIGKILL') };
};
