import type { Grants, Resource, Role } from '../../platform/ctx/index.ts';
import { fits, isPattern } from '../../platform/patterns/index.ts';
import { within } from '../roles.ts';

/** What a grant says, whoever has it: as what, and of which things. */
export interface Said {
  level: Role;
  kind: string;
  /** A name, or a pattern of names in which `*` stands for any characters. */
  name: string;
}

interface OfKind {
  /** Grants on one thing each. */
  exact: Map<string, Set<Role>>;
  /** Patterns by what stands before their first `*`, so that a name meets only those that begin as it does. */
  begins: Map<string, Array<{ pattern: string; level: Role }>>;
  /** Lengths of those beginnings. */
  lengths: number[];
  all: Set<Role>;
  patterns: Set<string>;
  /** Those without which the others would not say the same, the widest first: what a list asks each name for. */
  needed: string[];
}

/**
 * Somebody's grants in a workspace, so that one question costs as much as the name that it asks of is long, however many there are.
 * `most`: the role of the credential that they show, which opens no more than that.
 */
export function holding(grants: readonly Said[], most?: Role): Grants {
  const kinds = new Map<string, OfKind>();
  for (const { level, kind, name } of grants) {
    let of = kinds.get(kind);
    if (!of)
      kinds.set(
        kind,
        (of = {
          exact: new Map(),
          begins: new Map(),
          lengths: [],
          all: new Set(),
          patterns: new Set(),
          needed: [],
        }),
      );
    of.patterns.add(name);
    for (const cut of most === undefined ? [level] : within(most, [level])) {
      of.all.add(cut);
      if (!isPattern(name)) {
        const levels = of.exact.get(name);
        if (levels) levels.add(cut);
        else of.exact.set(name, new Set([cut]));
        continue;
      }
      const beginning = name.slice(0, name.indexOf('*'));
      const some = of.begins.get(beginning);
      if (some) some.push({ pattern: name, level: cut });
      else of.begins.set(beginning, [{ pattern: name, level: cut }]);
    }
  }
  for (const of of kinds.values()) {
    of.needed = needed(of.patterns);
    of.lengths = [...new Set([...of.begins.keys()].map(({ length }) => length))].toSorted((a, b) => a - b);
  }
  return {
    on: (resource) => onOf(kinds.get(resource.kind), resource),
    patterns: (kind) => kinds.get(kind)?.needed ?? [],
  };
}

function needed(patterns: ReadonlySet<string>): string[] {
  const wide: string[] = [];
  for (const one of [...patterns].toSorted((a, b) => a.length - b.length))
    if (!wide.some((other) => isPattern(other) && fits(other, one))) wide.push(one);
  return wide;
}

function onOf(of: OfKind | undefined, resource: Resource): readonly Role[] {
  if (!of) return [];
  if (!('name' in resource)) return [...of.all];
  const { name } = resource;
  const found = new Set(of.exact.get(name));
  for (const length of of.lengths) {
    if (length > name.length) break;
    for (const { pattern, level } of of.begins.get(name.slice(0, length)) ?? [])
      if (!found.has(level) && fits(pattern, name)) found.add(level);
  }
  return [...found];
}
