/**
 * Where everything goes: ELK lays a chart out several times, the tidiest layout is taken, and what happens in any state
 * gets a box in a free corner. What must live here: places. What must not: colours, SVG.
 */

import ElkModule from 'elkjs/lib/elk.bundled.js';
import type { ELK, ELKConstructorArguments, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Arrow, Chart, State } from './chart.ts';
import { bundles, isBoxed, rowsOf, withDescendants } from './chart.ts';
import { boxSize, graphOf, headId, isDot, isHidden, labelEntries, size } from './measure.ts';
import type { Box, Point } from './polyline.ts';
import { overlap, pieces, straightened } from './polyline.ts';
import type { Line } from './words.ts';
import { brokenRow, linesIn } from './words.ts';

// The bundle is CommonJS; under Node its default export is the constructor itself.
const Elk = ElkModule as unknown as new (options?: ELKConstructorArguments) => ELK;

/** A state with its place. */
export interface PlacedState extends Box {
  readonly state: State;
  /** Where its name and its lines stand: all of it, but for states with states in them. */
  readonly head: Box;
  readonly lines: readonly Line[];
}

/** One drawn line: all arrows from one state to another, or the one from an initial dot (then there is no arrow). */
export interface PlacedEdge {
  readonly arrows: readonly Arrow[];
  readonly points: readonly Point[];
  /** The text on it, arrow by arrow; the line stops before it and goes on behind. */
  readonly label: (Box & { readonly entries: readonly (readonly Line[])[] }) | undefined;
}

/** A chart with every place known. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly states: readonly PlacedState[];
  readonly dots: readonly Box[];
  readonly edges: readonly PlacedEdge[];
  /** What happens in any state. */
  readonly anyState: (Box & { readonly lines: readonly Line[] }) | undefined;
}

/** What the box for any state is called. */
export const anyStateName = 'in any state';

const boxOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box => ({ x, y, width, height });

const nodesIn = (node: ElkNode): readonly ElkNode[] =>
  (node.children ?? []).flatMap((child) => [child, ...nodesIn(child)]);
const edgesIn = (node: ElkNode): readonly ElkExtendedEdge[] => [
  ...(node.edges ?? []),
  ...(node.children ?? []).flatMap(edgesIn),
];

const placeEdge = ({ sections = [], labels = [] }: ElkExtendedEdge, arrows: readonly Arrow[]): PlacedEdge => {
  const points = straightened(
    sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]),
  );
  const [label] = labels;
  return { arrows, points, label: label && { ...boxOf(label), entries: labelEntries(arrows) } };
};

const layOutOnce = async (chart: Chart, top: number, seed: number): Promise<Layout> => {
  const placed: ElkNode = await new Elk().layout(graphOf(chart, top, seed));
  const nodes = nodesIn(placed);
  const shared = bundles(chart);
  const place = (name: string): Box => boxOf(nodes.find(({ id }) => id === name) ?? {});
  return {
    width: Math.ceil(placed.width ?? 0),
    height: Math.ceil(placed.height ?? 0),
    title: chart.id,
    states: chart.root.children.flatMap(withDescendants).map((state) => ({
      ...place(state.id),
      state,
      head: place(state.children.length === 0 ? state.id : headId(state)),
      lines: linesIn(chart, state, isBoxed),
    })),
    dots: nodes.filter(isDot).map(boxOf),
    edges: edgesIn(placed)
      .filter((edge) => !isHidden(edge))
      .map((edge) => placeEdge(edge, shared.get(edge.id) ?? [])),
    anyState: undefined,
  };
};

/** How restless a layout looks: long lines, bends, and above all crossings. */
const restlessness = ({ edges, width, height }: Layout): number => {
  const all = edges.map(({ points }) => pieces(points));
  const crossings = all.flatMap((own, at) =>
    own.flatMap((piece) => all.slice(at + 1).flatMap((others) => others.filter((other) => overlap(piece, other)))),
  );
  const bends = all.reduce((sum, { length }) => sum + length, 0);
  const lengths = all.flat().reduce((sum, piece) => sum + piece.width + piece.height, 0);
  return lengths + width + height + 30 * bends + 200 * crossings.length;
};

const seeds = Array.from({ length: 12 }, (_, at) => at + 1);

/** How far the box for any state keeps from everything else. */
const clearance = 16;

const layOutBelow = async (chart: Chart, top: number): Promise<Layout> => {
  const layouts = await Promise.all(seeds.map((seed) => layOutOnce(chart, top, seed)));
  return layouts.reduce((best, layout) => (restlessness(layout) < restlessness(best) ? layout : best));
};

const cornerFor = (box: Box, { width, states, dots, edges }: Layout, lowered: number): Box | undefined => {
  const labels = edges.flatMap(({ label }) => label ?? []);
  const taken = [...states, ...dots, ...labels, ...edges.flatMap(({ points }) => pieces(points))];
  const isFree = (corner: Box): boolean => {
    const place = { ...corner, y: corner.y - lowered };
    return taken.every((other) => !overlap(place, other, clearance));
  };
  return [box, { ...box, x: width - box.width - box.x }].find((corner) => corner.x >= box.x && isFree(corner));
};

/** Lays a chart out. The same chart gives the same layout, byte for byte. */
export const layOut = async (chart: Chart): Promise<Layout> => {
  const lines = rowsOf(chart, chart.root).flatMap(brokenRow);
  const layout = await layOutBelow(chart, size.head);
  if (lines.length === 0) return layout;
  const box = { x: 22, y: size.head, ...boxSize(anyStateName, lines) };
  // The rest goes down as far as it must to free a corner; below the whole box there is always room.
  let lowered = 0;
  while (lowered < box.height + clearance && !cornerFor(box, layout, lowered)) lowered += 4;
  const corner = cornerFor(box, layout, lowered) ?? box;
  const below = await layOutBelow(chart, size.head + lowered);
  return { ...below, width: Math.max(below.width, Math.ceil(box.width + 2 * box.x)), anyState: { ...corner, lines } };
};
