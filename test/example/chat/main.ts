/**
 * A chat: members log in at a page of Express, and the cookie that they get there says to the router who they are. Everybody may
 * read, members may write.
 */

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { Postmaster } from 'postmaster';

const topic = 'com.chat.message';

// Your application asks its database, which keeps hashes and no passwords.
const passwords = new Map([
  ['alice', 'wonderland'],
  ['bob', 'builder'],
]);

/** A folder of a WAMP client for browsers. */
const wampy = fileURLToPath(new URL('../browser/', import.meta.resolve('wampy')));

/** Starts the web server and the router that is attached to it. Port 0 picks a free one. */
export const start = async (port: number) => {
  /** Who is logged in, by the value of the cookie. */
  const members = new Map<string, string>();

  const postmaster = new Postmaster({
    realms: [
      {
        name: 'chat',
        anonymous: [{ uri: topic, subscribe: true }],
        // The router itself tells who has written, so nobody can write in the name of another.
        roles: { member: [{ uri: topic, subscribe: true, publish: true, disclose: true }] },
        authenticators: {
          cookie: {
            name: 'member',
            principals: ({ authid: cookie }) => {
              const name = members.get(cookie);
              // Whose cookie is too old may still read.
              return name === undefined ? { role: 'anonymous' } : { role: 'member', authid: name };
            },
          },
        },
      },
    ],
    // What a page checks anybody can leave out. So it is checked here as well.
    messageToPublish: (_, { args: [text] }) => typeof text === 'string' && text.length > 0 && text.length <= 500,
  });

  const app = express();
  app.get('/', (_, response) => response.sendFile('page.html', { root: import.meta.dirname }));
  app.use('/wampy', express.static(wampy));
  app.post('/login', express.urlencoded(), (request, response) => {
    const { name, password } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof name === 'string' && typeof password === 'string' && passwords.get(name) === password) {
      const cookie = randomBytes(32).toString('base64url');
      members.set(cookie, name);
      response.cookie('member', cookie, { httpOnly: true, sameSite: 'strict' }).redirect('/');
    } else response.status(403).send('There is no member of this name and password.');
  });

  // A session in this process, which may do everything.
  const admin = postmaster.session({ realm: 'chat' });
  app.post('/logout', async (request, response) => {
    const [, cookie = ''] = /(?:^|; )member=([\w-]+)/.exec(request.headers.cookie ?? '') ?? [];
    const name = members.get(cookie);
    for (const [known, member] of members) if (member === name) members.delete(known);
    // WAMP sessions outlive the cookie that they began with, so those of this member are ended, in all browsers.
    if (name !== undefined) await admin.call('wamp.session.kill_by_authid', [name]);
    response.clearCookie('member').redirect('/');
  });

  // The router takes the WebSockets at /ws, and none of pages of other sites: the browser would send them with the cookie.
  const server = createServer(app);
  postmaster.attach(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      await postmaster.close({ drain: 0 });
      server.closeAllConnections();
      server.close();
    },
  };
};

if (process.argv[1] === import.meta.filename) {
  const { url } = await start(Number(process.env.PORT ?? 8080));
  console.log(`Open ${url} in two browsers, and log in as alice (wonderland) or bob (builder).`);
}
