import { describe, expect, test } from 'vitest';
import { startOpenRouter } from '../../support/router.ts';
import { askUpgrade } from '../../support/upgrade.ts';

/** How an upgrade is answered that offers these extensions, one header line each: the status, and the extension that was taken. */
const offer = async (url: string, ...lines: readonly string[]): Promise<readonly [number | undefined, unknown]> => {
  const protocol = { 'Sec-WebSocket-Protocol': 'wamp' };
  const { status, headers } = await askUpgrade(url, { ...protocol, 'Sec-WebSocket-Extensions': lines });
  return [status, headers['sec-websocket-extensions']];
};

describe('an offer of permessage-deflate', () => {
  test.each([
    'permessage-deflate; x_unknown=1',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=16',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
    'permessage-deflate; __proto__=1',
  ])('that a server must decline is declined, and the connection is taken without it: %s', async (text) => {
    const { url } = await startOpenRouter({ compression: { contextTakeover: true, windowBits: 15 } });
    expect(await offer(url, text)).toEqual([101, undefined]);
  });

  test.each([
    [
      ['permessage-deflate; x_unknown, permessage-deflate; client_max_window_bits=10'],
      'client_max_window_bits=10; server_max_window_bits=15',
    ],
    [['permessage-deflate; x_unknown', 'permessage-deflate; server_max_window_bits="9"'], 'server_max_window_bits=9'],
    [
      ['x-extension; any=1, permessage-deflate; x_unknown , permessage-deflate'],
      'permessage-deflate; server_max_window_bits=15',
    ],
  ])('behind one that is declined is taken: %j', async (lines, taken) => {
    const { url } = await startOpenRouter({ compression: { contextTakeover: true, windowBits: 15 } });
    expect(await offer(url, ...lines)).toEqual([101, expect.stringMatching(new RegExp(`${taken}$`))]);
  });

  test.each([
    ['permessage-deflate; server_max_window_bits=9', 'server_max_window_bits=9'],
    ['permessage-deflate; server_max_window_bits=15', 'server_max_window_bits=12'],
    ['permessage-deflate; server_max_window_bits=8', undefined],
    ['permessage-deflate; server_max_window_bits=10, permessage-deflate', 'server_max_window_bits=10'],
  ])('has the smaller of the windows that the client asks for and the router allows: %s', async (text, agreed) => {
    const { url } = await startOpenRouter({ compression: { windowBits: 12 } });
    const extensions = agreed && expect.stringContaining(`${agreed};`);
    expect(await offer(url, text)).toEqual([101, extensions]);
  });

  test('may ask for no takeover where the router would allow it', async () => {
    const { url } = await startOpenRouter({ compression: { contextTakeover: true } });
    expect(await offer(url, 'permessage-deflate; server_no_context_takeover')).toEqual([
      101,
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=13',
    ]);
  });

  test.each(['permessage-deflate; x_unknown=', 'permessage-deflate; x_unknown,,', 'permessage-deflate; "x"'])(
    'that is no list of offers is refused with 400: %s',
    async (text) => {
      const { url } = await startOpenRouter({ compression: { contextTakeover: true, windowBits: 15 } });
      expect(await offer(url, text)).toEqual([400, undefined]);
    },
  );
});
