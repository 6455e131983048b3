/** What the rows about growth have in common. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';
import type { Sample } from './measure.ts';
import type { Target } from './targets.ts';
import type { RowOf, Workload } from './workload.ts';

/** A workload of our router, and of the floor where that says something. */
export interface Growth extends Pick<Workload, 'sample'> {
  readonly rows: readonly RowOf[];
  readonly hasFloor?: boolean;
}

/** By how much a cost may grow. */
export const flat = 1.2;

/** A sample that says how many times `less` the value of `more` is. */
export const ratioOf = (less: Sample, more: Sample): Sample => ({ ...more, value: more.value / less.value });

const everything = { match: 'prefix', call: true, register: true, publish: true, subscribe: true };
const config = {
  realms: [
    { name: 'realm1', roles: { anonymous: { permissions: [{ uri: '', ...everything }] } }, anonymous: 'anonymous' },
  ],
  limits: { maxConnections: 25_000 },
};

/** The target with room for more connections than it has by default. */
export const withRoom = <Value>(target: Target, work: (target: Target) => Promise<Value>): Promise<Value> => {
  const file = join(makeFolder(), 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return work({ ...target, args: [...target.args, file] });
};
