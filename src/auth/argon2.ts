/**
 * Argon2id through the optional package hash-wasm. No other file loads it.
 *
 * It blocks the event loop while it runs (0.4 s at 64 MiB). It is therefore only for clients and for creating verifiers; a
 * router that verifies never calls it.
 */

import { ConfigError } from '../wamp/error.ts';

/** The input of Argon2id. `memory` is in KiB. */
export interface Argon2Input {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly memory: number;
}

/** The part of hash-wasm that is used here; a test can pass its own. */
export type LoadArgon2 = () => Promise<{
  readonly argon2id: (options: {
    readonly password: Uint8Array;
    readonly salt: Uint8Array;
    readonly iterations: number;
    readonly memorySize: number;
    readonly parallelism: number;
    readonly hashLength: number;
    readonly outputType: 'binary';
  }) => Promise<Uint8Array>;
}>;

const loadHashWasm: LoadArgon2 = () => import('hash-wasm');

/**
 * 32 octets of Argon2id 1.3 with a parallelism of 1 (WAMP-SCRAM, "Key Derivation Functions"). Rejects with a ConfigError if
 * hash-wasm cannot be loaded.
 */
export const argon2id13 = async (input: Argon2Input, load: LoadArgon2 = loadHashWasm): Promise<Buffer> => {
  const { argon2id } = await load().catch((cause: unknown) => {
    throw new ConfigError('wamp-scram with argon2id13 needs the package hash-wasm', { cause });
  });
  const { password, salt, iterations, memory } = input;
  const fixed = { parallelism: 1, hashLength: 32, outputType: 'binary' } as const;
  return Buffer.from(await argon2id({ password, salt, iterations, memorySize: memory, ...fixed }));
};
