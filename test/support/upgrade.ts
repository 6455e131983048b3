/** Sends upgrade requests header by header, and returns how they are answered. */

import type { IncomingHttpHeaders } from 'node:http';
import { get } from 'node:http';
import { onTestFinished } from 'vitest';

/** Headers of a request; a list is a header that comes once for each of its values. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** An answer: 101 where the upgrade is taken, else with the body that says why not. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const good: Headers = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Asks for an upgrade of `url` with these headers beside the usual ones. A connection that is taken lasts as long as the test. */
export const askUpgrade = (url: string, headers: Headers = { 'Sec-WebSocket-Protocol': 'wamp' }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = get(url.replace(/^ws/, 'http'), { headers: { ...good, ...headers } as Record<string, string> });
    request.on('upgrade', ({ statusCode, headers }, socket) => {
      onTestFinished(() => void socket.destroy());
      resolve({ status: statusCode, headers, body: '' });
    });
    request.on('response', (response) => {
      let body = '';
      response.on('data', (data: Buffer) => {
        body += data;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject);
  });
