/** Our router with a config file, for rows about something that it does not do by default. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './folder.ts';
import type { Target } from './targets.ts';

const everything = { match: 'prefix', call: true, register: true, publish: true, subscribe: true };
const realms = [{ name: 'realm1', anonymous: [{ uri: '', ...everything }] }];

/** The target with `realm1` open to everybody, as it is by default, and these settings. The floor looks at none of it. */
export const withConfig = (target: Target, settings: Readonly<Record<string, unknown>>): Target => {
  const file = join(makeFolder(), 'config.json');
  writeFileSync(file, JSON.stringify({ realms, ...settings }));
  return { ...target, args: [...target.args, file] };
};
