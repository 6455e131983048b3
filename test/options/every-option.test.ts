import { describe, expect, test } from 'vitest';
import { credentialFault } from '../../src/auth/credential.ts';
import { methodEntries } from '../../src/auth/methods.ts';
import { compilePermissions } from '../../src/auth/permission.ts';
import { checkConfig, configOptions } from '../../src/config/schema.ts';
import type { PostmasterOptions } from '../../src/index.ts';
import { ConfigError, Postmaster } from '../../src/index.ts';
import { object } from '../../src/kind/compound.ts';
import type { AnyKind, Description, ObjectKind } from '../../src/kind/kind.ts';
import { Place } from '../../src/kind/place.ts';
import { checkOptions, routerOptions } from '../../src/options/router.ts';
import { forFile, forLibrary, shared } from './sample.ts';

type Path = readonly (string | number)[];
type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The path of every value in `tree`, itself but for its root. */
const pathsIn = (tree: unknown, path: Path = []): readonly Path[] => {
  const entries = Array.isArray(tree) ? [...tree.entries()] : isTree(tree) ? Object.entries(tree) : [];
  const inside = entries.flatMap(([key, value]) => pathsIn(value, [...path, key]));
  return path.length === 0 ? inside : [path, ...inside];
};

const valueAt = (tree: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>>)[key], tree);

const replace = (tree: unknown, [key, ...rest]: Path, value: unknown): unknown => {
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((each, at) => (at === key ? replace(each, rest, value) : each));
  return { ...(tree as Tree), [key]: replace((tree as Tree)[key], rest, value) };
};

/** Below these tables are names of the application, which no sentence tells. */
const isPrincipal = (path: Path): boolean =>
  path[2] === 'authenticators' && path[3] !== 'cookie' && path.length === 5 && path[4] !== 'procedure';
const isByCookie = (path: Path): boolean => path[4] === 'principals' && path.length === 6;

/** How a sentence names the value at `path` of `sample`. */
const told = (sample: unknown, path: Path): string => {
  let text = '';
  for (const [at, key] of path.entries()) {
    const here = path.slice(0, at + 1);
    const siblings = Object.keys(valueAt(sample, path.slice(0, at)) as object);
    if (isPrincipal(here) || isByCookie(here)) text += ` (entry ${siblings.indexOf(String(key)) + 1})`;
    else if (typeof key === 'number') text += `[${key}]`;
    else text += /^[\w$-]+$/.test(key) ? `${text && '.'}${key}` : `[${JSON.stringify(key)}]`;
  }
  return text;
};

const wrongTypes: Readonly<Record<string, unknown>> = { number: 'five', boolean: 'yes', function: 'f' };
const wrongType = (value: unknown): unknown => wrongTypes[typeof value] ?? 5;

const badFor = (value: unknown): readonly unknown[] => [
  null,
  wrongType(value),
  Number.NaN,
  -1,
  1e300,
  '',
  ...(isTree(value) ? [{ ...value, 'no such key': 1 }] : []),
];

/** `null` is what callbacks of WAMP v1 may always say, the empty prefix is every URI, and what a peer is told is the application's own. */
const isAllowed = (path: Path, bad: unknown): boolean => {
  const name = String(path.at(-1));
  if (bad === null && ['pubsub', 'rpc', 'PubSub', 'RPC'].includes(name)) return true;
  // A table may have a principal of that name.
  if (path.at(-2) === 'ticket' && name === 'procedure') return bad !== '';
  if (bad === '' && path.includes('pubsub') && name === 'uri') return true;
  return path.at(-2) === 'extra' || (['extra', 'logger'].includes(name) && isTree(bad));
};

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing';
};
const byLibrary = (options: unknown): string => refusal(() => new Postmaster(options as PostmasterOptions));
const byFile = (options: unknown): string => refusal(() => checkConfig(options, 'file')).replaceAll('file: ', '');

const kindsIn = (kind: AnyKind): readonly AnyKind[] => [kind, ...(kind.inside ?? []).flatMap(kindsIn)];
const isObjectKind = (kind: AnyKind): kind is ObjectKind<Description> => 'options' in kind;
const isTaken = (kind: AnyKind, given: unknown): boolean => {
  const faults: string[] = [];
  kind.read(given, new Place({ faults, name: '' }));
  return faults.length === 0;
};

/** Every case in `sample` that `refuse` does not refuse with a sentence about its path. */
const missed = (sample: unknown, refuse: (options: unknown) => string): readonly string[] =>
  pathsIn(sample).flatMap((path) =>
    badFor(valueAt(sample, path))
      .filter((bad) => !isAllowed(path, bad))
      .flatMap((bad) => {
        const sentence = refuse(replace(sample, path, bad));
        // Whether topic and match fit each other is said of the interceptor, and what a logger lacks of the logger.
        const name = told(sample, path).replace(/(interceptors\[\d\])\.topic|(logger)\..*/, '$1$2');
        return sentence.includes(name) ? [] : [`${name}, ${JSON.stringify(bad)}: ${sentence}`];
      }),
  );

describe('every option', () => {
  test('is taken, and what is read from it means the same when it is read again', () => {
    const once = checkOptions(forLibrary);
    expect(checkOptions(once as PostmasterOptions)).toEqual(once);
    expect(() => checkConfig(forFile, 'file')).not.toThrow();
  });

  test('is in the sample that is tested here', () => {
    const sample = { ...forLibrary, ...forFile };
    const trees = [sample, ...pathsIn(sample).map((path) => valueAt(sample, path))].filter(isTree);
    const all = { ...routerOptions, ...configOptions };
    const lacking = [object(all), ...Object.values(all).flatMap(kindsIn)].filter(isObjectKind).flatMap((kind) => {
      const names = new Set(trees.filter((tree) => isTaken(kind, tree)).flatMap((tree) => Object.keys(tree)));
      return Object.keys(kind.options).filter((name) => !names.has(name));
    });
    expect(lacking).toEqual([]);
  });

  test.each<[string, unknown, (options: unknown) => string]>([
    ['a program', forLibrary, byLibrary],
    ['a config file', forFile, byFile],
  ])(
    'of %s is refused with its path when it is null, of another type, NaN, negative, huge, empty, or has a key too many',
    (_, sample, refuse) => {
      expect(missed(sample, refuse)).toEqual([]);
    },
  );

  test('is refused by a program and by a config file with the same sentence', () => {
    const different = pathsIn(shared).flatMap((path) =>
      badFor(valueAt(shared, path)).flatMap((bad) => {
        const options = replace(shared, path, bad);
        const [program, file] = [byLibrary(options), byFile(options)];
        return program === file ? [] : [[path, bad, program, file]];
      }),
    );
    expect(different).toEqual([]);
  });

  test('that is misspelt is refused, and the name that was meant is told', () => {
    const untold = pathsIn(forFile).flatMap((path) => {
      const name = path.at(-1);
      const object = valueAt(forFile, path.slice(0, -1));
      const isOwn =
        isPrincipal(path) ||
        isByCookie(path) ||
        ['roles', 'procedures', 'RPC', 'PubSub', 'extra'].includes(String(path.at(-2)));
      if (typeof name !== 'string' || isOwn || !isTree(object)) return [];
      const misspelt = { ...object, [`${name.slice(0, -1)}~`]: object[name] };
      const sentence = byFile(replace(forFile, path.slice(0, -1), misspelt));
      return sentence.includes(`did you mean "${name}"?`) ? [] : [`${name}: ${sentence}`];
    });
    expect(untold).toEqual([]);
  });
});

describe('what the description takes', () => {
  const { authenticators, anonymous, roles } = shared.realms[0]!;

  test('of a principal is what authentication takes', () => {
    for (const [name, { credential, parameters }] of methodEntries) {
      const settings = (authenticators as Tree)[name] as Tree;
      const principals = Object.values((parameters ? settings.principals : settings) as Tree);
      expect(principals).not.toEqual([]);
      for (const each of principals) expect(credentialFault(each, credential)).toBeUndefined();
    }
  });

  test('as permissions is what is compiled', () => {
    for (const each of [anonymous, ...Object.values(roles ?? {})]) {
      expect(compilePermissions(each).allows('call', 'com.shop')).toBe(true);
    }
  });
});
