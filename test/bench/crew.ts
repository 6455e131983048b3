/** Many clients of one router that succeed or fail together. */

import { type Client, type ClientListener, openClient } from './client.ts';
import type { Wire } from './wire.ts';

/** Clients opened for one sample. Close it when the sample is done. */
export interface Crew {
  /** Opens so many connections, a few at a time. */
  open(count: number, listener?: Omit<ClientListener, 'failed'>): Promise<Client[]>;
  /** The result of the work, or the first failure of any client, or that it took longer than `patience` milliseconds. */
  watch<Result>(work: Promise<Result>, patience: number, state?: () => string): Promise<Result>;
  /** Fails unless each client has received exactly `expected` texts and nothing else is on its way. */
  settle(clients: readonly Client[], expected: number): Promise<void>;
  close(): void;
}

const openAtOnce = 32;

/** Runs `work` for 0 to count - 1, at most `width` at a time. */
export const inParallel = async (
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
};

/** A crew for the router at this address. */
export const createCrew = (url: URL, wire: Wire): Crew => {
  const clients: Client[] = [];
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {});

  return {
    open: async (count, listener = {}) => {
      const opened: Client[] = [];
      await inParallel(count, openAtOnce, async () => {
        const client = await openClient(url, wire, { ...listener, failed: fail });
        clients.push(client);
        opened.push(client);
      });
      return opened;
    },
    watch: async (work, patience, state = () => 'still at work') => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`nothing more came after ${patience / 1000} s: ${state()}`)),
          patience,
        );
      });
      try {
        return await Promise.race([work, failure, timeout]);
      } finally {
        clearTimeout(timer);
      }
    },
    settle: async (settling, expected) => {
      await inParallel(settling.length, openAtOnce, (index) => settling[index]?.ask() ?? Promise.resolve());
      const wrong = settling.find((client) => client.received !== expected);
      if (wrong) throw new Error(`a client received ${wrong.received} messages instead of ${expected}`);
    },
    close: () => {
      for (const client of clients) client.destroy();
    },
  };
};
