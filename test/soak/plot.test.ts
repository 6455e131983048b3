import { expect, test } from 'vitest';
import { faultsIn } from '../support/svg-faults.ts';
import { timePlot } from './plot.ts';

/** A soak of so many minutes that holds `most` of each of five things. */
const plotOf = (minutes: number, most: number, end = minutes * 60 - 10): string => {
  const seconds = Array.from({ length: minutes * 12 }, (_, at) => at * 5);
  return timePlot({
    heading: 'By how much the event loop of the router was late, in 5 s each',
    unit: 'number',
    seconds,
    series: ['connections', 'sessions', 'subscriptions', 'registrations', 'pending calls'].map((name, at) => ({
      name,
      values: seconds.map((second) => (most / (at + 1)) * Math.abs(Math.sin(second))),
    })),
    marks: [
      { at: 60, name: 'warm-up over' },
      { at: end, name: 'the last has left' },
    ],
  });
};

test.each([
  [5, 1],
  [10, 987],
  [60, 1_234_567],
  [600, 0],
])('a plot of %i minutes and values up to %i can be read', (minutes, most) => {
  expect(faultsIn(plotOf(minutes, most))).toEqual([]);
});

test('the names of moments that are close to each other can be read', () => {
  for (const end of [61, 70, 90]) expect(faultsIn(plotOf(5, 100, end))).toEqual([]);
});

test('a plot says what its lines are, and in which unit', () => {
  const plot = plotOf(10, 100);
  for (const [at, name] of ['connections', 'sessions', 'subscriptions', 'registrations', 'pending calls'].entries()) {
    expect(plot).toMatch(new RegExp(`<line class="s${at} series"[^>]*/>\n<text [^>]*>${name}</text>`));
    expect(plot).toContain(`<polyline class="s${at} series"`);
  }
  expect(plot).toContain('>number</text>');
});
