import { describe, expect, it } from 'vitest';
import { engineNames } from '../../src/chart/running-chart.ts';
import { loadConfig } from '../../src/config/file.ts';
import { optionsOf } from '../../src/config/schema.ts';
import { engines, withEngine } from './engines.ts';
import { parseOptions } from './options.ts';
import { floor, postmaster } from './targets.ts';

const rows = engines.flatMap((workload) => workload.rows);

describe('the rows of the two engines', () => {
  it('start our router with the engine that they name', async () => {
    for (const engine of engineNames) {
      const { command, args } = withEngine(postmaster, engine);
      expect([command, ...args.slice(0, -1)]).toEqual([postmaster.command, ...postmaster.args]);
      expect(optionsOf(await loadConfig(args.at(-1) ?? ''))).toMatchObject({ machines: engine });
    }
  });

  it('take a sample for each row, from a floor and a router of their own', () => {
    expect(rows.map(({ id }) => id)).toEqual(
      ['connect', 'memory', 'call'].flatMap((row) => engineNames.map((engine) => `engines/${row}-${engine}`)),
    );
    expect(engines.every(({ hasFloor, hasPeers }) => hasFloor && !hasPeers)).toBe(true);
    expect(withEngine(floor, 'xstate')).toMatchObject({ name: floor.name, command: floor.command });
  });

  it('have no bound', () => {
    expect(rows.filter(({ bound, limit }) => bound !== undefined || limit !== undefined)).toEqual([]);
  });

  it('are part of a full run, and can be asked for alone', () => {
    const ids = (...argv: string[]): string[] =>
      parseOptions(argv).workloads.flatMap((each) => each.rows.map(({ id }) => id));
    expect(ids()).toEqual(expect.arrayContaining(rows.map(({ id }) => id)));
    expect(ids('--protocol', 'engines')).toEqual(rows.map(({ id }) => id));
  });
});
