/**
 * Reads a secret. On a terminal it asks for the secret and does not show it; otherwise it reads stdin. It is never taken from
 * the command line, which every process of the machine can see and a shell remembers.
 */

import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { runFailure, usageFailure } from './failure.ts';

/** Where a secret is read from, and where the questions go. */
export interface SecretSource {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
}

/** The most octets that a secret may have. */
const mostOctets = 64 * 1024;

const ask = async ({ input, output }: SecretSource): Promise<string> => {
  // The terminal is in raw mode, so it shows only what readline writes, and that is discarded.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: true, historySize: 0 });
  const answers = lines[Symbol.asyncIterator]();
  const answerTo = async (question: string): Promise<string> => {
    output.write(question);
    const { value, done } = await answers.next();
    output.write('\n');
    if (done) throw runFailure('no secret was given');
    return value;
  };
  try {
    const secret = await answerTo('Secret: ');
    if (secret === (await answerTo('Once more: '))) return secret;
    throw usageFailure('postmaster: the two secrets differ');
  } finally {
    lines.close();
  }
};

const readAll = async (input: Readable): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostOctets) throw usageFailure(`postmaster: a secret has at most ${mostOctets} octets`);
    chunks.push(chunk);
  }
  const octets = Buffer.concat(chunks);
  const text = octets.toString();
  if (!Buffer.from(text).equals(octets)) throw usageFailure('postmaster: the secret on stdin must be UTF-8');
  const secret = text.replace(/\r?\n$/, '');
  if (/[\r\n]/.test(secret)) throw usageFailure('postmaster: the secret on stdin must be one line');
  return secret;
};

/** Reads a secret. Rejects with a CommandFailure when there is none, or when it is not valid. The message does not quote it. */
export const readSecret = async (
  source: SecretSource = { input: process.stdin, output: process.stderr },
): Promise<string> => {
  const secret = source.input.isTTY ? await ask(source) : await readAll(source.input);
  if (secret === '') throw usageFailure('postmaster: the secret must not be empty');
  return secret;
};
