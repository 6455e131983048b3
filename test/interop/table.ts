/** The matrix as a Markdown table, for the README. */

import { autobahnClients } from './autobahn.ts';
import type { Feature, ForeignClient, Method } from './client.ts';
import { features, methods } from './client.ts';
import { kraftfahrstrasseClients } from './kraftfahrstrasse.ts';
import { wampyClients } from './wampy.ts';

/** Every foreign client in everything it speaks. */
export const clients: readonly ForeignClient[] = [...autobahnClients, ...wampyClients, ...kraftfahrstrasseClients];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** What ran: a tick, or a dash and a note why the client cannot do it. */
export const renderTable = (): string => {
  const columns: readonly (Method | Feature)[] = [...methods, ...features];
  const notes: string[] = [];
  const noteOf = (reason: string): number => {
    if (!notes.includes(reason)) notes.push(reason);
    return notes.indexOf(reason) + 1;
  };
  const rows = clients.map(({ name, serializer, lacks }) =>
    line([
      `${name}, ${serializer}`,
      ...columns.map((column) => (lacks[column] === undefined ? '✓' : `–<sup>${noteOf(lacks[column])}</sup>`)),
    ]),
  );
  const head = [line(['client', ...columns]), line(['---', ...columns.map(() => '---')])];
  return [...head, ...rows, '', ...notes.map((note, at) => `<sup>${at + 1}</sup> ${note}.`)].join('\n');
};
