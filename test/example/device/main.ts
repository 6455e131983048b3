/**
 * The router of a plant: its devices come by RawSocket and are known by their keys, its people by WebSocket. What a device has
 * said last is kept for whoever comes later, and so is that it is lost.
 */

import { createKeyPair, Postmaster } from 'postmaster';

/** Starts the router for devices with these public keys. Port 0 picks a free one. */
export const start = async (port: number, publicKeys: Readonly<Record<string, string>>) => {
  const cryptosign = Object.fromEntries(
    Object.entries(publicKeys).map(([device, publicKey]) => [
      device,
      {
        role: 'device',
        authorizedKeys: [publicKey],
        // Each publishes for itself alone. A rule about `wamp.` must begin with it.
        permissions: [
          { uri: `com.plant.${device}.`, match: 'prefix', publish: true },
          { uri: 'wamp.session.add_testament', call: true },
        ],
      } as const,
    ]),
  );
  const postmaster = new Postmaster({
    realms: [
      {
        name: 'plant',
        anonymous: [{ uri: 'com.plant.', match: 'prefix', subscribe: true }],
        authenticators: { cryptosign },
      },
    ],
    // A device whose cable is cut says nothing more. It counts as lost when it has not answered two pings: here after 15 s.
    limits: { pingInterval: 5_000 },
  });
  const { url } = await postmaster.listen({ port, rawSocket: true });
  return { url, rawSocketUrl: `rs://${new URL(url).host}`, close: () => postmaster.close({ drain: 0 }) };
};

if (process.argv[1] === import.meta.filename) {
  // A device makes its own key, of which only the public half leaves it.
  const { publicKey, privateKey } = createKeyPair();
  const { url, rawSocketUrl } = await start(Number(process.env.PORT ?? 8080), { pump: publicKey });
  console.log(`Watch the plant from another terminal, and start a device in a third; then end it with Ctrl+C:
  npx tsx src/cli/main.ts subscribe --url ${url} --realm plant --match prefix --retained com.plant.
  PRIVATE_KEY=${privateKey} npx tsx test/example/device/device.ts ${rawSocketUrl} pump`);
}
