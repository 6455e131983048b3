import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readPackageFile } from '../../src/cli/package-file.ts';
import { Postmaster } from '../../src/index.ts';
import { useBrowser } from '../support/browser.ts';
import { everything } from '../support/router.ts';
import { createSurface, startSurface } from '../support/surface.ts';

/** What a visitor sees wrong in the page that is open; evaluated there. */
const look = readFileSync(new URL('../support/look.mjs', import.meta.url), 'utf8');

/** A folder for pictures of what was looked at, for people. */
const { SCREENSHOTS: pictures } = process.env;

/** A router with much to tell. */
const facts = {
  version: '10.20.30-beta.4',
  realms: ['realm1', 'com.example.a-realm-with-a-very-long-name-that-has-no-place-to-be-broken-at', 'admin'],
  chart: readPackageFile('diagrams/connection.svg'),
  uptime: () => 90_000_000,
  counts: () => ({ connections: 123_456, sessions: 123_455, topics: 1_000_000, procedures: 98_765 }),
};

/** High enough that everything is in it. */
const height = 3_600;

const viewings = [360, 800, 1600].flatMap((width) =>
  (['light', 'dark'] as const).map((scheme) => ({ width, height, scheme })),
);

describe('the page in a browser', { timeout: 60_000 }, () => {
  const pageOr = useBrowser('The page');

  test.for(viewings)('$width px wide in $scheme colours can be read', async (viewing, { skip }) => {
    const page = pageOr(skip);
    const { port } = await startSurface(facts);
    await page.open(`http://127.0.0.1:${port}/`, viewing);
    const faults = await page.evaluate(look);
    if (pictures) writeFileSync(join(pictures, `${viewing.width}-${viewing.scheme}.png`), await page.screenshot());
    expect(faults).toEqual([]);
  });

  test('has an example that prints WELCOME, the event and the result', async ({ skip }) => {
    const page = pageOr(skip);
    const realms = [{ name: 'realm1', anonymous: everything }];
    const postmaster = new Postmaster({ realms, v1: { open: true }, logger: false });
    onTestFinished(() => postmaster.close({ drain: 0 }));
    postmaster.registerUnauthRPC('com.example.add', ({ args: [a, b] }) => Number(a) + Number(b));
    const { port } = await postmaster.listen({ port: 0, onRequest: createSurface({ chart: undefined }) });
    await page.open(`http://127.0.0.1:${port}/`, { width: 800, height, scheme: 'light' });
    const example = await page.evaluate("document.querySelector('pre').innerText");
    const printed = `new Promise((resolve) => {
      const lines = [];
      const console = { log: (data) => lines.push(JSON.parse(data)) === 3 && resolve(lines) };
      ${example}
    })`;
    expect(await page.evaluate(printed)).toEqual([
      [0, expect.any(String), 1, expect.any(String)],
      [8, 'http://example.com/news', 'hello'],
      [3, 'call-1', 5],
    ]);
  });
});
