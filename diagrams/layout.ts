/**
 * Where everything goes: boxes are measured by their text, ELK places them, arrows between the same two states share one
 * line. What must live here: sizes and places. What must not: colours, SVG.
 */

import ElkModule from 'elkjs/lib/elk.bundled.js';
import type { ELK, ELKConstructorArguments, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Arrow, Chart, State } from './chart.ts';
import { isRow, rowsOf } from './chart.ts';
import type { Line } from './words.ts';
import { labelOf, ownRows, plainText, rowText } from './words.ts';

// The bundle is CommonJS; under Node its default export is the constructor itself.
const Elk = ElkModule as unknown as new (options?: ELKConstructorArguments) => ELK;

/** Sizes in px that drawing has to agree with. */
export const size = {
  name: 15,
  text: 12,
  line: 17,
  title: 34,
  padding: 12,
  dot: 12,
  /** Between the title of the chart and its first state, for the rows of any state. */
  head: 48,
} as const;

/** A rectangle, in px from the top left of the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A state with its place. */
export interface PlacedState extends Box {
  readonly state: State;
  readonly rows: readonly Line[];
}

/** A label line with the arrow that it tells of. */
export interface LabelLine {
  readonly arrow: Arrow;
  readonly line: Line;
}

/** One drawn line: all arrows from one state to another, or the one from an initial dot (then there is no arrow). */
export interface PlacedEdge {
  readonly arrows: readonly Arrow[];
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly label: (Box & { readonly lines: readonly LabelLine[] }) | undefined;
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
  readonly anyState: readonly Line[];
}

const narrow = /[ijlrtf.,:/'[\]() |]/;
const wide = /[mwMWA-Z_]/;

/** About how wide a text is, on the generous side. */
export const textWidth = (text: string, fontSize: number): number =>
  [...text].reduce((sum, letter) => sum + (narrow.test(letter) ? 0.38 : wide.test(letter) ? 0.76 : 0.6), 0) * fontSize;

const lineWidth = (line: Line): number => textWidth(plainText(line), size.text) + 6;

const eventsPerRow = 2;

// Long lists of events are broken, so that a box grows down and not sideways.
const brokenRows = (chart: Chart, state: State): readonly Line[] =>
  rowsOf(chart, state).flatMap((row) => {
    const parts = Array.from({ length: Math.ceil(row.events.length / eventsPerRow) }, (_, at) =>
      row.events.slice(at * eventsPerRow, (at + 1) * eventsPerRow),
    );
    return parts.map((events, at) => {
      const line = rowText({ ...row, events });
      return at === parts.length - 1 ? line : { event: `${line.event},`, guard: '', actions: '' };
    });
  });

const rowsIn = (chart: Chart, state: State): readonly Line[] => [...ownRows(state), ...brokenRows(chart, state)];

const headHeight = (rows: readonly Line[]): number =>
  size.title + (rows.length === 0 ? 0 : rows.length * size.line + size.padding);

/** Reads from the initial state on: what leads back is drawn upwards. */
const cycleBreaking = { 'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST' };

const layoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  ...cycleBreaking,
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
};

const dotId = (state: State): string => `initial ${state.id}`;

const nodeOf = (chart: Chart, state: State): ElkNode => {
  const rows = rowsIn(chart, state);
  const width = Math.max(textWidth(state.name, size.name) + 8, ...rows.map(lineWidth)) + 2 * size.padding;
  if (state.children.length === 0) return { id: state.id, width, height: headHeight(rows) };
  return {
    id: state.id,
    children: [...dotsOf(state), ...state.children.map((child) => nodeOf(chart, child))],
    edges: dotEdges(state),
    layoutOptions: {
      ...cycleBreaking,
      'elk.padding': `[top=${headHeight(rows) + 10},left=18,bottom=18,right=18]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width}, ${headHeight(rows)})`,
    },
  };
};

const dotsOf = (state: State): ElkNode[] =>
  state.initial.length === 0 ? [] : [{ id: dotId(state), width: size.dot, height: size.dot }];
const dotEdges = (state: State): ElkExtendedEdge[] =>
  state.initial.map((target) => ({ id: `${dotId(state)} ${target}`, sources: [dotId(state)], targets: [target] }));

/** Arrows that share source and target share a line. */
const bundles = (chart: Chart): ReadonlyMap<string, readonly Arrow[]> => {
  const found = new Map<string, Arrow[]>();
  for (const arrow of chart.arrows) {
    if (isRow(chart, arrow)) continue;
    const key = `${arrow.source} -> ${arrow.target}`;
    found.set(key, [...(found.get(key) ?? []), arrow]);
  }
  return found;
};

/** A label in lines: event and guard, and below them what is done. */
const labelLines = (arrows: readonly Arrow[]): readonly LabelLine[] =>
  arrows.flatMap((arrow) => {
    const line = labelOf(arrow);
    const below = { event: '', guard: '', actions: line.actions };
    return [{ arrow, line: { ...line, actions: '' } }, ...(line.actions === '' ? [] : [{ arrow, line: below }])];
  });

const edgeOf = (key: string, arrows: readonly Arrow[]): ElkExtendedEdge => {
  const lines = labelLines(arrows);
  const width = Math.max(...lines.map(({ line }) => lineWidth(line))) + 8;
  return {
    id: key,
    sources: [arrows[0]?.source ?? ''],
    targets: [arrows[0]?.target ?? ''],
    labels: [
      {
        id: `${key} label`,
        text: key,
        width,
        height: lines.length * size.line + 4,
        layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
      },
    ],
  };
};

const boxOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box => ({ x, y, width, height });

const flatten = (node: ElkNode): readonly ElkNode[] =>
  (node.children ?? []).flatMap((child) => [child, ...flatten(child)]);
const edgesIn = (node: ElkNode): readonly ElkExtendedEdge[] => [
  ...(node.edges ?? []),
  ...(node.children ?? []).flatMap(edgesIn),
];

const placeEdge = (edge: ElkExtendedEdge, arrows: readonly Arrow[]): PlacedEdge => {
  const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  const [label] = edge.labels ?? [];
  return { arrows, points, label: label && { ...boxOf(label), lines: labelLines(arrows) } };
};

const descendants = (state: State): readonly State[] =>
  state.children.flatMap((child) => [child, ...descendants(child)]);

/** Lays a chart out. The same chart gives the same layout, byte for byte. */
export const layOut = async (chart: Chart): Promise<Layout> => {
  const shared = bundles(chart);
  const anyState = rowsOf(chart, chart.root).map(rowText);
  const top = size.head + (anyState.length === 0 ? 0 : anyState.length * size.line + 34);
  const graph: ElkNode = {
    id: chart.id,
    children: [...dotsOf(chart.root), ...chart.root.children.map((state) => nodeOf(chart, state))],
    edges: [...dotEdges(chart.root), ...[...shared].map(([key, arrows]) => edgeOf(key, arrows))],
    layoutOptions: { ...layoutOptions, 'elk.padding': `[top=${top},left=28,bottom=28,right=28]` },
  };
  const placed: ElkNode = await new Elk().layout(graph);
  const nodes = new Map(flatten(placed).map((node) => [node.id, node]));
  const anyWidth = Math.max(0, ...anyState.map(lineWidth)) + 80;
  return {
    width: Math.ceil(Math.max(placed.width ?? 0, anyWidth)),
    height: Math.ceil(placed.height ?? 0),
    title: chart.id,
    states: descendants(chart.root).map((state) => ({
      ...boxOf(nodes.get(state.id) ?? {}),
      state,
      rows: rowsIn(chart, state),
    })),
    dots: [...nodes].filter(([id]) => id.startsWith('initial ')).map(([, node]) => boxOf(node)),
    edges: edgesIn(placed).map((edge) => placeEdge(edge, shared.get(edge.id) ?? [])),
    anyState,
  };
};
