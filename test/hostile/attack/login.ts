/** Attacks on authentication. */

import { connect } from '../../../src/client.ts';
import { maskedFrame, opcode } from '../../bench/frame.ts';
import { type Attack, everything, expect, type Target } from './attack.ts';
import { exchange, open } from './peer.ts';

const secret = 'wonderland';
const salted = { secret, salt: 'through the looking-glass', iterations: 100_000, keylen: 32 };
const hello = maskedFrame(
  opcode.text,
  Buffer.from(JSON.stringify([1, 'realm1', { roles: { caller: {} }, authmethods: ['wampcra'], authid: 'alice' }])),
);

/** Asks for a challenge and goes, again and again. Each has the router derive a key. */
const askForChallenges = async (target: Target, isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    const link = await open(target).catch(() => undefined);
    if (link) await exchange(link, hello);
    link?.socket.destroy();
  }
};

/** One login of who has the secret, from another address than the flood. Milliseconds. */
const logIn = async ({ url }: Target): Promise<number> => {
  const begin = performance.now();
  const client = await connect({
    url,
    realm: 'realm1',
    authid: 'alice',
    auth: [{ method: 'wampcra', secret }],
    headers: { 'X-Forwarded-For': '192.0.2.2' },
    reconnect: false,
  });
  const taken = performance.now() - begin;
  await client.close();
  return taken;
};

const flood = async (target: Target): Promise<void> => {
  let isOver = false;
  const flooders = Array.from({ length: 400 }, () => askForChallenges(target, () => isOver));
  let slowest = 0;
  for (let login = 0; login < 20; login += 1) slowest = Math.max(slowest, await logIn(target));
  isOver = true;
  await Promise.all(flooders);
  expect(slowest < 3_000, `a login of somebody else took ${Math.round(slowest)} ms`);
};

/** Attacks on authentication. */
export const login: readonly Attack[] = [
  {
    id: 'login/salted-flood',
    does: 'asks for challenges of a user with a salted secret on 400 connections at a time, while that user logs in from elsewhere',
    before: 'locked that user out',
    bound: { growth: 128 },
    options: {
      realms: [
        {
          name: 'realm1',
          anonymous: everything,
          roles: { user: everything },
          authenticators: {
            wampcra: {
              alice: { secret: salted, role: 'user' },
            },
          },
        },
        { name: 'realm2', anonymous: everything },
      ],
    },
    run: flood,
  },
];
