/**
 * The parts of a machine that the compiler reads, and the nesting of its states. XState's StateNode has all of these:
 * `config` is what the author wrote, the rest is what XState derived from it.
 */

/** The configuration of a state, as written. */
export type Config = Readonly<Record<string, unknown>>;

/** A state. */
export interface Node {
  readonly id: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly parent: Node | undefined;
  readonly states: Readonly<Record<string, Node>>;
  readonly initial: { readonly target: readonly Node[]; readonly actions: readonly unknown[] };
  readonly after: readonly Transition[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
  readonly config: Config;
}

/** A transition. */
export interface Transition {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target: readonly Node[] | undefined;
  readonly source: Node;
  readonly actions: readonly unknown[];
  readonly reenter?: boolean | undefined;
  readonly delay?: unknown;
}

/** Stops the compilation of a construct that the compiled chart would not run exactly as XState does. Always throws. */
export const refuse = (node: Node, what: string): never => {
  throw new Error(`the compiler of charts does not understand ${what} (state "${node.id}")`);
};

/** The given value as a list. XState accepts none, one or a list wherever it takes actions or actors. */
export const listOf = (given: unknown): readonly unknown[] =>
  Array.isArray(given) ? given : given === undefined ? [] : [given];

/** The states from the root down to this one. */
export const chainOf = (node: Node): readonly Node[] => (node.parent ? [...chainOf(node.parent), node] : [node]);

/** The states directly inside this one. */
export const childrenOf = (node: Node): readonly Node[] => Object.values(node.states);

/** This state and all states inside it. */
export const treeOf = (node: Node): readonly Node[] => [node, ...childrenOf(node).flatMap(treeOf)];

/** The innermost state that is entered with this one. */
export const leafOf = (node: Node): Node => {
  const [first] = childrenOf(node).length > 0 ? node.initial.target : [];
  return first ? leafOf(first) : node;
};

/** How many states two chains have in common, counted from the root. */
export const commonLength = (one: readonly Node[], other: readonly Node[]): number => {
  const at = one.findIndex((node, index) => other[index] !== node);
  return at < 0 ? one.length : at;
};

/** Whether an event descriptor matches `type`, exactly or as a wildcard: `a.*` matches `a` and `a.b.c`. */
export const covers = (descriptor: string, type: string): boolean =>
  descriptor === type || (descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1)));
