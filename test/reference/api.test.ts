import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blocksIn } from '../support/documents.ts';
import { createProgramOf } from '../support/program.ts';
import { createApi } from './api.ts';
import { readExports, undocumented } from './exports.ts';
import { slugOf } from './reference.ts';
import { mentionedIn, textOfExport, textOfMethod } from './signature.ts';

const page = readFileSync('API.md', 'utf8');
const prose = page.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`]*`/g, '');

describe('API.md', () => {
  test('is what the declarations and docstrings say: npm run reference writes it anew', () => {
    expect(page).toBe(createApi());
  });

  test('has an anchor of its own for every heading, and no HTML', () => {
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title]) => slugOf(title!));
    expect(anchors.length).toBeGreaterThan(100);
    expect(new Set(anchors).size).toBe(anchors.length);
    expect(prose.match(/<[a-z!/]/gi)).toBeNull();
  });

  test('mentions no type of this package that cannot be imported', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const sources = files.map((file) => readFileSync(`src/${file}`, 'utf8')).join('\n');
    const ours = new Set(
      [...sources.matchAll(/^(?:export )?(?:interface|type|class) (\w+)/gm)].map(([, name]) => name!),
    );
    const titles = new Set([...page.matchAll(/^### `(\w+)`$/gm)].map(([, title]) => title!));
    const code = blocksIn(page).map((block) => block.code);
    expect(code.length).toBeGreaterThan(100);
    // Declared on the page, or the name of a type parameter; and the name of a type of another package.
    const local = [...code.join('\n').matchAll(/^(?:type|interface) (\w+)|(\w+) extends /gm)].map(
      ([, ...of]) => of[0] ?? of[1]!,
    );
    const foreign = [...sources.matchAll(/^import type \{ ([^}]*) \} from '[^.]/gm)].flatMap(([, names]) =>
      names!.split(', '),
    );
    const mentioned = mentionedIn(code.join('\n'), ours, '');
    expect(mentioned.filter((name) => ![...titles, ...local, ...foreign].includes(name))).toEqual([]);
  });
});

const entries = new Map([
  ['here', 'index.ts'],
  ['there', 'other.ts'],
]);

const read = (files: Readonly<Record<string, string>>) => {
  const program = createProgramOf({ 'other.ts': 'export {};', ...files });
  const all = readExports(program, entries);
  const checker = program.getTypeChecker();
  const find = (name: string) => all.find((each) => each.name === name)!;
  return {
    all,
    find,
    textOf: (name: string) => textOfExport(checker, find(name)),
    methodsOf: (name: string) => find(name).methods.map((method) => textOfMethod(checker, method)),
  };
};

describe('the reference', () => {
  test('is refused with an export that has no docstring, and with a value that is in no group', () => {
    const create = (text: string) => createApi(createProgramOf({ 'index.ts': text }), new Map([['here', 'index.ts']]));
    expect(() => create('export type Id = number; export const call = 1;')).toThrow('without a docstring: call, Id');
    expect(() => create('/** A call. */\nexport const call = 1;')).toThrow('no group for call');
    expect(create('/** An id. */\nexport type Id = number;')).toContain('type Id = number;');
  });

  test('misses the docstring of a function, a class, a type and a method, and of nothing that is private', () => {
    const { all } = read({
      'index.ts': `
        export const call = (): void => {};
        export class Peer {
          constructor() {}
          #hidden(): void {}
          get state(): string { return ''; }
          /** Ends it. */
          leave(): void {}
        }
        /** Known. */
        export interface Known { close(): void; readonly id: number }
        export type Unknown = string;
        /** Said. */
        export const said = 1;
        const local = 2;
        export { local as shared };`,
    });
    expect(undocumented(all)).toEqual(['call', 'Known.close', 'Peer', 'Peer.state', 'shared', 'Unknown']);
  });

  test('takes the docstring that an editor shows, its paragraphs and its examples', () => {
    const { find } = read({
      'index.ts': `
        /** About the file. */

        /**
         * One sentence
         * in two lines.
         *
         * Another.
         *
         * @example
         * call();
         * call();
         */
        export const call = (): void => {};`,
    });
    expect(find('call').doc).toEqual({
      text: ['One sentence in two lines.', 'Another.'],
      examples: ['call();\ncall();'],
    });
  });

  test('has each name once, with the entries that have it, and a class that is a type without its constructor', () => {
    const { all, textOf } = read({
      'peer.ts':
        'export class Peer { readonly id = 1; constructor(id: string) {} } export class Local { constructor(id: string) {} }',
      'index.ts': `export { Peer } from './peer.ts'; export type { Local } from './peer.ts';`,
      'other.ts': `export { Peer } from './peer.ts';`,
    });
    expect(all.map(({ name, entries: found }) => [name, found])).toEqual([
      ['Local', ['here']],
      ['Peer', ['here', 'there']],
    ]);
    expect(textOf('Local')).toBe('class Local {}');
    expect(textOf('Peer')).toBe('class Peer {\n  constructor(id: string);\n  readonly id: 1;\n}');
  });

  test('refuses one name for two things', () => {
    const files = { 'index.ts': 'export const one = 1;', 'other.ts': 'export const one = 2;' };
    expect(() => read(files)).toThrow('one of there is another elsewhere');
  });

  test('shows functions and methods without bodies and taken-apart parameters, overloads without what they come to', () => {
    const { textOf, methodsOf } = read({
      'index.ts': `
        export const make = async <Type>(one: Type, { two = 2 }: { two?: number } = {}): Promise<Type> => one;
        export class Peer {
          hear(topic: string): void;
          hear(topic: string, match: string): void;
          hear(...given: readonly string[]): void {}
          *all() { yield 1; }
          get state(): 'open' | 'closed' { return 'open'; }
          publishSomethingWithAVeryLongName(topicOfTheEvent: string, args: readonly unknown[] = [], kwargs?: Record<string, unknown>): void {}
        }`,
    });
    expect(textOf('make')).toBe('function make<Type>(one: Type, options: { two?: number } = {}): Promise<Type>;');
    expect(methodsOf('Peer')).toEqual([
      'hear(topic: string): void;\nhear(topic: string, match: string): void;',
      'all(): Generator<number, void, unknown>;',
      `readonly state: 'open' | 'closed';`,
      [
        'publishSomethingWithAVeryLongName(',
        '  topicOfTheEvent: string,',
        '  args: readonly unknown[] = [],',
        '  kwargs?: Record<string, unknown>,',
        '): void;',
      ].join('\n'),
    ]);
  });

  test('writes out what is computed from a value, and shows what nobody can import below what mentions it', () => {
    const { textOf } = read({
      'index.ts': `
        const known = ['b', 'a'] as const;
        const options = {
          /** In ms. */
          timeout: 5,
        };
        type Optional<Of> = { readonly [Name in keyof Of]?: Of[Name] };
        interface Hidden { readonly deeper: Deeper }
        type Deeper = string;
        const table = {
          first: { method: 'a-method-with-a-long-name' as 'a-method-with-a-long-name', hear: (_: 'one' | 'two') => true },
          second: { method: 'another-method-with-a-name' as const, secret: '' },
        };
        export type Entry = (typeof table)[keyof typeof table];
        export type Name = (typeof known)[number];
        export interface Options extends Optional<typeof options> {}
        export type Shown = Hidden | undefined;
        export const codes = { one: 'ONE' } as const;
        export const version = '1.0.0';
        const setup = (of: object) => ({ createChart: (states: readonly string[]) => [of, states] });
        export const chart = setup({ version }).createChart(['open', 'closed']);`,
    });
    expect(textOf('Name')).toBe(`type Name = 'a' | 'b';`);
    expect(textOf('Entry')).toBe(
      [
        'type Entry =',
        `  | { method: 'a-method-with-a-long-name'; hear: (_: 'one' | 'two') => boolean; }`,
        `  | { method: 'another-method-with-a-name'; secret: string; };`,
      ].join('\n'),
    );
    expect(textOf('Options')).toBe('interface Options {\n  /** In ms. */\n  readonly timeout?: number;\n}');
    expect(textOf('Shown')).toBe(
      'type Shown = Hidden | undefined;\n\ninterface Hidden { readonly deeper: Deeper }\n\ntype Deeper = string;',
    );
    expect(textOf('codes')).toBe(`const codes = { one: 'ONE' } as const;`);
    expect(textOf('version')).toBe('const version: string;');
    expect(textOf('chart')).toBe('const chart = setup(...).createChart(...);');
  });

  test('leads to the names that a signature mentions, not to those in its comments', () => {
    const text = '/** As Other does. */ (id: Id, payload: Payload<Id>): Peer';
    expect(mentionedIn(text, new Set(['Id', 'Payload', 'Peer', 'Other', 'Own']), 'Peer')).toEqual(['Id', 'Payload']);
  });
});
