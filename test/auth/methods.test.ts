import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { MethodDescription } from '../../src/auth/method-description.ts';
import type { AuthenticatorSettings, DecoySettings } from '../../src/auth/methods.ts';
import { methods } from '../../src/auth/methods.ts';
import { Postmaster } from '../../src/index.ts';

const folder = new URL('../../src/auth/method/', import.meta.url);

const isDescription = (value: unknown): value is MethodDescription =>
  typeof value === 'object' && value !== null && 'create' in value && 'credential' in value;

const realm = (settings: object) => () => new Postmaster({ realms: [{ name: 'a', ...settings }] });

describe('the table of authentication methods', () => {
  test('lists the description of every file of its folder', async () => {
    const files = readdirSync(folder).filter((file) => file !== 'anonymous.ts');
    const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<object>));
    const described = modules.map((exported) => Object.values(exported).filter(isDescription));
    expect(described.map(({ length }) => length)).toEqual(files.map(() => 1));
    expect(new Set(described.flat())).toEqual(new Set(Object.values(methods)));
  });

  test('is what may stand under authenticators', () => {
    expect(realm({ authenticators: { kerberos: {} } })).toThrow(
      `realms[0].authenticators has no "kerberos"; known are ${Object.keys(methods).join(', ')}`,
    );
    for (const name of Object.keys(methods)) {
      expect(realm({ authenticators: { [name]: 'x' } })).toThrow(`realms[0].authenticators.${name} must be `);
    }
  });

  test('is what may stand under decoys, where unknown authids are challenged with one', () => {
    const names = Object.entries(methods).flatMap(([name, { decoy }]) => (decoy ? [name] : []));
    expect(names).toEqual(['wamp-scram', 'wampcra']);
    expect(realm({ decoys: { ticket: [{}] } })).toThrow(
      `realms[0].decoys has no "ticket"; known are ${names.join(', ')}`,
    );
    for (const name of names) {
      expect(realm({ decoys: { [name]: [{ secret: 'x' }] } })).toThrow(
        `realms[0].decoys.${name}[0] has an unknown key`,
      );
    }
  });

  test('gives the types of settings', () => {
    const role = 'user';
    const settings: AuthenticatorSettings = {
      ticket: ({ ticket }) => ({ ticket, role }),
      tls: ({ fingerprint }) => ({ provider: fingerprint, role }),
      wampcra: { procedure: 'com.find' },
      cookie: { name: 'sid', principals: { procedure: 'com.find' } },
      // @ts-expect-error: the table of another method
      cryptosign: { joe: { ticket: 't', role } },
    };
    // @ts-expect-error: the name is missing
    const cookie: AuthenticatorSettings = { cookie: { principals: {} } };
    // @ts-expect-error: what a principal of the other method has
    const decoys: DecoySettings = { 'wamp-scram': [{ isDerived: true }] };
    expect([settings, cookie, decoys]).toHaveLength(3);
  });
});

describe('a table of principals', () => {
  test.each(['ticket', 'wampcra', 'cryptosign', 'tls'])('for %s has names of 1 to 512 octets as keys', (name) => {
    for (const key of ['', 'j'.repeat(513)]) {
      expect(realm({ authenticators: { [name]: { [key]: {} } } })).toThrow(
        `realms[0].authenticators.${name} must be a table whose keys are strings of 1 to 512 octets`,
      );
    }
  });

  test('for wamp-scram has names of at most 512 octets as keys', () => {
    expect(realm({ authenticators: { 'wamp-scram': { ['j'.repeat(513)]: {} } } })).toThrow(
      'realms[0].authenticators.wamp-scram must be a table whose keys are strings of 1 to 512 octets',
    );
  });

  test('for cookie has values of any length as keys, and none that is empty', () => {
    const cookie = (key: string) => ({
      roles: { user: [] },
      authenticators: { cookie: { name: 'sid', principals: { [key]: { role: 'user' } } } },
    });
    expect(realm(cookie('j'.repeat(513)))).not.toThrow();
    expect(realm(cookie(''))).toThrow(
      'realms[0].authenticators.cookie.principals must be a table whose keys are non-empty strings',
    );
  });
});
