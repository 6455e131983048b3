import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chartOf, edgeId, isRow, withDescendants } from '../../diagrams/chart.ts';
import { diagramFiles } from '../../diagrams/generate.ts';
import { layOut } from '../../diagrams/layout.ts';
import { connectionMachine, serverMachine } from '../../machines/index.ts';

const files = await diagramFiles();
const contentOf = (name: string): string => files.find((file) => file.name === name)?.content ?? '';

describe('the diagrams', () => {
  test('are fresh: drawing them again gives the files as they are', () => {
    expect(files.map(({ name }) => name)).toEqual(['connection.mmd', 'connection.svg', 'server.mmd', 'server.svg']);
    for (const { name, content } of files)
      expect(readFileSync(`diagrams/${name}`, 'utf8'), `${name}: npm run diagrams`).toBe(content);
  });

  test('come out the same every time', async () => {
    expect(await diagramFiles()).toEqual(files);
  });

  test('load nothing and run nothing', () => {
    for (const { content } of files)
      expect(content).not.toMatch(/<script|href=|url\(http|@import|foreignObject|on\w+="/);
  });

  describe.each([
    ['connection', connectionMachine],
    ['server', serverMachine],
  ])('of the %s machine', (name, machine) => {
    const chart = chartOf(machine);
    const states = chart.root.children.flatMap(withDescendants);
    const svg = contentOf(`${name}.svg`);

    test('show every state, in the picture and in the text', () => {
      for (const { id, name: label } of states) {
        expect(svg).toContain(`data-state="${id}"`);
        expect(contentOf(`${name}.mmd`)).toContain(`state "${label}"`);
      }
    });

    test('show every arrow, with its label', () => {
      const drawn = chart.arrows.filter((arrow) => !isRow(chart, arrow));
      expect(drawn.length).toBeGreaterThan(4);
      for (const arrow of drawn) {
        expect(svg).toContain(`data-edge="${edgeId(arrow)}"`);
        expect(svg).toMatch(new RegExp(`data-edges="([^"]* )?${edgeId(arrow).replace(/[.*]/g, '\\$&')}[ "]`));
      }
    });

    test('name every event', () => {
      for (const { event } of chart.arrows) expect(svg).toContain(event);
    });

    test('put no label on a box, and no label on another', async () => {
      const layout = await layOut(chart);
      const labels = layout.edges.flatMap(({ label }) => (label ? [label] : []));
      const boxes = [...labels, ...layout.states.filter(({ state }) => state.children.length === 0)];
      const overlaps = labels.flatMap((label) =>
        boxes.filter(
          (box) =>
            box !== label &&
            label.x < box.x + box.width &&
            box.x < label.x + label.width &&
            label.y < box.y + box.height &&
            box.y < label.y + label.height,
        ),
      );
      expect(overlaps).toEqual([]);
    });
  });
});
