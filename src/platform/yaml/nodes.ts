/** A YAML file as a tree that can go from one thread to another. Places are characters from the start of the text. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  kind: 'map';
  pairs: YamlPair[];
}

export interface YamlPair {
  key: string;
  keyStart: number;
  value: YamlNode;
  /** Of the value as it stands there; of the alias where it is one. */
  start: number;
  end: number;
}

export interface YamlList {
  kind: 'list';
  items: Array<{ value: YamlNode; start: number; end: number }>;
}

export interface YamlScalar {
  kind: 'scalar';
  /** By the core schema of YAML 1.2; quoted and block scalars are text. */
  value: string | number | boolean | null;
  /** A plain scalar as it is spelled: `1.0`, `9007199254740993`. */
  text: string;
}

/** Why a text is not read, and where. */
export interface YamlFault {
  message: string;
  at: number;
  hint?: string;
}

export type YamlRead = { root: YamlNode | null } | { fault: YamlFault };

export interface YamlLimits {
  /** Characters. */
  length: number;
  /** Parts of the syntax (names, brackets, spaces), which the work grows with; values, too, once aliases are unfolded. */
  parts: number;
}

/** The values without their places. Names that mean something to JavaScript are only keys. */
export function plainValue(node: YamlNode | null): unknown {
  if (node === null) return null;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(({ value }) => plainValue(value));
  const value: Record<string, unknown> = {};
  for (const pair of node.pairs)
    Object.defineProperty(value, pair.key, {
      value: plainValue(pair.value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return value;
}

/** The value under a name of a map. */
export const valueOf = (node: YamlNode | null | undefined, key: string): YamlNode | undefined =>
  node?.kind === 'map' ? node.pairs.find((pair) => pair.key === key)?.value : undefined;
