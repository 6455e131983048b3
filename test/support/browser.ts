/**
 * A Chromium of this machine, driven over the pipe of its DevTools protocol, for tests of what people see. It needs no
 * package: a driver would download browsers, or have as many dependencies as the project.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll } from 'vitest';

const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const { CHROME_PATH: named } = process.env;

/** Where there is a Chromium: what `CHROME_PATH` names, nowhere if that is empty; without it, a usual place. */
const browserPath: string | undefined =
  named === undefined ? usualPaths.find((path) => existsSync(path)) : named || undefined;

/** Why a test that needs a browser does not run. */
const noBrowser = 'There is no Chromium in a usual place, and CHROME_PATH names none.';
const isRequired = (process.env.POSTMASTER_TEST_REQUIRE ?? '').split(',').includes('chromium');

/** How somebody looks at a page. */
export interface Viewing {
  /** Of the window, px. */
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

/** A window of the browser. */
export interface Page {
  /** Opens an address, and resolves when everything in it is loaded. */
  open(url: string, viewing: Viewing): Promise<void>;
  /** The value of a JavaScript expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** A PNG of the window. */
  screenshot(): Promise<Buffer>;
}

/** A running browser. */
export interface Browser {
  readonly page: Page;
  close(): Promise<void>;
}

type Dict = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Dict;
  readonly error?: { readonly message: string };
}

interface Wire {
  send(method: string, params?: Dict, sessionId?: string): Promise<Dict>;
  /** Resolves when the next event of this name comes. */
  next(event: string): Promise<void>;
}

/** Texts of JSON with a zero octet behind each, both ways. */
const createWire = (input: Writable, output: Readable): Wire => {
  const asked = new Map<number, (message: Message) => void>();
  const awaited = new Map<string, () => void>();
  let [last, rest] = [0, ''];
  output.setEncoding('utf8');
  output.on('data', (data: string) => {
    const texts = `${rest}${data}`.split('\0');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const message = JSON.parse(text) as Message;
      if (message.id !== undefined) asked.get(message.id)?.(message);
      else awaited.get(message.method ?? '')?.();
    }
  });
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        asked.set(id, ({ result = {}, error }) => {
          asked.delete(id);
          if (error) reject(new Error(`${method}: ${error.message}`));
          else resolve(result);
        });
        input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      }),
    next: (event) => new Promise((resolve) => void awaited.set(event, resolve)),
  };
};

const createPage = async (wire: Wire): Promise<Page> => {
  const { targetId } = await wire.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await wire.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, params?: Dict): Promise<Dict> => wire.send(method, params, sessionId as string);
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = answer as { result: { value?: unknown }; exceptionDetails?: unknown };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  await send('Page.enable');
  return {
    open: async (url, { width, height, scheme }) => {
      await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
      const loaded = wire.next('Page.loadEventFired');
      await send('Page.navigate', { url });
      await loaded;
      await evaluate('Promise.all([...document.images].map((image) => image.decode())).then(() => true)');
    },
    evaluate,
    screenshot: async () => Buffer.from(String((await send('Page.captureScreenshot')).data), 'base64'),
  };
};

// It shows pages of our own alone, and as root it could have no sandbox. The last five keep it from asking anybody outside of
// this machine.
const switches = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser with an empty profile, which is gone when it is closed. */
const startBrowser = async (path: string): Promise<Browser> => {
  const profile = mkdtempSync(join(tmpdir(), 'postmaster-browser-'));
  // A group of its own, which its helpers are in as well.
  const browser = spawn(path, [...switches, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => void browser.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('close', () => reject(new Error(`${path} has ended`)));
  });
  const [, , , input, output] = browser.stdio;
  const wire = createWire(input as Writable, output as Readable);
  return {
    page: await Promise.race([createPage(wire), failed]),
    close: async () => {
      // All of them at once: a helper that outlives the others writes into the profile while it is being removed.
      const isRunning = browser.exitCode === null && browser.signalCode === null;
      if (browser.pid !== undefined && isRunning) process.kill(-browser.pid, 'SIGKILL');
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/**
 * Starts a browser for the tests of a file or group, and closes it. Returns a function that gives its page, or skips the test where
 * there is no browser; stderr says so, with `what` that is not looked at.
 */
export const useBrowser = (what: string): ((skip: (note: string) => never) => Page) => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (browserPath === undefined && isRequired) throw new Error(noBrowser);
    if (browserPath === undefined) process.stderr.write(`${what} is not looked at. ${noBrowser}\n`);
    else browser = await startBrowser(browserPath);
  }, 60_000);
  afterAll(() => browser?.close());
  return (skip) => browser?.page ?? skip(noBrowser);
};
