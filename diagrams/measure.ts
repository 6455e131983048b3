/**
 * How large things are: texts are measured, boxes follow from their texts, and all of it becomes the graph that ELK lays
 * out. What must live here: sizes, and the options of ELK. What must not: places, colours.
 */

import type { ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs/lib/elk-api.js';
import type { Arrow, Chart, State } from './chart.ts';
import { bundles, hasLabel, isBoxed } from './chart.ts';
import { textWidth } from './text-width.ts';
import type { Line } from './words.ts';
import { labelOf, linesIn } from './words.ts';

/** Sizes in px that drawing has to agree with. */
export const size = {
  name: 15,
  text: 12,
  line: 17,
  title: 34,
  padding: 12,
  dot: 12,
  /** Around everything. */
  margin: 28,
  /** From the top to where the title of the chart ends. */
  head: 48,
  /** Between two arrows that share a label. */
  gap: 6,
} as const;

// What happens is set in semibold.
const lineWidth = ({ event, guard, actions }: Line): number =>
  textWidth(event, size.text, true) + textWidth(` ${guard} ${actions}`, size.text);

const widest = (lines: readonly Line[]): number => Math.max(0, ...lines.map(lineWidth));

/** How large a box with a heading and lines is. */
export const boxSize = (
  heading: string,
  lines: readonly Line[],
): { readonly width: number; readonly height: number } => ({
  width: Math.max(textWidth(heading, size.name, true), widest(lines)) + 2 * size.padding,
  height: size.title + (lines.length === 0 ? 0 : lines.length * size.line + size.padding),
});

/** The lines of a label, arrow by arrow: event and guard, and below them what is done. */
export const labelEntries = (arrows: readonly Arrow[]): readonly (readonly Line[])[] =>
  arrows.map((arrow) => {
    const line = labelOf(arrow);
    const below = line.actions === '' ? [] : [{ ...line, event: '', guard: '' }];
    return [{ ...line, actions: '' }, ...below];
  });

// ELK asks these of every state that has states in it.
const innerOptions: LayoutOptions = {
  // Reading goes down from the initial state on; what leads back is drawn upwards.
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
};

const layoutOptions: LayoutOptions = {
  ...innerOptions,
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
};

const dotPrefix = 'initial ';

/** Whether a node of the graph is the dot before an initial state. */
export const isDot = ({ id }: ElkNode): boolean => id.startsWith(dotPrefix);

const dotsOf = (state: State): ElkNode[] =>
  state.initial.length === 0 ? [] : [{ id: `${dotPrefix}${state.id}`, width: size.dot, height: size.dot }];
const dotEdges = (state: State): ElkExtendedEdge[] =>
  state.initial.map((target) => {
    const source = `${dotPrefix}${state.id}`;
    return { id: `${source} ${target}`, sources: [source], targets: [target] };
  });

const headPrefix = 'head ';

/** What the node is called that has the text of a state with states in it: being a node, it has no lines through it. */
export const headId = ({ id }: State): string => `${headPrefix}${id}`;

// It holds the text above the first of the inner states.
const headEdge = (state: State, [below]: readonly ElkNode[]): ElkExtendedEdge => {
  const source = headId(state);
  return { id: source, sources: [source], targets: [below?.id ?? source] };
};

/** Whether an edge of the graph is there for the layout alone. */
export const isHidden = ({ id }: ElkExtendedEdge): boolean => id.startsWith(headPrefix);

const nodeOf = (chart: Chart, state: State): ElkNode => {
  const { width, height } = boxSize(state.name, linesIn(chart, state, isBoxed));
  if (state.children.length === 0) return { id: state.id, width, height };
  const children = [...dotsOf(state), ...state.children.map((child) => nodeOf(chart, child))];
  return {
    id: state.id,
    children: [{ id: headId(state), width, height }, ...children],
    edges: [headEdge(state, children), ...dotEdges(state)],
    layoutOptions: { ...innerOptions, 'elk.padding': '[top=4,left=12,bottom=18,right=12]' },
  };
};

const edgeOf = (key: string, arrows: readonly Arrow[]): ElkExtendedEdge => {
  const entries = labelEntries(arrows);
  const label = {
    id: `${key} label`,
    text: key,
    width: widest(entries.flat()) + 8,
    height: entries.flat().length * size.line + 4 + (entries.length - 1) * size.gap,
    layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
  };
  const ends = { sources: [arrows[0]?.source ?? ''], targets: [arrows[0]?.target ?? ''] };
  return { id: key, ...ends, labels: hasLabel(arrows) ? [label] : [] };
};

/** The graph of a chart for ELK, to be drawn below `top`. The seed decides among layouts that are equally good to ELK. */
export const graphOf = (chart: Chart, top: number, seed: number): ElkNode => ({
  id: chart.root.id,
  children: [...dotsOf(chart.root), ...chart.root.children.map((state) => nodeOf(chart, state))],
  edges: [...dotEdges(chart.root), ...[...bundles(chart)].map(([key, arrows]) => edgeOf(key, arrows))],
  layoutOptions: {
    ...layoutOptions,
    'elk.randomSeed': `${seed}`,
    'elk.padding': `[top=${top},left=${size.margin},bottom=${size.margin},right=${size.margin}]`,
  },
});
