/** Programs as the compiler of TypeScript sees them: this package, or a few lines of a test. */

import { readFileSync } from 'node:fs';
import ts from 'typescript';

const readOptions = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile('tsconfig.json', (file) => readFileSync(file, 'utf8'));
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, '.').options;
};

/** The program that begins at some files, with the options of this project. */
export const createProgram = (files: readonly string[]): ts.Program => ts.createProgram(files, readOptions());

/** A program of files that are not there: texts by name. It knows the language, and nothing of Node. */
export const createProgramOf = (files: Readonly<Record<string, string>>): ts.Program => {
  const host = ts.createCompilerHost({});
  const original = { ...host };
  const textOf = (file: string): string | undefined => files[file.replace(/^.*\//, '')];
  host.fileExists = (file) => textOf(file) !== undefined || original.fileExists(file);
  host.readFile = (file) => textOf(file) ?? original.readFile(file);
  host.getSourceFile = (file, version) => {
    const text = textOf(file);
    return text === undefined ? original.getSourceFile(file, version) : ts.createSourceFile(file, text, version, true);
  };
  return ts.createProgram(Object.keys(files), { ...readOptions(), types: [] }, host);
};
