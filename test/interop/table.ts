/** The matrix as a Markdown table, for the README. */

import { autobahnClients } from './autobahn.ts';
import type { Feature, ForeignClient, Method, Need } from './client.ts';
import { features, methods } from './client.ts';
import { kraftfahrstrasseClients } from './kraftfahrstrasse.ts';
import { wampyClients } from './wampy.ts';

/** Every foreign client in everything it speaks. */
export const clients: readonly ForeignClient[] = [...autobahnClients, ...wampyClients, ...kraftfahrstrasseClients];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** What ran: a tick, with a note where the realm needs an option, or a dash and a note why the client cannot do it. */
export const renderTable = (): string => {
  const columns: readonly (Method | Feature)[] = [...methods, ...features];
  const notes: string[] = [];
  const noteOf = (reason: string): number => {
    if (!notes.includes(reason)) notes.push(reason);
    return notes.indexOf(reason) + 1;
  };
  const cellOf = ({ lacks, needs = {} }: ForeignClient, column: Method | Feature): string => {
    if (lacks[column] !== undefined) return `–<sup>${noteOf(lacks[column])}</sup>`;
    const need = (needs as Readonly<Partial<Record<Method | Feature, Need>>>)[column];
    return need ? `✓<sup>${noteOf(need.note)}</sup>` : '✓';
  };
  const rows = clients.map((client) =>
    line([`${client.name}, ${client.serializer}`, ...columns.map((column) => cellOf(client, column))]),
  );
  const head = [line(['client', ...columns]), line(['---', ...columns.map(() => '---')])];
  return [...head, ...rows, '', ...notes.map((note, at) => `<sup>${at + 1}</sup> ${note}.`)].join('\n');
};
