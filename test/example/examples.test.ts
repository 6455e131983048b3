/** The examples as a newcomer finds them: listed, with a README, and started by the command that it names. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { brokenLinks, sourcesByName } from '../support/documents.ts';

const folder = 'test/example';
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
const read = (file: string): string => readFileSync(file, 'utf8');
const readmeOf = (name: string): string => `${folder}/${name}/README.md`;

/** The first line that a program prints. */
const firstLineOf = async (program: string): Promise<string> => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`${program} has ended without a word`);
};

test('every example starts with the command in its README, and says what to do', async () => {
  const programs = names.map((name) => /^ {4}npx tsx (\S+)$/m.exec(read(readmeOf(name)))?.[1] ?? name);
  expect(programs).toEqual(names.map((name) => `${folder}/${name}/main.ts`));
  const lines = await Promise.all(programs.map(firstLineOf));
  for (const line of lines) expect(line).toMatch(/^(Open|Two|Watch) .+[.:]$/);
});

test.each(names)('%s is listed, and its README is short and leads somewhere', (name) => {
  for (const document of ['README.md', 'CONTRIBUTING.md']) expect(read(document)).toContain(`\`${name}\``);
  const text = read(readmeOf(name));
  expect(text.split('\n').length).toBeLessThanOrEqual(16);
  expect(brokenLinks(readmeOf(name), text)).toEqual([]);
});

test('the names that examples import are those that the package exports', () => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json')) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  };
  const paths = Object.entries(compilerOptions.paths)
    // A name with # is for the package itself.
    .filter(([name]) => !name.startsWith('#'))
    .map(([name, [source = '']]) => [name, source.replace('./', `${process.cwd()}/`)]);
  expect(paths).toEqual([...sourcesByName]);
});
