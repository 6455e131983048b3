/** Starts fox-wamp from the folder that it is installed in; anonymous peers may do everything in `realm1`. */

import { createRequire } from 'node:module';

const [folder] = process.argv.slice(2);
const FoxRouter = createRequire(import.meta.url)(folder);
const router = new FoxRouter();
await router.getRealm('realm1');
const server = router.listenWAMP({ host: '127.0.0.1', port: 0 });
server.on('listening', () => {
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${server.address().port}/` })}\n`);
});
