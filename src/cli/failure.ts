/** How a command ends when it cannot do what it was asked: a sentence for stderr and an exit code. */

/** The exit codes of the commands. */
export const exitCode = {
  /** Something went wrong at run time: a port is in use, a certificate cannot be read. */
  failed: 1,
  /** The command line or the config file is wrong. */
  usage: 2,
  /** The reader of the output has gone. It is what a shell reports of a program that SIGPIPE ended: 128 and 13. */
  unread: 141,
} as const;

/** Ends a command; `main.ts` prints the message as it is, without a stack. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, code: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandFailure';
    this.exitCode = code;
  }
}

/** Makes a failure for a wrong command line or config. */
export const usageFailure = (message: string): CommandFailure => new CommandFailure(message, exitCode.usage);

/** Makes a failure for what went wrong at run time. */
export const runFailure = (message: string, cause?: unknown): CommandFailure =>
  new CommandFailure(`postmaster: ${message}`, exitCode.failed, { cause });
