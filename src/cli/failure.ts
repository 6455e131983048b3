/** How a command ends when it cannot do what it was asked: a sentence for stderr and an exit code. */

/** What the shell is told. */
export const exitCode = {
  /** The port is taken, a certificate cannot be read: what goes wrong at run time. */
  failed: 1,
  /** The command line or the config file asks for what cannot be. */
  usage: 2,
  /** Whoever read the output has gone: what a shell says of a program that SIGPIPE ended, 128 and 13. */
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

/** The command line or config is at fault. */
export const usageFailure = (message: string): CommandFailure => new CommandFailure(message, exitCode.usage);

/** The world is at fault. */
export const runFailure = (message: string, cause?: unknown): CommandFailure =>
  new CommandFailure(`postmaster: ${message}`, exitCode.failed, { cause });
