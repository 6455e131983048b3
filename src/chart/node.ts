/**
 * What is read of a machine, and how its states lie in each other. XState's StateNode has all of it; `config` is what the
 * author wrote, the rest is what XState made of that.
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

/** Ends the compilation: XState would do something here that a compiled chart does not do as it does. */
export const refuse = (node: Node, what: string): never => {
  throw new Error(`the compiler of charts does not understand ${what} (state "${node.id}")`);
};

/** XState takes one thing, many or none wherever it takes actions or actors. */
export const listOf = (given: unknown): readonly unknown[] =>
  Array.isArray(given) ? given : given === undefined ? [] : [given];

/** From the root to the state itself. */
export const chainOf = (node: Node): readonly Node[] => (node.parent ? [...chainOf(node.parent), node] : [node]);

/** The states directly in it. */
export const childrenOf = (node: Node): readonly Node[] => Object.values(node.states);

/** The state itself and all the states in it. */
export const treeOf = (node: Node): readonly Node[] => [node, ...childrenOf(node).flatMap(treeOf)];

/** The innermost state that is entered with it. */
export const leafOf = (node: Node): Node => {
  const [first] = childrenOf(node).length > 0 ? node.initial.target : [];
  return first ? leafOf(first) : node;
};

/** How many states two chains have in common, from the root on. */
export const commonLength = (one: readonly Node[], other: readonly Node[]): number => {
  const at = one.findIndex((node, index) => other[index] !== node);
  return at < 0 ? one.length : at;
};

/** Whether an event descriptor names `type`: as it is, or as a wildcard, of which `a.*` covers `a` and `a.b.c`. */
export const covers = (descriptor: string, type: string): boolean =>
  descriptor === type || (descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1)));
