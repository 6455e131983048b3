/** A device: it measures a temperature every second, and sends it over RawSocket in CBOR, which suits small machines. */

import { WampClient } from 'postmaster/client';

const [url = '', name = ''] = process.argv.slice(2);
const { PRIVATE_KEY: privateKey = '' } = process.env;

const state = `com.plant.${name}.state`;
const temperature = `com.plant.${name}.temperature`;

// Said anew in each session, as a connection that comes back is another session.
const announce = async (): Promise<void> => {
  // Published by the router when this session is over, however it ends. Before all else: what is said to be here is watched.
  await device.call('wamp.session.add_testament', [state, ['lost'], {}], { publish_options: { retain: true } });
  await device.publish(state, ['here'], undefined, { retain: true });
};

const device = new WampClient({
  url,
  realm: 'plant',
  authid: name,
  auth: [{ method: 'cryptosign', privateKey }],
  serializers: ['cbor'],
  onOpen: announce,
  onEnd: ({ reason, willReconnect }) => console.log(`${reason}; ${willReconnect ? 'coming back' : 'giving up'}`),
});
await device.open();
console.log(`${name} is connected`);

const measure = (): void => {
  const degrees = Math.round(200 + 10 * Math.random()) / 10;
  // What was measured while there was no connection is of no interest later.
  if (device.session) void device.publish(temperature, [degrees], undefined, { retain: true });
};
measure();
setInterval(measure, 1_000);
