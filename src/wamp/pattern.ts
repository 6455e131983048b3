/**
 * Patterns: the definition of matching (`covers`), and an index of many prefixes and wildcards. The index finds the
 * patterns that cover a URI by walking the URI once, without trying every pattern. Prefixes are textual and live in a radix
 * tree of characters; wildcards live in a tree of components.
 */

import type { Match } from './message.ts';

const fitsWildcard = (pattern: string, uri: string): boolean => {
  const wide = pattern.split('.');
  const narrow = uri.split('.');
  return wide.length === narrow.length && wide.every((component, at) => component === '' || component === narrow[at]);
};

/** The part of a wildcard pattern before its first empty component. Every URI that the pattern covers begins with it. */
const literalStart = (pattern: string): string => {
  const components = pattern.split('.');
  const empty = components.indexOf('');
  return empty < 0
    ? pattern
    : components
        .slice(0, empty)
        .map((component) => `${component}.`)
        .join('');
};

/**
 * Whether `pattern` with `patternMatch` covers every URI that `uri` with `match` stands for. This is the one definition of
 * matching; a property test compares the index with it. A prefix is textual: `com.a` covers `com.ab`. In a wildcard pattern
 * an empty component stands for exactly one component (Advanced Profile, "Pattern-based Subscriptions").
 */
export const covers = (pattern: string, patternMatch: Match, uri: string, match: Match = 'exact'): boolean => {
  if (patternMatch === 'prefix') return (match === 'wildcard' ? literalStart(uri) : uri).startsWith(pattern);
  if (match === 'prefix') return false;
  if (patternMatch === 'wildcard') return fitsWildcard(pattern, uri);
  // A wildcard pattern without an empty component covers exactly the URI that it spells.
  return uri === pattern && (match === 'exact' || !uri.split('.').includes(''));
};

/** The match policies that need an index. Exact URIs are kept in a Map. */
export type Pattern = Exclude<Match, 'exact'>;

interface PrefixNode<Value> {
  label: string;
  value: Value | undefined;
  readonly children: Map<string, PrefixNode<Value>>;
}

interface WildcardNode<Value> {
  value: Value | undefined;
  readonly children: Map<string, WildcardNode<Value>>;
}

const sharedLength = (a: string, b: string): number => {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
};

/** Prefixes in a radix tree. Every node but the root has a non-empty label and either a value or two children. */
class PrefixTree<Value> {
  readonly #root: PrefixNode<Value> = { label: '', value: undefined, children: new Map() };

  set(prefix: string, value: Value): void {
    let node = this.#root;
    let rest = prefix;
    while (rest !== '') {
      const first = rest.charAt(0);
      const child = node.children.get(first);
      if (!child) {
        node.children.set(first, { label: rest, value, children: new Map() });
        return;
      }
      const shared = sharedLength(child.label, rest);
      node = shared === child.label.length ? child : this.#split(node, child, shared);
      rest = rest.slice(shared);
    }
    node.value = value;
  }

  #split(parent: PrefixNode<Value>, child: PrefixNode<Value>, at: number): PrefixNode<Value> {
    const upper: PrefixNode<Value> = { label: child.label.slice(0, at), value: undefined, children: new Map() };
    child.label = child.label.slice(at);
    upper.children.set(child.label.charAt(0), child);
    parent.children.set(upper.label.charAt(0), upper);
    return upper;
  }

  delete(prefix: string): void {
    const path: PrefixNode<Value>[] = [];
    let node: PrefixNode<Value> | undefined = this.#root;
    let rest = prefix;
    while (rest !== '') {
      path.push(node);
      node = node.children.get(rest.charAt(0));
      if (!node || !rest.startsWith(node.label)) return;
      rest = rest.slice(node.label.length);
    }
    node.value = undefined;
    this.#prune(node, path);
  }

  #prune(node: PrefixNode<Value>, path: readonly PrefixNode<Value>[]): void {
    const parent = path.at(-1);
    if (!parent || node.value !== undefined) return;
    const [only, second] = node.children.values();
    if (only && second) return;
    if (only) {
      only.label = node.label + only.label;
      parent.children.set(only.label.charAt(0), only);
      return;
    }
    parent.children.delete(node.label.charAt(0));
    this.#prune(parent, path.slice(0, -1));
  }

  collect(uri: string, found: Value[]): void {
    let node = this.#root;
    let at = 0;
    while (true) {
      if (node.value !== undefined) found.push(node.value);
      const child = node.children.get(uri.charAt(at));
      if (!child || !uri.startsWith(child.label, at)) return;
      at += child.label.length;
      node = child;
    }
  }
}

/** Wildcard patterns in a tree of components. The empty component matches any one. */
class WildcardTree<Value> {
  readonly #root: WildcardNode<Value> = { value: undefined, children: new Map() };

  set(pattern: string, value: Value): void {
    let node = this.#root;
    for (const component of pattern.split('.')) {
      let child = node.children.get(component);
      if (!child) {
        child = { value: undefined, children: new Map() };
        node.children.set(component, child);
      }
      node = child;
    }
    node.value = value;
  }

  delete(pattern: string): void {
    this.#remove(this.#root, pattern.split('.'), 0);
  }

  #remove(node: WildcardNode<Value>, components: readonly string[], at: number): void {
    const component = components[at];
    if (component === undefined) {
      node.value = undefined;
      return;
    }
    const child = node.children.get(component);
    if (!child) return;
    this.#remove(child, components, at + 1);
    if (child.value === undefined && child.children.size === 0) node.children.delete(component);
  }

  collect(uri: string, found: Value[]): void {
    this.#walk(this.#root, uri.split('.'), 0, found);
  }

  #walk(node: WildcardNode<Value>, components: readonly string[], at: number, found: Value[]): void {
    const component = components[at];
    if (component === undefined) {
      if (node.value !== undefined) found.push(node.value);
      return;
    }
    const literal = node.children.get(component);
    if (literal) this.#walk(literal, components, at + 1, found);
    // An empty component of the URI itself has already been looked up as the literal.
    const any = component === '' ? undefined : node.children.get('');
    if (any) this.#walk(any, components, at + 1, found);
  }
}

/** An index of values by pattern, at most one for each pattern and policy. */
export class PatternIndex<Value> {
  readonly #values: Readonly<Record<Pattern, Map<string, Value>>> = { prefix: new Map(), wildcard: new Map() };
  readonly #trees = { prefix: new PrefixTree<Value>(), wildcard: new WildcardTree<Value>() } as const;

  /** How many patterns the index holds. */
  get size(): number {
    return this.#values.prefix.size + this.#values.wildcard.size;
  }

  get(pattern: string, match: Pattern): Value | undefined {
    return this.#values[match].get(pattern);
  }

  set(pattern: string, match: Pattern, value: Value): void {
    this.#values[match].set(pattern, value);
    this.#trees[match].set(pattern, value);
  }

  delete(pattern: string, match: Pattern): void {
    if (this.#values[match].delete(pattern)) this.#trees[match].delete(pattern);
  }

  values(): IterableIterator<Value> {
    return [...this.#values.prefix.values(), ...this.#values.wildcard.values()].values();
  }

  /**
   * The values of all patterns that cover `uri`, best match first: the longest prefix, then shorter prefixes, then the
   * wildcards whose literal components begin earliest and run longest (Advanced Profile, "Pattern-based Registrations").
   */
  ranked(uri: string): readonly Value[] {
    const found: Value[] = [];
    if (this.#values.prefix.size > 0) this.#trees.prefix.collect(uri, found);
    found.reverse();
    // The walk tries the literal component first, so wildcards are found in this order.
    if (this.#values.wildcard.size > 0) this.#trees.wildcard.collect(uri, found);
    return found;
  }

  /** The values of all patterns that cover `uri`: prefixes from short to long, then wildcards. */
  matching(uri: string): readonly Value[] {
    const found: Value[] = [];
    if (this.#values.prefix.size > 0) this.#trees.prefix.collect(uri, found);
    if (this.#values.wildcard.size > 0) this.#trees.wildcard.collect(uri, found);
    return found;
  }
}
