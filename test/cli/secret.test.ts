import { PassThrough, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { readSecret } from '../../src/cli/read-secret.ts';
import type { ClientAuth } from '../../src/client.ts';
import { connect } from '../../src/client.ts';
import type { RealmSettings } from '../../src/index.ts';
import { Postmaster } from '../../src/index.ts';
import { start } from '../support/command.ts';
import { everythingAndMeta } from '../support/v2-router.ts';

interface Printed {
  readonly authenticators: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly decoys?: object;
}

/** What the command prints, as a part of a realm, and what it says to the person who calls it. */
const make = async (args: readonly string[], stdin?: string) => {
  const command = start(['secret', ...args], undefined, stdin === undefined ? {} : { stdin });
  expect([await command.exit, command.output.stderr]).toEqual([0, expect.any(String)]);
  const { stdout, stderr } = command.output;
  return { stdout, stderr, printed: parse(stdout) as Printed };
};

/** Pastes what was printed into a realm, and logs in; resolves to who it was. */
const logIn = async (printed: Printed, authid: string, auth: ClientAuth): Promise<unknown> => {
  const info = vi.fn();
  const ignore = (): void => {};
  const postmaster = new Postmaster({
    realms: [
      {
        name: 'realm1',
        roles: { member: everythingAndMeta, staff: [] },
        ...(printed as object as Partial<RealmSettings>),
      },
    ],
    logger: { debug: ignore, info, warn: ignore, error: ignore },
  });
  onTestFinished(() => postmaster.close({ drain: 0 }));
  const { url } = await postmaster.listen({ port: 0 });
  const client = await connect({ url, realm: 'realm1', authid, auth: [auth] });
  const { authrole, details } = client.session ?? {};
  await client.close();
  // Nothing tells the principal from an authid that there is not.
  expect(info).not.toHaveBeenCalled();
  return [details?.authid, authrole, details?.authmethod];
};

describe('postmaster secret', () => {
  test.each([
    ['wampcra', 'wampcra', { method: 'wampcra', secret: 'trüst no one' }, { method: 'wampcra', secret: 'other' }],
    [
      'scram',
      'wamp-scram',
      { method: 'wamp-scram', password: 'trüst no one' },
      { method: 'wamp-scram', password: 'other' },
    ],
  ] as const)(
    '%s reads a secret from stdin and prints what lets its owner in, and nobody else',
    async (kind, method, right, wrong) => {
      const { printed, stdout, stderr } = await make([kind, 'alice'], 'trüst no one\n');
      expect(stdout).not.toContain('trüst');
      expect(stderr).toBe('');
      expect(await logIn(printed, 'alice', right)).toEqual(['alice', 'member', method]);
      await expect(logIn(printed, 'alice', wrong)).rejects.toMatchObject({ uri: 'wamp.error.authentication_denied' });
    },
  );

  test('ticket prints a new ticket', async () => {
    const made = await Promise.all([make(['ticket', 'bob', '--role', 'staff']), make(['ticket', 'bob'])]);
    const [ticket, other] = made.map(({ printed }) => printed.authenticators.ticket?.bob?.ticket);
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expect(other).not.toBe(ticket);
    const auth = { method: 'ticket', ticket: ticket as string } as const;
    expect(await logIn(made[0].printed, 'bob', auth)).toEqual(['bob', 'staff', 'ticket']);
  });

  test('cryptosign prints a public key, and tells the private one on stderr alone', async () => {
    const { printed, stdout, stderr } = await make(['cryptosign', 'service']);
    const [, privateKey = ''] = /: ([0-9a-f]{64})\n$/.exec(stderr) ?? [];
    expect(stdout).not.toContain(privateKey);
    expect(await logIn(printed, 'service', { method: 'cryptosign', privateKey })).toEqual([
      'service',
      'member',
      'cryptosign',
    ]);
  });

  test.each([
    ['__proto__', 'wampcra'],
    ['a: {b} # "c"\n', 'wampcra'],
  ])('prints any authid: %j', async (authid, kind) => {
    const { printed } = await make([kind, authid], 's');
    expect(Object.keys(printed.authenticators.wampcra ?? {})).toEqual([authid]);
    expect(await logIn(printed, authid, { method: 'wampcra', secret: 's' })).toEqual([authid, 'member', 'wampcra']);
  });

  test.each<[string, readonly string[], string | Uint8Array, string]>([
    ['nothing at all', [], '', "missing required argument 'kind'"],
    ['no authid', ['wampcra'], 'x', "missing required argument 'authid'"],
    ['an unknown kind', ['kerberos', 'joe'], 'x', 'Allowed choices are ticket, wampcra, scram, cryptosign.'],
    ['a secret as an argument', ['wampcra', 'joe', 'hunter2'], 'x', 'too many arguments'],
    ['an empty authid', ['ticket', ''], '', 'the authid must have 1 to 512 octets'],
    ['an authid that is too long', ['ticket', 'j'.repeat(513)], '', 'the authid must have 1 to 512 octets'],
    ['an authid that SCRAM cannot have', ['scram', 'j\u0007'], 'x', 'a character that SASLprep prohibits'],
    ['an authid of which SCRAM leaves nothing', ['scram', '\u00ad'], 'x', 'the authid is empty when it is prepared'],
    ['no secret', ['wampcra', 'joe'], '', 'the secret must not be empty'],
    ['an empty line', ['scram', 'joe'], '\n', 'the secret must not be empty'],
    ['a password of which SCRAM leaves nothing', ['scram', 'joe'], '\u00ad', 'a password must not be empty'],
    ['two lines', ['wampcra', 'joe'], 'hunter2\nhunter2\n', 'the secret on stdin must be one line'],
    ['no UTF-8', ['wampcra', 'joe'], Buffer.from([0x68, 0xff]), 'the secret on stdin must be UTF-8'],
    ['a file', ['wampcra', 'joe'], 'hunter2'.repeat(10_000), 'a secret has at most 65536 octets'],
  ])('refuses %s with 2, one sentence, and nothing of a secret', async (_, args, stdin, sentence) => {
    const command = start(['secret', ...args], undefined, { stdin });
    expect(await command.exit).toBe(2);
    const { stdout, stderr } = command.output;
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^postmaster: [^\n]*\n$/);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('the prompt for a secret', () => {
  /** A terminal at which somebody types; `shown` is all that is to be seen on it. */
  const createTerminal = () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: vi.fn() });
    let shown = '';
    const output = new Writable({
      write: (chunk, _, done) => {
        shown += chunk;
        done();
      },
    });
    return { input, source: { input, output }, shown: () => shown };
  };

  test('asks twice and shows nothing of what is typed', async () => {
    const { input, source, shown } = createTerminal();
    const secret = readSecret(source);
    for (const key of 'huntee') input.write(key);
    input.write('\u007fr2\r');
    input.write('hunter2\r');
    expect(await secret).toBe('hunter2');
    expect(shown()).toBe('Secret: \nOnce more: \n');
    expect(input.setRawMode.mock.calls).toEqual([[true], [false]]);
  });

  test('takes both lines where they come at once', async () => {
    const { input, source } = createTerminal();
    const secret = readSecret(source);
    input.write('hunter2\rhunter2\r');
    expect(await secret).toBe('hunter2');
  });

  test.each([
    ['two that differ', 'hunter2\rhunter3\r', 'the two secrets differ', 2],
    ['an empty one', '\r\r', 'the secret must not be empty', 2],
    ['Ctrl-D', '\u0004', 'no secret was given', 1],
    ['Ctrl-C', 'hunter2\r\u0003', 'no secret was given', 1],
  ])('refuses %s', async (_, typed, sentence, exitCode) => {
    const { input, source, shown } = createTerminal();
    const secret = readSecret(source);
    input.write(typed);
    await expect(secret).rejects.toMatchObject({ message: `postmaster: ${sentence}`, exitCode });
    expect(shown()).not.toContain('hunter');
    expect(input.setRawMode).toHaveBeenLastCalledWith(false);
  });
});
