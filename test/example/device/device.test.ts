import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ReceivedEvent, WampClient } from '../../../src/client.ts';
import { connect } from '../../../src/client.ts';
import { createKeyPair } from '../../../src/index.ts';
import { start } from './main.ts';

const keys = createKeyPair();
const others = createKeyPair();

const startPlant = async () => {
  const { url, rawSocketUrl, close } = await start(0, { pump: keys.publicKey, fan: others.publicKey });
  onTestFinished(close);
  return { url, rawSocketUrl };
};

/** Runs the program of the device. `lose` ends it as a power cut does. */
const runDevice = (url: string, privateKey: string) => {
  const args = ['--import', import.meta.resolve('tsx'), 'test/example/device/device.ts', url, 'pump'];
  const child = spawn(process.execPath, args, { env: { ...process.env, PRIVATE_KEY: privateKey } });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data;
  });
  const ended = once(child, 'close');
  const lose = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(lose);
  return { lose, exitCode: ended.then(([code]) => code as number | null), errors: () => errors };
};

/** Somebody who looks at the plant, and is told first what was said last. */
const watch = async (url: string): Promise<Map<string, ReceivedEvent>> => {
  const client = await connect({ url, realm: 'plant', reconnect: false });
  onTestFinished(() => client.close());
  const last = new Map<string, ReceivedEvent>();
  await client.subscribe('com.plant.', (event) => last.set(event.topic, event), {
    match: 'prefix',
    get_retained: true,
  });
  return last;
};

const state = 'com.plant.pump.state';
const temperature = 'com.plant.pump.temperature';

test('a device is here with its last value until it is lost, for those who come later as well', async () => {
  const { url, rawSocketUrl } = await startPlant();
  const early = await watch(url);
  const device = runDevice(rawSocketUrl, keys.privateKey);
  const measured = expect.any(Number);
  await vi.waitFor(() => expect(early.get(temperature)?.args, device.errors()).toEqual([measured]), 15_000);
  expect(early.get(state)).toMatchObject({ args: ['here'], details: expect.not.objectContaining({ retained: true }) });
  const later = await watch(url);
  await vi.waitFor(() => {
    expect(later.get(state)).toMatchObject({ args: ['here'], details: { retained: true } });
    expect(later.get(temperature)?.args).toEqual([measured]);
  });

  await device.lose();
  for (const seen of [early, later]) await vi.waitFor(() => expect(seen.get(state)?.args).toEqual(['lost']));
  const last = await watch(url);
  await vi.waitFor(() => expect(last.get(state)).toMatchObject({ args: ['lost'], details: { retained: true } }));
  expect(last.get(temperature)?.args).toEqual(early.get(temperature)?.args);
});

test('a device with the key of another is not let in', async () => {
  const { rawSocketUrl } = await startPlant();
  const device = runDevice(rawSocketUrl, others.privateKey);
  expect(await device.exitCode).not.toBe(0);
  expect(device.errors()).toContain('wamp.error.authentication_denied');
});

test('a device publishes for itself alone', async () => {
  const { rawSocketUrl } = await startPlant();
  const auth = [{ method: 'cryptosign', privateKey: others.privateKey }] as const;
  const fan: WampClient = await connect({ url: rawSocketUrl, realm: 'plant', authid: 'fan', auth, reconnect: false });
  onTestFinished(() => fan.close());
  const refused = { uri: 'wamp.error.not_authorized' };
  await expect(fan.publish(state, ['lost'], undefined, { acknowledge: true })).rejects.toMatchObject(refused);
  await expect(fan.call('wamp.session.add_testament', [state, ['lost'], {}])).rejects.toMatchObject(refused);
  await fan.publish('com.plant.fan.state', ['here'], undefined, { acknowledge: true });
});
