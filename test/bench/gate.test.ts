import { describe, expect, it } from 'vitest';
import type { Sample } from './measure.ts';
import type { Result } from './result.ts';
import { committedRatios, GateError, isBad, joined, judge, sentence } from './verdict.ts';

const sample = (value: number): Sample => ({ value, count: 1, cpu: value, wall: 1, load: 0 });

const result = (floor: readonly number[], postmaster: readonly number[]): Result => ({
  row: { id: 'json/call', group: 'WAMP v2, JSON', title: 'call', unit: 'µs CPU per call' },
  samples: { floor: floor.map(sample), postmaster: postmaster.map(sample) },
  errors: {},
});

const committed = { target: 'postmaster', results: [result([2, 2, 2], [3, 3, 3])] };

describe('the regression gate', () => {
  it('takes the ratios of the committed run, the greatest of its rounds', () => {
    expect([...committedRatios(committed, ['json/call'])]).toEqual([['json/call', 1.5]]);
    const scattered = { ...committed, results: [result([2, 2, 2], [3, 4, 3])] };
    expect([...committedRatios(scattered, ['json/call'])]).toEqual([['json/call', 2]]);
  });

  it('says which row the committed run lacks', () => {
    expect(() => committedRatios(committed, ['json/call', 'json/pairs'])).toThrow(GateError);
    expect(() => committedRatios(committed, ['json/pairs'])).toThrow('json/pairs');
  });

  it('takes a row that failed in the committed run, or is of an older form, as one that is missing', () => {
    const failed: Result = { ...result([2], [3]), errors: { postmaster: 'it died' } };
    expect(() => committedRatios({ ...committed, results: [failed] }, ['json/call'])).toThrow(GateError);
    const older = { row: failed.row, floor: [sample(2)], target: [sample(3)] } as unknown as Result;
    expect(() => committedRatios({ ...committed, results: [older] }, ['json/call'])).toThrow(GateError);
  });

  it('passes a ratio that is 25 % above the committed one and fails a greater one', () => {
    expect(judge(result([4], [7.5]), 'postmaster', 1.5)).toMatchObject({ ratio: 1.875, isAbove: false });
    expect(judge(result([4], [7.6]), 'postmaster', 1.5)).toMatchObject({ ratio: 1.9, isAbove: true });
  });

  it('judges by the median of all rounds', () => {
    const first = result([2, 2, 2], [3, 8, 8]);
    expect(judge(first, 'postmaster', 1.5).isAbove).toBe(true);
    const all = joined(first, result([2, 2, 2], [3, 3, 3]));
    expect(judge(all, 'postmaster', 1.5)).toMatchObject({ ratio: 1.5, isAbove: false, rounds: 6 });
  });

  it('fails a row that could not be measured, and says why', () => {
    const verdict = judge({ ...result([2], []), errors: { postmaster: 'it died' } }, 'postmaster', 1.5);
    expect(isBad(verdict)).toBe(true);
    expect(sentence(verdict)).toContain('postmaster failed: it died');
  });

  it('names the row, both ratios and the percentage', () => {
    expect(sentence(judge(result([2], [6]), 'postmaster', 1.5))).toBe(
      'FAILED  json/call (call): 3.00 times the floor, committed 1.50, +100 %, limit 1.88, 1 rounds',
    );
  });
});
