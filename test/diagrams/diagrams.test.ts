import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { type Arrow, type Chart, chartOf, edgeId, isRow, withDescendants } from '../../diagrams/chart.ts';
import { diagramFiles } from '../../diagrams/generate.ts';
import { layOut, type PlacedEdge } from '../../diagrams/layout.ts';
import { type Box, overlap, pieces } from '../../diagrams/polyline.ts';
import * as machines from '../../machines/index.ts';
import { faultsIn } from '../support/svg-faults.ts';

const files = await diagramFiles();
const contentOf = (name: string): string => files.find((file) => file.name === name)?.content ?? '';
const charts = Object.values(machines).map((machine) => chartOf(machine));
const drawings = await Promise.all(charts.map(async (chart) => ({ id: chart.id, chart, layout: await layOut(chart) })));

describe('the diagrams', () => {
  test('are fresh: drawing them again gives the files as they are', () => {
    expect(files.map(({ name }) => name)).toEqual(charts.flatMap(({ id }) => [`${id}.mmd`, `${id}.svg`, `${id}.json`]));
    for (const { name, content } of files)
      expect(readFileSync(`diagrams/${name}`, 'utf8'), `${name}: npm run diagrams`).toBe(content);
  });

  test('come out the same every time', async () => {
    expect(await diagramFiles()).toEqual(files);
  });

  test('each have a picture and a paragraph in the index, and all their files', () => {
    const index = readFileSync('diagrams/README.md', 'utf8');
    for (const { id } of charts) {
      expect(index).toMatch(new RegExp(`\\n\\n[^\\n!#[][^!]{200,}!\\[[^\\]]{20,}\\]\\(${id}\\.svg\\)`));
    }
    for (const { name } of files) expect(index).toContain(`](${name})`);
  });

  test.each(Object.values(machines).map((machine) => [machine.id, machine] as const))(
    'of the %s machine as JSON make the same chart in XState',
    (id, machine) => {
      const read = createMachine(JSON.parse(contentOf(`${id}.json`)));
      // XState makes functions of the events that a chart raises for itself, and JSON has none.
      const withoutRaised = ({ arrows, ...chart }: Chart): object => ({
        ...chart,
        arrows: arrows.map(({ actions, ...arrow }) => ({
          ...arrow,
          actions: actions.filter((action) => !action.startsWith('raise ')),
        })),
      });
      expect(withoutRaised(chartOf(read))).toEqual(withoutRaised(chartOf(machine)));
      const raised = contentOf(`${id}.json`).match(/"xstate\.raise"/g) ?? [];
      expect(raised).toHaveLength(id === 'connection' ? 1 : 0);
    },
  );

  test('load nothing and run nothing', () => {
    for (const { content } of files)
      expect(content).not.toMatch(/<script|href=|url\((?!#)|@import|foreignObject|\son\w+="/);
  });

  describe.each(drawings)('of the $id machine', ({ chart, layout }) => {
    const states = chart.root.children.flatMap(withDescendants);
    const drawn = chart.arrows.filter((arrow) => !isRow(chart, arrow));
    const svg = contentOf(`${chart.id}.svg`);
    const elements = svg.split('\n');
    const tells = (arrow: Arrow, element: string): boolean =>
      elements.some((line) => {
        const [, names = ''] = /data-edge="([^"]*)"/.exec(line) ?? [];
        return line.startsWith(`<${element} `) && names.split(' ').includes(edgeId(arrow));
      });

    test('show every state, in the picture and in the text', () => {
      for (const { id, name } of states) {
        expect(elements.filter((line) => line.includes(`data-state="${id}"`))).toHaveLength(1);
        expect(contentOf(`${chart.id}.mmd`)).toContain(`state "${name}"`);
      }
      expect(svg.match(/data-state=/g)).toHaveLength(states.length);
    });

    test('show every arrow as a line with a text, or as a text alone', () => {
      expect(drawn.length).toBeGreaterThan(0);
      expect(chart.arrows.filter((arrow) => !tells(arrow, 'text'))).toEqual([]);
      expect(drawn.filter((arrow) => !tells(arrow, 'path'))).toEqual([]);
    });

    test('tell every event, guard and action in the text for Mermaid', () => {
      const words = chart.arrows.flatMap(({ event, guard, actions }) => [event, ...(guard ? [guard] : []), ...actions]);
      expect(words.filter((word) => !contentOf(`${chart.id}.mmd`).includes(word))).toEqual([]);
    });

    const linesOf = (edges: readonly PlacedEdge[]): readonly Box[] => edges.flatMap(({ points }) => pieces(points));

    test('put no text on a box, on a line of another or on another text', () => {
      const { edges, dots, states: placed, anyState } = layout;
      const simple = placed.filter(({ state }) => state.children.length === 0);
      const labels = edges.flatMap(({ label }) => label ?? []);
      const boxes = [...labels, ...simple, ...dots, ...(anyState ? [anyState] : [])];
      for (const edge of edges) {
        const others = [...boxes, ...linesOf(edges.filter((other) => other !== edge))];
        const { label } = edge;
        if (label) expect(others.filter((other) => other !== label && overlap(label, other))).toEqual([]);
      }
      if (anyState) expect([...placed, ...linesOf(edges)].filter((box) => overlap(anyState, box))).toEqual([]);
    });

    test('tell more than two arrows of one line in the box that it leaves', () => {
      const { edges, states: placed } = layout;
      for (const { arrows, label } of edges) {
        expect(label?.entries.length ?? 0).toBe(arrows.length > 2 ? 0 : arrows.length);
        const { lines = [] } = placed.find(({ state }) => state.id === arrows[0]?.source) ?? {};
        const told = lines.flatMap((line) => line.edges);
        expect(arrows.filter((arrow) => told.includes(edgeId(arrow)))).toEqual(arrows.length > 2 ? arrows : []);
      }
    });

    test('can be read: no text lies on another, on a line or on a border, or leaves the picture', () => {
      expect(faultsIn(svg)).toEqual([]);
    });

    test('stay within their frame', () => {
      const { width, height, states: placed, edges, anyState } = layout;
      const all = [...placed, ...edges.flatMap(({ label }) => label ?? []), ...linesOf(edges)];
      for (const { x, y, width: wide, height: high } of anyState ? [...all, anyState] : all) {
        expect(Math.min(x, y)).toBeGreaterThan(8);
        expect(x + wide).toBeLessThan(width - 8);
        expect(y + high).toBeLessThan(height - 8);
      }
    });
  });
});
