/**
 * Argon2id through the optional package hash-wasm; the only file that loads it.
 *
 * It blocks the event loop for as long as it runs (0.4 s at 64 MiB), so only a client or whoever creates verifiers may come
 * here, never a router that verifies.
 */

import { ConfigError } from '../wamp/error.ts';

/** What Argon2id is asked: octets in, `memory` in KiB. */
export interface Argon2Input {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly memory: number;
}

/** As much of hash-wasm as is needed; a test can give its own. */
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
 * 32 octets of Argon2id 1.3 with a parallelism of 1 (WAMP-SCRAM, "Key Derivation Functions"). Throws a ConfigError where
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
