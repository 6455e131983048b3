import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { argon2id13 } from '../../src/auth/argon2.ts';
import {
  authMessage,
  clientProof,
  createScramVerifier,
  decoyVerifier,
  deriveSaltedPassword,
  isScramNonce,
  type ScramParameters,
  saslprep,
  serverSignature,
  verifyClientProof,
  verifyServerSignature,
} from '../../src/auth/scram.ts';
import { ConfigError } from '../../src/wamp/error.ts';
import { runs } from '../property/settings.ts';

// RFC 7677, section 3; the chapter on WAMP-SCRAM shows the same proof and signature.
const parameters: ScramParameters = { kdf: 'pbkdf2', salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 };
const clientNonce = 'rOprNGfwEbeRWgbNEkqO';
const serverNonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const message = authMessage({ authid: 'user', clientNonce, serverNonce, parameters });
const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const signature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';
const saltedPassword = await deriveSaltedPassword('pencil', parameters);
const verifier = await createScramVerifier('pencil', parameters);

describe('the SCRAM exchange', () => {
  test('agrees with the vector of RFC 7677 at the client', () => {
    expect(saltedPassword).toHaveLength(32);
    expect(clientProof(saltedPassword, message)).toBe(proof);
    expect(verifyServerSignature(saltedPassword, message, signature)).toBe(true);
  });

  test('agrees with the vector of RFC 7677 at the router', () => {
    expect(verifier).toEqual({
      ...parameters,
      storedKey: 'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=',
      serverKey: 'wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    });
    expect(verifyClientProof(verifier, message, proof)).toBe(true);
    expect(serverSignature(verifier, message)).toBe(signature);
  });

  test('takes the verifier of WELCOME with and without the attribute name', () => {
    expect(verifyServerSignature(saltedPassword, message, `v=${signature}`)).toBe(true);
    expect(verifyServerSignature(saltedPassword, message, `v=v=${signature}`)).toBe(false);
    expect(verifyServerSignature(saltedPassword, message, `e=${signature}`)).toBe(false);
  });

  test('agrees between both ends for any authid, password and channel', async () => {
    const octets = fc.uint8Array({ minLength: 1, maxLength: 24 });
    const text = fc.string({ minLength: 1, maxLength: 20 });
    const binding = fc.option(fc.record({ type: fc.constantFrom('tls-unique', 'tls-exporter'), data: octets }), {
      nil: undefined,
    });
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        fc.uint8Array({ minLength: 8, maxLength: 40 }),
        binding,
        async (authid, password, salt, channelBinding) => {
          const cheap = { kdf: 'pbkdf2', salt: Buffer.from(salt).toString('base64'), iterations: 1 } as const;
          const input = { authid, clientNonce: 'AAAA', serverNonce: 'AAAABBBB', parameters: cheap, channelBinding };
          const stored = await createScramVerifier(password, cheap);
          const salted = await deriveSaltedPassword(password, cheap);
          const said = authMessage(input);
          expect(verifyClientProof(stored, said, clientProof(salted, said))).toBe(true);
          expect(verifyServerSignature(salted, said, serverSignature(stored, said))).toBe(true);
        },
      ),
      runs(100, 5000),
    );
  });
});

describe('the AuthMessage', () => {
  const first = { clientNonce: 'egVDf3DMJh0=', serverNonce: 'egVDf3DMJh0=SBmkFIh7sSo=' };

  test('has the syntax of RFC 5802', () => {
    expect(message).toBe(
      'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    );
  });

  test('escapes comma and equals sign in the authid alone', () => {
    expect(authMessage({ ...first, authid: 'a=b,c=2C', parameters })).toBe(
      'n=a=3Db=2Cc=3D2C,r=egVDf3DMJh0=,r=egVDf3DMJh0=SBmkFIh7sSo=,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=egVDf3DMJh0=SBmkFIh7sSo=',
    );
  });

  test('carries the channel binding as octets behind its name', () => {
    const data = Buffer.from([0x00, 0xff, 0x2c]);
    const bound = authMessage({ ...first, authid: 'user', parameters, channelBinding: { type: 'tls-unique', data } });
    const cbind = Buffer.concat([Buffer.from('p=tls-unique,,'), data]).toString('base64');
    expect(bound.split(',').at(-2)).toBe(`c=${cbind}`);
  });

  test('refuses nonces that carry attributes, and a nonce of the router that does not continue the one of the client', () => {
    const base = { authid: 'user', parameters };
    expect(() => authMessage({ ...base, clientNonce: 'a,i=1', serverNonce: 'a,i=1b' })).toThrow(TypeError);
    expect(() => authMessage({ ...base, clientNonce: '', serverNonce: 'b' })).toThrow(TypeError);
    expect(() => authMessage({ ...base, clientNonce: 'a', serverNonce: 'ba' })).toThrow(TypeError);
    expect(() => authMessage({ ...base, clientNonce: 'a', serverNonce: 'a' })).toThrow(TypeError);
    const channelBinding = { type: 'tls,unique', data: Buffer.alloc(1) };
    expect(() => authMessage({ ...base, ...first, channelBinding })).toThrow(TypeError);
  });

  test('is another one when any part of the exchange is another one', () => {
    const base = { ...first, authid: 'user', parameters };
    const other = [
      { ...base, authid: 'User' },
      { ...base, serverNonce: `${first.clientNonce}AAAA` },
      { ...base, parameters: { ...parameters, salt: 'AAAA' } },
      { ...base, parameters: { ...parameters, iterations: 4097 } },
      { ...base, channelBinding: { type: 'tls-unique', data: Buffer.alloc(0) } },
    ].map(authMessage);
    expect(new Set([authMessage(base), ...other]).size).toBe(6);
  });
});

describe('a nonce', () => {
  test('is canonical base64 of at least one octet', () => {
    expect(isScramNonce('egVDf3DMJh0=')).toBe(true);
    for (const junk of ['', 'egVDf3DMJh0', 'egVDf3DMJh1=', 'a b=', 'A,B=', '-_-_', 'AAAA\n', 7, null, undefined]) {
      expect({ junk, is: isScramNonce(junk) }).toEqual({ junk, is: false });
    }
  });
});

describe('a router', () => {
  test('refuses a proof with any bit flipped', () => {
    for (let bit = 0; bit < 256; bit += 1) {
      const bytes = Buffer.from(proof, 'base64');
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifyClientProof(verifier, message, bytes.toString('base64'))).toBe(false);
      expect(verifyServerSignature(saltedPassword, message, bytes.toString('base64'))).toBe(false);
    }
  });

  test('refuses junk in place of a proof and never throws', () => {
    const octets = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.base64String(), octets), (junk) => {
        expect(verifyClientProof(verifier, message, junk)).toBe(false);
        expect(verifyServerSignature(saltedPassword, message, junk)).toBe(false);
      }),
      runs(100, 5000),
    );
  });

  test('refuses a proof that is not in canonical base64', () => {
    // The last letter before the padding has two bits that no octet holds.
    for (const other of [proof.slice(0, -1), `${proof}=`, `${proof}\n`, ` ${proof}`, proof.replace('VQ=', 'VR=')]) {
      expect({ other, is: verifyClientProof(verifier, message, other) }).toEqual({ other, is: false });
    }
  });

  test('refuses a proof of another exchange or authid', () => {
    const again = authMessage({ authid: 'user', clientNonce, serverNonce: `${clientNonce}AAAA`, parameters });
    const other = authMessage({ authid: 'other', clientNonce, serverNonce, parameters });
    expect(verifyClientProof(verifier, again, proof)).toBe(false);
    expect(verifyClientProof(verifier, other, proof)).toBe(false);
  });

  test('refuses a proof made from what it stores', () => {
    for (const key of [verifier.storedKey, verifier.serverKey]) {
      expect(verifyClientProof(verifier, message, clientProof(Buffer.from(key, 'base64'), message))).toBe(false);
    }
  });

  test('refuses every proof where the stored key is empty', () => {
    for (const junk of ['', proof, Buffer.alloc(32).toString('base64')]) {
      expect(verifyClientProof({ ...verifier, storedKey: '' }, message, junk)).toBe(false);
    }
  });
});

describe('a decoy', () => {
  test('has a stable salt of its own for each authid, as long as a real one', () => {
    const decoy = decoyVerifier('secret', 'nobody', parameters);
    expect(decoyVerifier('secret', 'nobody', parameters)).toEqual(decoy);
    expect(decoyVerifier(Buffer.from('secret'), 'nobody', parameters)).toEqual(decoy);
    expect(decoyVerifier('secret', 'nobody', { ...parameters, iterations: 5000 }).salt).toBe(decoy.salt);
    expect(decoyVerifier('secret', 'nobody2', parameters).salt).not.toBe(decoy.salt);
    expect(decoyVerifier('other', 'nobody', parameters).salt).not.toBe(decoy.salt);
    expect(decoy).toMatchObject({ kdf: 'pbkdf2', iterations: 4096 });
    expect(decoy.salt).toHaveLength(parameters.salt.length);
    expect(decoy.storedKey).toHaveLength(44);
    expect(Object.keys(decoy)).toEqual(Object.keys(verifier));
  });

  test('has the cost of its model', () => {
    const like = { kdf: 'argon2id13', salt: 'AAAAAAAAAAAAAAAAAAAAAA==', iterations: 2, memory: 1024 } as const;
    expect(decoyVerifier('secret', 'nobody', like)).toMatchObject({ kdf: 'argon2id13', iterations: 2, memory: 1024 });
  });

  test('is good for no proof', async () => {
    const decoy = decoyVerifier('secret', 'nobody', parameters);
    const salted = await deriveSaltedPassword('pencil', decoy);
    expect(verifyClientProof(decoy, message, clientProof(salted, message))).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(verifyClientProof(decoy, message, Buffer.from(bytes).toString('base64'))).toBe(false);
        expect(verifyClientProof(decoy, message, clientProof(bytes, message))).toBe(false);
      }),
      runs(100, 5000),
    );
  });

  test('needs a secret key', () => {
    expect(() => decoyVerifier('', 'nobody', parameters)).toThrow(TypeError);
  });
});

describe('a salted password', () => {
  // The reference implementation of Argon2, test.c: version 0x13, t = 2, m = 2^8, p = 1.
  const argon2 = { kdf: 'argon2id13', salt: 'c29tZXNhbHQ=', iterations: 2, memory: 256 } as const;

  test('agrees with the vector of Argon2id', async () => {
    expect((await deriveSaltedPassword('password', argon2)).toString('hex')).toBe(
      '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
    );
  });

  test('of argon2id13 serves a whole exchange', async () => {
    const stored = await createScramVerifier('password', argon2);
    expect(stored).toMatchObject(argon2);
    const said = authMessage({ authid: 'user', clientNonce, serverNonce, parameters: stored });
    const salted = await deriveSaltedPassword('password', stored);
    expect(verifyClientProof(stored, said, clientProof(salted, said))).toBe(true);
  });

  test('is the same for two spellings of a password', async () => {
    const composed = await deriveSaltedPassword('p\u00e4ss\u00a0word', parameters);
    expect(await deriveSaltedPassword('pa\u0308ss wo\u00adrd', parameters)).toEqual(composed);
  });

  test.each([
    ['a salt that is not base64', { ...parameters, salt: 'RANDOM SALT' }],
    ['an empty salt', { ...parameters, salt: '' }],
    ['no iterations', { ...parameters, iterations: 0 }],
    ['half an iteration', { ...parameters, iterations: 1.5 }],
    ['more iterations than a KDF counts', { ...parameters, iterations: 2 ** 31 }],
    ['an unknown KDF', { ...parameters, kdf: 'md5' as 'pbkdf2' }],
    ['argon2id13 without memory', { kdf: 'argon2id13', salt: parameters.salt, iterations: 1 } as const],
    ['argon2id13 with a short salt', { ...argon2, salt: 'AAAA' }],
  ])('is refused with %s', async (_, wrong) => {
    await expect(deriveSaltedPassword('pencil', wrong)).rejects.toThrow(TypeError);
  });

  test('is refused to an empty password that is to be stored, also to one that SASLprep empties', async () => {
    await expect(createScramVerifier('', parameters)).rejects.toThrow(TypeError);
    await expect(createScramVerifier('\u00ad\u200d', parameters)).rejects.toThrow(TypeError);
  });

  test('keeps no field that does not belong to a verifier', async () => {
    const wide = { ...parameters, memory: 5, password: 'pencil' };
    expect(Object.keys(await createScramVerifier('pencil', wide))).toEqual(Object.keys(verifier));
  });

  test('names the missing package', async () => {
    const missing = () => Promise.reject(new Error('Cannot find package'));
    const input = { password: Buffer.from('a'), salt: Buffer.alloc(8), iterations: 1, memory: 8 };
    const refused = argon2id13(input, missing);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow('wamp-scram with argon2id13 needs the package hash-wasm');
  });
});

describe('SASLprep', () => {
  // RFC 4013, section 3.
  test.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
  ])('prepares example %j as %j', (text, prepared) => {
    expect(saslprep(text)).toBe(prepared);
  });

  test('refuses the examples with a control character and with mixed direction', () => {
    expect(() => saslprep('\u0007')).toThrow(TypeError);
    expect(() => saslprep('\u06271')).toThrow(TypeError);
  });

  test('maps every other space to a space and every joiner to nothing', () => {
    expect(saslprep('a\u00a0b\u1680c\u2003d\u200be\u202ff\u205fg\u3000h')).toBe('a b c d e f g h');
    expect(saslprep('a\u034f\u1806\u180c\u200c\u200d\u2060\ufe0f\ufeffb')).toBe('ab');
  });

  test.each(
    '\u0000 \u001f \u007f \u0085 \u06dd \u070f \u180e \u200e \u202e \u2028 \u2061 \u206a \u2ff0 \ue000 \ufdd0 \ufff9 \ufffd \uffff \ud800 \udc00 \u{1d173} \u{1fffe} \u{e0001} \u{e0041} \u{f0000} \u{10fffd} \u0378'.split(
      ' ',
    ),
  )('refuses %j', (prohibited) => {
    expect(() => saslprep(`a${prohibited}`)).toThrow(TypeError);
  });

  test('lets right-to-left text begin and end in its own letters, with no letter of the other direction', () => {
    expect(saslprep('\u05d0')).toBe('\u05d0');
    expect(saslprep('\u05d0 1\u0661 \u05d1')).toBe('\u05d0 1\u0661 \u05d1');
    expect(() => saslprep('\u05d0a\u05d1')).toThrow(TypeError);
    expect(() => saslprep('\u05d0\u0966\u05d1')).toThrow(TypeError);
    expect(() => saslprep('1\u05d0')).toThrow(TypeError);
  });

  test('shows nothing of the text in its error', () => {
    expect(() => saslprep('hunter2\u0007')).toThrow(/^(?!.*hunter2)/);
  });

  test('changes nothing when it is applied again', () => {
    const prepared = (text: string): string | undefined => {
      try {
        return saslprep(text);
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = prepared(text);
        fc.pre(once !== undefined);
        expect(saslprep(once)).toBe(once);
      }),
      runs(100, 5000),
    );
  });
});
